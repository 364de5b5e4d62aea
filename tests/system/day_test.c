/*
 * The methods of a coordinator's day: who works on an incident, whose turn it is, and escalations. One test a
 * method, as in methods_test.c, which sees to it that none is left out.
 */
#include "tests/system/day_test.h"

#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct peer *admin, *coordinator, *manager, *ours;
static char partner[WORLD_NAME_MAX]; /* MSPA Plus: its coordinator is there day and night */

static int day_init(void)
{
    admin = peer_open(world_server(), "admin");
    coordinator = peer_open(world_server(), "coordinator");
    manager = peer_open(world_server(), "manager");
    ours = peer_open(world_server(), "contoso-user");
    return admin && coordinator && manager && ours && world_with_units(admin, partner, 100) ? 0 : 1;
}

static int day_clean(void)
{
    peer_free(admin);
    peer_free(coordinator);
    peer_free(manager);
    peer_free(ours);
    return 0;
}

/* ---- what several tests do ---- */

static void reason_take(json_t *reply, const char *reason)
{
    CHECK(strcmp(reply_reason(reply), reason) == 0, "%s instead of %s: %s", reply_reason(reply), reason,
          reply_text(reply, "message"));
    json_decref(reply);
}

/* Checks an array of texts in a reply: "[\"assign\"]". */
static void array_check(const json_t *reply, const char *path, const char *wanted)
{
    char *text = json_dumps(reply_member(reply, path), JSON_COMPACT);

    CHECK_TEXT(text, wanted);
    free(text);
}

static json_t *shown(const char *incident)
{
    return peer_ask(admin, "incident.show", "{s:s}", "incident", incident);
}

/* Checks the newest entry of an incident's timeline. */
static void timeline_check(const char *incident, const char *event, const char *actor, const char *part)
{
    json_t *reply = shown(incident), *timeline = reply_member(reply, "timeline");
    json_t *last = json_array_get(timeline, json_array_size(timeline) - 1);

    CHECK_TEXT(json_string_value(json_object_get(last, "event")), event);
    CHECK_TEXT(json_string_value(json_object_get(last, "actor")), actor);
    CHECK_HAS(json_string_value(json_object_get(last, "text")), part);
    json_decref(reply);
}

static json_t *resolve(const char *incident)
{
    return peer_ask(admin, "incident.resolve", "{s:s, s:s, s:s}", "key", world_key(), "incident", incident,
                    "resolution", "done");
}

static json_t *raise_to(const char *incident, const char *to)
{
    json_t *params = json_pack("{s:s, s:s, s:s}", "key", world_key(), "incident", incident, "reason",
                               "they wait " SERVER_SECRET);

    if (to)
        json_object_set_new(params, "to", json_string(to));
    return peer_ask_json(coordinator, "escalation.raise", params);
}

/* A new incident of a partner, and an escalation of it. */
static bool escalated(const char *whose, char *incident, char *escalation)
{
    return CHECK_TEXT(world_open(coordinator, whose, incident), "ok") &&
           world_escalate(coordinator, incident, escalation);
}

/* A move of an escalation, with a note. */
static json_t *move(struct peer *peer, const char *method, const char *escalation)
{
    return peer_ask(peer, method, "{s:s, s:s, s:s}", "key", world_key(), "escalation", escalation, "note",
                    "a remark " SERVER_SECRET);
}

/* The move is refused in this state, with those that are possible. */
static void move_refused(const char *method, const char *escalation, const char *state, const char *possible)
{
    json_t *reply = move(admin, method, escalation);

    CHECK_TEXT(reply_text(reply, "data.state"), state);
    array_check(reply, "data.moves", possible);
    reason_take(reply, "invalid_state");
}

/* ---- incidents ---- */

static void test_incident_assign(void)
{
    char incident[WORLD_NAME_MAX];
    const char *key = world_key();

    CHECK_TEXT(world_open(admin, partner, incident), "ok");
    for (int again = 0; again < 2; again++) { /* under one key it is done once */
        json_t *reply = peer_ask(manager, "incident.assign", "{s:s, s:s, s:s}", "key", key, "incident", incident,
                                 "to", "coordinator");

        CHECK_TEXT(reply_reason(reply), "ok");
        CHECK_TEXT(reply_text(reply, "incident.owner"), "coordinator");
        CHECK_TEXT(reply_text(reply, "incident.state"), "new");
        CHECK(json_is_true(reply_member(reply, "replayed")) == (again == 1), "replayed is wrong");
        json_decref(reply);
    }
    timeline_check(incident, "assigned", "manager", "nobody -> coordinator");
    json_t *reply = peer_ask(manager, "incident.assign", "{s:s, s:s, s:s}", "key", world_key(), "incident",
                             incident, "to", "coordinator");

    CHECK_TEXT(reply_text(reply, "data.owner"), "coordinator");
    reason_take(reply, "invalid_state");
    static const char *const refused[][2] = {
        {"nobody", "not_found"}, {"reporter", "invalid_params"}, {"contoso-user", "invalid_params"}};

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        CHECK_TEXT(peer_reason(manager, "incident.assign", "{s:s, s:s, s:s}", "key", world_key(), "incident",
                               incident, "to", refused[i][0]),
                   refused[i][1]);
    reason_take(resolve(incident), "ok");
    reply = peer_ask(manager, "incident.assign", "{s:s, s:s, s:s}", "key", world_key(), "incident", incident, "to",
                     "manager");
    CHECK_TEXT(reply_text(reply, "data.state"), "resolved");
    reason_take(reply, "invalid_state");
    CHECK_TEXT(peer_reason(manager, "incident.assign", "{s:s, s:s, s:s}", "key", world_key(), "incident",
                           "INC-999999", "to", "manager"),
               "not_found");
}

/* Each is taken once: the most urgent first, then there is none. */
static void test_incident_take(void)
{
    char whose[WORLD_NAME_MAX], names[2][WORLD_NAME_MAX], urgent[WORLD_NAME_MAX];

    if (!world_with_units(admin, whose, 10))
        return;
    for (int i = 0; i < 2; i++)
        CHECK_TEXT(world_open(admin, whose, names[i]), "ok");
    json_t *params = world_open_params(whose, "priority", world_key());

    json_object_set_new(params, "severity", json_string("A"));
    json_t *reply = peer_ask_json(admin, "incident.open", params);

    snprintf(urgent, sizeof urgent, "%s", reply_text(reply, "incident") ? reply_text(reply, "incident") : "");
    reason_take(reply, "ok");
    const char *wanted[] = {urgent, names[0], names[1]};
    struct peer *by[] = {coordinator, manager, coordinator};

    for (int i = 0; i < 3; i++) {
        reply = peer_ask(by[i], "incident.take", "{s:s, s:s}", "key", world_key(), "partner", whose);
        CHECK_TEXT(reply_text(reply, "incident.incident"), wanted[i]);
        CHECK_TEXT(reply_text(reply, "incident.owner"), by[i] == manager ? "manager" : "coordinator");
        reason_take(reply, "ok");
    }
    timeline_check(urgent, "taken", "coordinator", "nobody -> coordinator");
    CHECK_TEXT(peer_reason(manager, "incident.take", "{s:s, s:s}", "key", world_key(), "partner", whose),
               "not_found");
    CHECK_TEXT(world_open(admin, whose, names[0]), "ok");
    CHECK_TEXT(peer_reason(manager, "incident.take", "{s:s, s:s, s:s}", "key", world_key(), "partner", whose,
                           "severity", "A"),
               "not_found");
    CHECK_TEXT(peer_reason(manager, "incident.take", "{s:s, s:s, s:s}", "key", world_key(), "partner", whose,
                           "class", "professional"),
               "ok");
    CHECK_TEXT(peer_reason(manager, "incident.take", "{s:s, s:s}", "key", world_key(), "partner", "nobody"),
               "not_found");
}

static json_t *update(const char *incident, const char *name, const char *value)
{
    json_t *params = json_pack("{s:s, s:s}", "key", world_key(), "incident", incident);

    if (name)
        json_object_set_new(params, name, json_string(value));
    return peer_ask_json(coordinator, "incident.update", params);
}

static void test_incident_update(void)
{
    static const char *const changes[][2] = {{"state", "awaiting_partner"}, {"severity", "A"},
                                             {"product", "Another"},        {"contact", "Someone else"},
                                             {"title", "In other words"},   {"state", "in_progress"}};
    char incident[WORLD_NAME_MAX], path[64];

    CHECK_TEXT(world_open(admin, partner, incident), "ok");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        json_t *reply = update(incident, changes[i][0], changes[i][1]);

        snprintf(path, sizeof path, "incident.%s", changes[i][0]);
        CHECK_TEXT(reply_text(reply, path), changes[i][1]);
        reason_take(reply, "ok");
        timeline_check(incident, "updated", "coordinator", changes[i][1]);
    }
    timeline_check(incident, "updated", "coordinator", "state: awaiting_partner -> in_progress");
    json_t *reply = update(incident, "state", "in_progress");

    CHECK_TEXT(reply_text(reply, "data.state"), "in_progress");
    array_check(reply, "data.states", "[\"awaiting_partner\",\"awaiting_vendor\"]");
    reason_take(reply, "invalid_state");
    reason_take(update(incident, NULL, NULL), "invalid_params");
    reason_take(update(incident, "state", "resolved"), "invalid_params"); /* that is incident.resolve's */
    reason_take(update("INC-999999", "title", "of none"), "not_found");
    reason_take(resolve(incident), "ok");
    reply = update(incident, "title", "too late");
    CHECK_TEXT(reply_text(reply, "data.state"), "resolved");
    reason_take(reply, "invalid_state");
}

/* ---- escalations ---- */

static void test_escalation_raise(void)
{
    char incident[WORLD_NAME_MAX], certified[WORLD_NAME_MAX], other[WORLD_NAME_MAX];

    CHECK_TEXT(world_open(admin, partner, incident), "ok");
    json_t *reply = raise_to(incident, "manager");

    CHECK(reply_text(reply, "escalation.escalation") &&
              strncmp(reply_text(reply, "escalation.escalation"), "ESC-", 4) == 0,
          "escalation: %s", reply_text(reply, "escalation.escalation"));
    CHECK_TEXT(reply_text(reply, "escalation.incident"), incident);
    CHECK_TEXT(reply_text(reply, "escalation.partner"), partner);
    CHECK_TEXT(reply_text(reply, "escalation.state"), "raised");
    CHECK_NUMBER(reply_number(reply, "escalation.level"), 1);
    CHECK_TEXT(reply_text(reply, "escalation.level_name"), "coordinator");
    CHECK_TEXT(reply_text(reply, "escalation.coverage"), "24x7");
    CHECK_TEXT(reply_text(reply, "escalation.raised_by"), "coordinator");
    CHECK_TEXT(reply_text(reply, "escalation.to"), "manager");
    CHECK_TEXT(reply_text(reply, "escalation.reason"), "they wait " SERVER_SECRET);
    CHECK(reply_is_time(reply, "escalation.acknowledge_by"), "acknowledge_by is no time");
    CHECK_NUMBER(fixture_sql_number("SELECT extract(epoch FROM '%s'::timestamptz - '%s'::timestamptz)",
                                    reply_text(reply, "escalation.acknowledge_by"),
                                    reply_text(reply, "escalation.raised_at")),
                 3600);
    array_check(reply, "escalation.moves", "[\"acknowledge\",\"withdraw\"]");
    reason_take(reply, "ok");
    timeline_check(incident, "escalated", "coordinator", "level 1 (coordinator): they wait");
    reply = shown(incident);
    CHECK(json_is_true(reply_member(reply, "escalated")), "the incident is not escalated");
    CHECK_NUMBER(reply_count(reply, "escalations"), 1);
    json_decref(reply);
    reason_take(raise_to(incident, "nobody"), "not_found");
    reason_take(raise_to(incident, "reporter"), "invalid_params");
    reason_take(raise_to("INC-999999", NULL), "not_found");
    CHECK_TEXT(peer_reason(coordinator, "escalation.raise", "{s:s, s:s, s:s, s:s}", "key", world_key(), "incident",
                           incident, "reason", "late", "by", "2004-08-23T12:00:00Z"),
               "invalid_params");
    reason_take(resolve(incident), "ok");
    reason_take(raise_to(incident, NULL), "invalid_state");
    if (!world_certified(admin, certified))
        return;
    CHECK_TEXT(world_open(admin, certified, other), "ok");
    reply = raise_to(other, NULL);
    CHECK(reply_count(reply, "data.plans") > 0, "no plan would help");
    reason_take(reply, "no_entitlement");
}

static void test_escalation_acknowledge(void)
{
    char incident[WORLD_NAME_MAX], escalation[WORLD_NAME_MAX];

    if (!escalated(partner, incident, escalation))
        return;
    move_refused("escalation.resolve", escalation, "raised", "[\"acknowledge\",\"withdraw\"]");
    json_t *reply = move(manager, "escalation.acknowledge", escalation);

    CHECK_TEXT(reply_text(reply, "escalation.escalation"), escalation);
    CHECK_TEXT(reply_text(reply, "escalation.state"), "acknowledged");
    CHECK_TEXT(reply_text(reply, "escalation.acknowledged_by"), "manager");
    CHECK(reply_is_time(reply, "escalation.acknowledged_at"), "acknowledged_at is no time");
    array_check(reply, "escalation.moves", "[\"resolve\",\"withdraw\"]");
    reason_take(reply, "ok");
    timeline_check(incident, "acknowledged", "manager", "a remark");
    move_refused("escalation.acknowledge", escalation, "acknowledged", "[\"resolve\",\"withdraw\"]");
    reason_take(move(manager, "escalation.acknowledge", "ESC-999999"), "not_found");
    reason_take(move(manager, "escalation.acknowledge", "esc-1"), "invalid_params");
}

static void test_escalation_resolve(void)
{
    char incident[WORLD_NAME_MAX], escalation[WORLD_NAME_MAX], with[WORLD_NAME_MAX], second[WORLD_NAME_MAX];

    if (!escalated(partner, incident, escalation) || !escalated(partner, with, second))
        return;
    reason_take(move(manager, "escalation.acknowledge", escalation), "ok");
    json_t *reply = move(manager, "escalation.resolve", escalation);

    CHECK_TEXT(reply_text(reply, "escalation.state"), "resolved");
    CHECK(reply_is_time(reply, "escalation.ended_at"), "ended_at is no time");
    array_check(reply, "escalation.moves", "[]");
    reason_take(reply, "ok");
    timeline_check(incident, "escalation_resolved", "manager", "a remark");
    move_refused("escalation.resolve", escalation, "resolved", "[]");
    reply = shown(incident);
    CHECK(json_is_false(reply_member(reply, "escalated")), "the incident is still escalated");
    json_decref(reply);
    reason_take(move(manager, "escalation.resolve", "ESC-999999"), "not_found");
    /* With its incident: what was taken on is resolved. */
    reason_take(move(manager, "escalation.acknowledge", second), "ok");
    reply = resolve(with);
    CHECK_TEXT(reply_text(reply, "incident.escalations.0.state"), "resolved");
    reason_take(reply, "ok");
}

static void test_escalation_withdraw(void)
{
    char incident[WORLD_NAME_MAX], escalation[WORLD_NAME_MAX], with[WORLD_NAME_MAX], second[WORLD_NAME_MAX];

    if (!escalated(partner, incident, escalation) || !escalated(partner, with, second))
        return;
    json_t *reply = move(coordinator, "escalation.withdraw", escalation);

    CHECK_TEXT(reply_text(reply, "escalation.state"), "withdrawn");
    CHECK(reply_is_time(reply, "escalation.ended_at"), "ended_at is no time");
    CHECK(json_is_null(reply_member(reply, "escalation.acknowledged_at")), "it was acknowledged");
    reason_take(reply, "ok");
    timeline_check(incident, "escalation_withdrawn", "coordinator", "a remark");
    move_refused("escalation.withdraw", escalation, "withdrawn", "[]");
    move_refused("escalation.acknowledge", escalation, "withdrawn", "[]");
    reason_take(move(coordinator, "escalation.withdraw", "ESC-999999"), "not_found");
    reply = resolve(with); /* with its incident: what nobody took on is withdrawn */
    CHECK_TEXT(reply_text(reply, "incident.escalations.0.state"), "withdrawn");
    reason_take(reply, "ok");
}

/* Pages of one row: all are seen once, the one due first before the others. */
static void test_escalation_list(void)
{
    char whose[WORLD_NAME_MAX], incidents[3][WORLD_NAME_MAX], names[3][WORLD_NAME_MAX], cursor[80] = "";
    json_t *reply;

    if (!world_with_units(admin, whose, 10))
        return;
    for (int i = 0; i < 3; i++)
        if (!escalated(whose, incidents[i], names[i]))
            return;
    for (int i = 0; i < 3; i++) {
        reply = cursor[0] ? peer_ask(admin, "escalation.list", "{s:s, s:i, s:s}", "partner", whose, "limit", 1,
                                     "cursor", cursor)
                          : peer_ask(admin, "escalation.list", "{s:s, s:i}", "partner", whose, "limit", 1);
        CHECK_NUMBER(reply_count(reply, "escalations"), 1);
        CHECK_TEXT(reply_text(reply, "escalations.0.escalation"), names[i]);
        snprintf(cursor, sizeof cursor, "%s", reply_text(reply, "next") ? reply_text(reply, "next") : "");
        CHECK((cursor[0] != '\0') == (i < 2), "page %d: next is \"%s\"", i + 1, cursor);
        json_decref(reply);
    }
    reason_take(move(manager, "escalation.acknowledge", names[1]), "ok");
    reply = peer_ask(admin, "escalation.list", "{s:s, s:s, s:i, s:b}", "partner", whose, "state", "acknowledged",
                     "level", 1, "overdue", 0);
    CHECK_NUMBER(reply_count(reply, "escalations"), 1);
    CHECK_TEXT(reply_text(reply, "escalations.0.escalation"), names[1]);
    json_decref(reply);
    reply = peer_ask(admin, "escalation.list", "{s:s, s:b}", "partner", whose, "overdue", 1);
    CHECK_NUMBER(reply_count(reply, "escalations"), 0);
    json_decref(reply);
    reply = peer_ask(admin, "escalation.list", "{s:s, s:i}", "partner", whose, "level", 2);
    CHECK_NUMBER(reply_count(reply, "escalations"), 0);
    json_decref(reply);
    reply = peer_ask(ours, "escalation.list", NULL); /* contoso's own only */
    CHECK(!reply_row(reply, "escalations", "partner", whose), "a partner sees another's");
    reason_take(reply, "ok");
    CHECK_TEXT(peer_reason(ours, "escalation.list", "{s:s}", "partner", whose), "not_found");
    CHECK_TEXT(peer_reason(admin, "escalation.list", "{s:s}", "cursor", "bad"), "invalid_params");
    CHECK_TEXT(peer_reason(admin, "escalation.list", "{s:i}", "limit", 501), "invalid_params");
}

static const struct {
    enum method_id method;
    void (*test)(void);
} tests_by_method[] = {
    {METHOD_INCIDENT_ASSIGN, test_incident_assign},
    {METHOD_INCIDENT_TAKE, test_incident_take},
    {METHOD_INCIDENT_UPDATE, test_incident_update},
    {METHOD_ESCALATION_RAISE, test_escalation_raise},
    {METHOD_ESCALATION_RESOLVE, test_escalation_resolve},
    {METHOD_ESCALATION_WITHDRAW, test_escalation_withdraw},
    {METHOD_ESCALATION_LIST, test_escalation_list},
    {METHOD_ESCALATION_ACKNOWLEDGE, test_escalation_acknowledge},
};

#define TESTS (sizeof tests_by_method / sizeof tests_by_method[0])

bool day_tests(enum method_id method)
{
    for (size_t i = 0; i < TESTS; i++)
        if (tests_by_method[i].method == method)
            return true;
    return false;
}

CU_ErrorCode day_register(void)
{
    CU_pSuite suite = CU_add_suite("day", day_init, day_clean);

    for (size_t i = 0; suite && i < TESTS; i++)
        if (!CU_add_test(suite, method_spec(tests_by_method[i].method)->name, tests_by_method[i].test))
            return CU_get_error();
    return suite ? CUE_SUCCESS : CU_get_error();
}
