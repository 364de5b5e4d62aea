/*
 * The methods that count and tell (whether a benefit covers, what was used, the ledger and its proof, watches): one
 * test a method, as in methods_test.c, which sees to it that none is left out.
 */
#include "tests/system/methods_test.h"

#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <string.h>

static struct peer *admin, *ours;

static int units_init(void)
{
    admin = peer_open(world_server(), "admin");
    ours = peer_open(world_server(), "contoso-user");
    return admin && ours ? 0 : 1;
}

static int units_clean(void)
{
    peer_free(admin);
    peer_free(ours);
    return 0;
}

static bool certified(char *partner, char *contract)
{
    return world_partner(admin, partner) && world_contract(admin, partner, "certified", NULL, contract);
}

/* ---- benefits ---- */

static json_t *benefit_at(const char *partner, const char *benefit, const char *at)
{
    json_t *params = json_pack("{s:s, s:s}", "partner", partner, "benefit", benefit);

    if (at)
        json_object_set_new(params, "at", json_string(at));
    return peer_ask_json(admin, "benefit.check", params);
}

/* An access in business hours: not on a Saturday, and from the time on that is told then. */
static void benefit_hours_check(const char *partner, const char *contract)
{
    char saturday[WORLD_NAME_MAX], opens[WORLD_NAME_MAX];

    fixture_sql(saturday, sizeof saturday,
                "SELECT to_char(current_date + 13 - extract(isodow FROM current_date)::int,"
                " 'YYYY-MM-DD\"T16:00:00Z\"')");
    json_t *reply = benefit_at(partner, "concierge", saturday);

    snprintf(opens, sizeof opens, "%s", reply_text(reply, "opens") ? reply_text(reply, "opens") : "");
    CHECK(json_is_false(reply_member(reply, "covered")), "covered on %s", saturday);
    CHECK_TEXT(reply_text(reply, "by.contract"), contract);
    CHECK_TEXT(reply_text(reply, "coverage"), "business-hours");
    CHECK(reply_member(reply, "pools") == NULL, "an access has pools");
    CHECK_HAS(reply_text(reply, "why"), "outside business hours");
    json_decref(reply);
    if (!CHECK(opens[0] != '\0', "it does not say when it opens"))
        return;
    CHECK_NUMBER(fixture_sql_number("SELECT extract(epoch FROM ('%s'::timestamptz AT TIME ZONE 'America/New_York')"
                                    "::time)::int / 60 WHERE '%s'::timestamptz > '%s'",
                                    opens, opens, saturday),
                 8 * 60);
    reply = benefit_at(partner, "concierge", opens);
    CHECK(json_is_true(reply_member(reply, "covered")), "not covered when it opens: %s", reply_text(reply, "why"));
    json_decref(reply);
}

/* What no contract includes: the plans on sale that do. */
static void benefit_plans_check(const char *partner)
{
    json_t *reply = benefit_at(partner, "services-manager", NULL), *plan;
    bool named = false;
    size_t i;

    CHECK(json_is_false(reply_member(reply, "covered")), "covered");
    json_array_foreach(reply_member(reply, "plans"), i, plan)
    {
        named = named || strcmp(json_string_value(plan), "mspa-plus") == 0;
        CHECK(strcmp(json_string_value(plan), "premier-developer") != 0, "a plan is offered that is not sold");
    }
    CHECK(named, "mspa-plus is not offered");
    CHECK_HAS(reply_text(reply, "why"), "mspa-plus");
    json_decref(reply);
}

static void test_benefit_check(void)
{
    char whose[WORLD_NAME_MAX], contract[WORLD_NAME_MAX];

    if (!certified(whose, contract) || !CHECK_TEXT(world_open(admin, whose, NULL), "ok"))
        return;
    json_t *reply = benefit_at(whose, "free-incidents", NULL);

    CHECK(json_is_true(reply_member(reply, "covered")), "not covered: %s", reply_text(reply, "why"));
    CHECK_HAS(reply_text(reply, "why"), "4 of 5 incidents are left");
    CHECK_TEXT(reply_text(reply, "by.contract"), contract);
    CHECK_TEXT(reply_text(reply, "by.plan"), "certified");
    CHECK_TEXT(reply_text(reply, "coverage"), "24x7");
    CHECK_NUMBER(reply_count(reply, "pools"), 1);
    CHECK_NUMBER(reply_number(reply, "pools.0.granted"), 5);
    CHECK_NUMBER(reply_number(reply, "pools.0.used"), 1);
    CHECK_NUMBER(reply_number(reply, "pools.0.remaining"), 4);
    json_decref(reply);
    benefit_hours_check(whose, contract);
    benefit_plans_check(whose);
    reply = benefit_at(whose, "free-incidents", "2001-01-01T00:00:00Z");
    CHECK(json_is_false(reply_member(reply, "covered")), "covered before it is in force");
    CHECK_HAS(reply_text(reply, "why"), contract);
    json_decref(reply);
    reply = peer_ask(ours, "benefit.check", "{s:s}", "benefit", "newsgroups");
    CHECK(json_is_true(reply_member(reply, "covered")), "not covered: %s", reply_text(reply, "why"));
    json_decref(reply);
    CHECK_TEXT(peer_reason(ours, "benefit.check", "{s:s, s:s}", "partner", whose, "benefit", "newsgroups"),
               "not_found");
    CHECK_TEXT(peer_reason(ours, "benefit.check", "{s:s}", "benefit", "no-such"), "not_found");
    CHECK_TEXT(peer_reason(admin, "benefit.check", "{s:s}", "benefit", "newsgroups"), "invalid_params");
}

/* ---- usage ---- */

static json_t *usage(const char *partner, const char *benefit, int units, const char *key)
{
    return peer_ask(admin, "usage.record", "{s:s, s:s, s:s, s:i, s:s}", "key", key, "partner", partner, "benefit",
                    benefit, "units", units, "note", "review");
}

/* Minutes of one contract: counted, shown on their incident, and not beyond what is left. */
static void usage_one_check(const char *partner, const char *contract)
{
    char incident[WORLD_NAME_MAX];

    CHECK_TEXT(world_open(admin, partner, incident), "ok");
    json_t *reply =
        peer_ask(admin, "usage.record", "{s:s, s:s, s:s, s:i, s:s, s:s}", "key", world_key(), "partner", partner,
                 "benefit", "phone-consulting", "units", 30, "incident", incident, "note", "review");

    CHECK_TEXT(reply_text(reply, "charge.benefit"), "phone-consulting");
    CHECK_TEXT(reply_text(reply, "charge.unit"), "minute");
    CHECK_NUMBER(reply_number(reply, "charge.units"), 30);
    CHECK_NUMBER(reply_number(reply, "charge.remaining"), 2370);
    CHECK_NUMBER(reply_count(reply, "charge.parts"), 1);
    CHECK_TEXT(reply_text(reply, "charge.parts.0.contract"), contract);
    CHECK_NUMBER(reply_number(reply, "charge.parts.0.units"), 30);
    json_decref(reply);
    reply = peer_ask(admin, "incident.show", "{s:s}", "incident", incident);
    CHECK_TEXT(reply_text(reply, "timeline.1.event"), "usage");
    CHECK_TEXT(reply_text(reply, "timeline.1.text"), "30 minutes of phone-consulting: review");
    json_decref(reply);
    reply = usage(partner, "phone-consulting", 2371, world_key());
    CHECK_TEXT(reply_reason(reply), "entitlement_exhausted");
    CHECK_NUMBER(reply_number(reply, "data.units"), 2371);
    CHECK_NUMBER(reply_number(reply, "data.remaining"), 2370);
    CHECK_NUMBER(reply_number(reply, "data.pools.0.used"), 30);
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "usage.record", "{s:s, s:s, s:s, s:i, s:s}", "key", world_key(), "partner",
                           "contoso", "benefit", "phone-consulting", "units", 1, "incident", incident),
               "not_found");
}

static void usage_refused(const char *partner, const char *benefit, const char *at, const char *reason)
{
    CHECK_TEXT(peer_reason(admin, "usage.record", "{s:s, s:s, s:s, s:i, s:s}", "key", world_key(), "partner",
                           partner, "benefit", benefit, "units", 1, "at", at),
               reason);
}

static void test_usage_record(void)
{
    char whose[WORLD_NAME_MAX], plus[WORLD_NAME_MAX], standard[WORLD_NAME_MAX];

    if (!world_partner(admin, whose) || !world_contract(admin, whose, "mspa-plus", NULL, plus))
        return;
    usage_one_check(whose, plus);
    if (!world_contract(admin, whose, "mspa-standard", NULL, standard))
        return;
    const char *key = world_key();

    for (int i = 0; i < 2; i++) { /* 2370 minutes of the one, and the rest of the other; once */
        json_t *reply = usage(whose, "phone-consulting", 2400, key);

        CHECK_NUMBER(reply_count(reply, "charge.parts"), 2);
        CHECK_TEXT(reply_text(reply, "charge.parts.0.contract"), plus);
        CHECK_NUMBER(reply_number(reply, "charge.parts.0.units"), 2370);
        CHECK_NUMBER(reply_number(reply, "charge.parts.0.remaining"), 0);
        CHECK_TEXT(reply_text(reply, "charge.parts.1.contract"), standard);
        CHECK_NUMBER(reply_number(reply, "charge.parts.1.units"), 30);
        CHECK_NUMBER(reply_number(reply, "charge.parts.1.remaining"), 570);
        CHECK_NUMBER(reply_number(reply, "charge.remaining"), 570);
        CHECK(json_is_true(reply_member(reply, "replayed")) == (i == 1), "time %d: replayed?", i + 1);
        json_decref(reply);
    }
    json_t *reply = usage(whose, "isv-lab", 1, world_key());

    CHECK_TEXT(reply_reason(reply), "no_entitlement");
    CHECK(reply_count(reply, "data.plans") > 0, "no plan would help");
    json_decref(reply);
    usage_refused(whose, "phone-consulting", "2001-01-01T00:00:00Z", "no_entitlement");
    usage_refused(whose, "phone-consulting", "2999-01-01T00:00:00Z", "invalid_params");
    usage_refused(whose, "priority-incidents", "2020-01-01T00:00:00Z", "invalid_params");
    usage_refused(whose, "coordinator", "2020-01-01T00:00:00Z", "invalid_params");
    usage_refused(whose, "no-such", "2020-01-01T00:00:00Z", "not_found");
    usage_refused("nobody", "phone-consulting", "2020-01-01T00:00:00Z", "not_found");
    world_check_ledger(whose);
}

/* ---- the ledger ---- */

/* Makes three entries: five granted, one charged, the same given back. */
static bool three_entries(char *partner, char *contract, char *incident)
{
    return certified(partner, contract) && CHECK_TEXT(world_open(admin, partner, incident), "ok") &&
           CHECK_TEXT(peer_reason(admin, "incident.credit", "{s:s, s:s, s:s, s:s}", "key", world_key(), "incident",
                                  incident, "reason", "goodwill", "note", "sorry"),
                      "ok");
}

static void entry_check(const json_t *reply, int at, int seq, const char *kind, int change, int left)
{
    char path[32];

    snprintf(path, sizeof path, "entries.%d", at);
    const json_t *entry = reply_member(reply, path);

    CHECK_NUMBER(json_integer_value(json_object_get(entry, "seq")), seq);
    CHECK_TEXT(json_string_value(json_object_get(entry, "kind")), kind);
    CHECK_NUMBER(json_integer_value(json_object_get(entry, "units")), change < 0 ? -change : change);
    CHECK_NUMBER(json_integer_value(json_object_get(entry, "change")), change);
    CHECK_NUMBER(json_integer_value(json_object_get(entry, "left")), left);
    CHECK_TEXT(json_string_value(json_object_get(entry, "pool")), "free-incidents");
    CHECK_TEXT(json_string_value(json_object_get(entry, "unit")), "incident");
    CHECK_TEXT(json_string_value(json_object_get(entry, "by")), "admin");
    CHECK(json_is_true(json_object_get(entry, "written")), "entry %d is not written", seq);
}

/* Pages of one entry: all are seen once, in order. */
static void ledger_pages_check(const char *partner)
{
    char cursor[80] = "";

    for (int i = 0; i < 3; i++) {
        json_t *params = json_pack("{s:s, s:i}", "partner", partner, "limit", 1);

        if (cursor[0])
            json_object_set_new(params, "cursor", json_string(cursor));
        json_t *reply = peer_ask_json(admin, "ledger.list", params);

        CHECK_NUMBER(reply_count(reply, "entries"), 1);
        CHECK_NUMBER(reply_number(reply, "entries.0.seq"), i + 1);
        snprintf(cursor, sizeof cursor, "%s", reply_text(reply, "next") ? reply_text(reply, "next") : "");
        CHECK((cursor[0] != '\0') == (i < 2), "page %d: next is \"%s\"", i + 1, cursor);
        json_decref(reply);
    }
}

static void test_ledger_list(void)
{
    char whose[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], incident[WORLD_NAME_MAX];

    if (!three_entries(whose, contract, incident))
        return;
    json_t *reply = peer_ask(admin, "ledger.list", "{s:s}", "partner", whose);

    CHECK_NUMBER(reply_count(reply, "entries"), 3);
    entry_check(reply, 0, 1, "grant", 5, 5);
    entry_check(reply, 1, 2, "debit", -1, 4);
    entry_check(reply, 2, 3, "credit", 1, 5);
    CHECK_TEXT(reply_text(reply, "entries.0.contract"), contract);
    CHECK(json_is_null(reply_member(reply, "entries.0.incident")), "a grant has an incident");
    CHECK_TEXT(reply_text(reply, "entries.1.incident"), incident);
    CHECK_TEXT(reply_text(reply, "entries.2.incident"), incident);
    CHECK_TEXT(reply_text(reply, "entries.2.reason"), "goodwill");
    CHECK_TEXT(reply_text(reply, "entries.2.note"), "sorry");
    CHECK(reply_is_time(reply, "entries.2.at"), "at: %s", reply_text(reply, "entries.2.at"));
    json_t *before = peer_ask(admin, "ledger.list", "{s:s, s:O}", "contract", contract, "as_of",
                              reply_member(reply, "entries.1.at"));

    CHECK_NUMBER(reply_count(before, "entries"), 2);
    entry_check(before, 1, 2, "debit", -1, 4);
    json_decref(before);
    json_decref(reply);
    reply = peer_ask(admin, "ledger.list", "{s:s}", "incident", incident);
    CHECK_NUMBER(reply_count(reply, "entries"), 2);
    entry_check(reply, 0, 2, "debit", -1, 4);
    json_decref(reply);
    ledger_pages_check(whose);
    reply = peer_ask(ours, "ledger.list", NULL);
    CHECK_TEXT(reply_text(reply, "entries.0.kind"), "grant");
    json_decref(reply);
    CHECK_TEXT(peer_reason(ours, "ledger.list", "{s:s}", "partner", whose), "not_found");
    CHECK_TEXT(peer_reason(ours, "ledger.list", "{s:s}", "contract", contract), "not_found");
    CHECK_TEXT(peer_reason(ours, "ledger.list", "{s:s}", "incident", incident), "not_found");
    CHECK_TEXT(peer_reason(admin, "ledger.list", NULL), "invalid_params");
    CHECK_TEXT(peer_reason(admin, "ledger.list", "{s:s, s:s}", "partner", whose, "cursor", "bad"),
               "invalid_params");
    CHECK_TEXT(peer_reason(admin, "ledger.list", "{s:s, s:s}", "partner", whose, "as_of", "2999-01-01T00:00:00Z"),
               "invalid_params");
}

/* Writes over the note of an entry behind the application's back. */
static void note_forge(const char *partner, int seq, const char *note)
{
    CHECK_NUMBER(
        fixture_sql_number("WITH forged AS (UPDATE entitled.ledger l SET note = %s FROM entitled.partner p"
                           " WHERE p.partner_id = l.partner_id AND p.code = '%s' AND l.seq = %d RETURNING 1)"
                           " SELECT count(*) FROM forged",
                           note, partner, seq),
        1);
}

static void test_ledger_verify(void)
{
    char whose[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], incident[WORLD_NAME_MAX];

    if (!three_entries(whose, contract, incident))
        return;
    note_forge(whose, 2, "'forged'");
    json_t *reply = peer_ask(admin, "ledger.verify", "{s:s}", "partner", whose);

    CHECK_NUMBER(reply_count(reply, "broken"), 1);
    CHECK_TEXT(reply_text(reply, "broken.0.partner"), whose);
    CHECK_TEXT(reply_text(reply, "broken.0.contract"), contract);
    CHECK_TEXT(reply_text(reply, "broken.0.pool"), "free-incidents");
    CHECK_NUMBER(reply_number(reply, "broken.0.seq"), 2);
    CHECK_HAS(reply_text(reply, "broken.0.what"), "not the entry that was written");
    json_decref(reply);
    note_forge(whose, 2, "NULL");
    reply = peer_ask(admin, "ledger.verify", "{s:s}", "partner", whose);
    CHECK_NUMBER(reply_number(reply, "grants"), 1);
    CHECK_NUMBER(reply_number(reply, "entries"), 3);
    CHECK_NUMBER(reply_count(reply, "broken"), 0);
    json_decref(reply);
    reply = peer_ask(admin, "ledger.verify", NULL);
    CHECK_NUMBER(reply_number(reply, "grants"), fixture_sql_number("SELECT count(*) FROM entitled.pool_grant"));
    CHECK_NUMBER(reply_number(reply, "entries"), fixture_sql_number("SELECT count(*) FROM entitled.ledger"));
    CHECK_NUMBER(reply_count(reply, "broken"), 0);
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "ledger.verify", "{s:s}", "partner", "nobody"), "not_found");
}

/* ---- watches (more of them: watch_test.c) ---- */

/* The next event that a watch of this connection is told of, for json_decref(): what comes meanwhile is dropped. */
static json_t *event_next(struct peer *peer)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(PEER_WITHIN_MS);
    json_t *line = NULL;

    do {
        json_decref(line);
        line = peer_reply(peer, fixture_ms(PEER_WITHIN_MS));
    } while (line && clock_monotonic_ms() < deadline_ms &&
             !json_is_object(json_object_get(json_object_get(line, "params"), "event")));
    CHECK(line != NULL, "no event: %s", peer->why);
    return line;
}

/* Checks the next event: which watch is told of it, and what it is. */
static void event_check(struct peer *peer, int watch, const char *partner, const char *incident, int seq,
                        const char *event)
{
    json_t *line = event_next(peer), *params = json_object_get(line, "params");
    json_t *told = json_object_get(params, "event");

    CHECK_TEXT(json_string_value(json_object_get(line, "method")), "event");
    CHECK(json_object_get(line, "id") == NULL, "a notification has an id");
    CHECK_NUMBER(json_integer_value(json_object_get(params, "watch")), watch);
    CHECK(json_is_string(json_object_get(params, "cursor")), "no cursor");
    CHECK_TEXT(json_string_value(json_object_get(told, "incident")), incident);
    CHECK_NUMBER(json_integer_value(json_object_get(told, "seq")), seq);
    CHECK_TEXT(json_string_value(json_object_get(told, "event")), event);
    CHECK_TEXT(json_string_value(json_object_get(told, "partner")), partner);
    CHECK_TEXT(json_string_value(json_object_get(told, "actor")), "admin");
    CHECK_TEXT(json_string_value(json_object_get(told, "state")), "new");
    json_decref(line);
}

static void note_add(const char *incident)
{
    CHECK_TEXT(peer_reason(admin, "incident.note", "{s:s, s:s, s:s}", "key", world_key(), "incident", incident,
                           "text", "a step"),
               "ok");
}

static void test_watch_start(void)
{
    struct peer *peer = peer_open(world_server(), "reporter");
    char whose[WORLD_NAME_MAX], other[WORLD_NAME_MAX], incident[WORLD_NAME_MAX];

    CHECK(certified(whose, NULL) && certified(other, NULL), "no partners");
    json_t *reply = peer_ask(peer, "watch.start", "{s:s}", "partner", whose);

    CHECK_NUMBER(reply_number(reply, "watch"), 1);
    CHECK(reply_text(reply, "cursor") != NULL, "no cursor");
    CHECK_TEXT(world_open(admin, other, NULL), "ok"); /* which is not watched */
    CHECK_TEXT(world_open(admin, whose, incident), "ok");
    event_check(peer, 1, whose, incident, 1, "opened");
    json_t *second =
        peer_ask(peer, "watch.start", "{s:s, s:O}", "incident", incident, "since", reply_member(reply, "cursor"));

    CHECK_NUMBER(reply_number(second, "watch"), 2);
    event_check(peer, 2, whose, incident, 1, "opened");
    CHECK_TEXT(peer_reason(peer, "watch.start", "{s:s}", "since", "nonsense"), "invalid_params");
    CHECK_TEXT(peer_reason(peer, "watch.start", "{s:s}", "partner", "nobody"), "not_found");
    json_decref(second);
    json_decref(reply);
    peer_free(peer);
}

static void test_watch_stop(void)
{
    struct peer *peer = peer_open(world_server(), "reporter");
    char whose[WORLD_NAME_MAX], incident[WORLD_NAME_MAX];

    CHECK(certified(whose, NULL), "no partner");
    CHECK_TEXT(world_open(admin, whose, incident), "ok");
    for (int i = 0; i < 3; i++)
        CHECK_TEXT(peer_reason(peer, "watch.start", "{s:s}", "incident", incident), "ok");
    json_t *reply = peer_ask(peer, "watch.stop", "{s:i}", "watch", 1);

    CHECK_NUMBER(reply_number(reply, "stopped"), 1);
    json_decref(reply);
    CHECK_TEXT(peer_reason(peer, "watch.stop", "{s:i}", "watch", 1), "not_found");
    CHECK_TEXT(peer_reason(peer, "watch.stop", "{s:i}", "watch", 2), "ok");
    for (int seq = 2; seq <= 3; seq++) {
        note_add(incident);
        event_check(peer, 3, whose, incident, seq, "note"); /* the third alone */
    }
    reply = peer_ask(peer, "watch.stop", NULL);
    CHECK_NUMBER(reply_number(reply, "stopped"), 1);
    json_decref(reply);
    reply = peer_ask(peer, "watch.stop", NULL);
    CHECK_NUMBER(reply_number(reply, "stopped"), 0);
    json_decref(reply);
    peer_free(peer);
}

static const struct {
    enum method_id method;
    void (*test)(void);
} tests_by_method[] = {
    {METHOD_BENEFIT_CHECK, test_benefit_check}, {METHOD_LEDGER_LIST, test_ledger_list},
    {METHOD_LEDGER_VERIFY, test_ledger_verify}, {METHOD_USAGE_RECORD, test_usage_record},
    {METHOD_WATCH_START, test_watch_start},     {METHOD_WATCH_STOP, test_watch_stop},
};

#define TESTS (sizeof tests_by_method / sizeof tests_by_method[0])

bool units_tests(enum method_id method)
{
    for (size_t i = 0; i < TESTS; i++)
        if (tests_by_method[i].method == method)
            return true;
    return false;
}

CU_ErrorCode units_register(void)
{
    CU_pSuite suite = CU_add_suite("units", units_init, units_clean);

    for (size_t i = 0; suite && i < TESTS; i++)
        if (!CU_add_test(suite, method_spec(tests_by_method[i].method)->name, tests_by_method[i].test))
            return CU_get_error();
    return suite ? CUE_SUCCESS : CU_get_error();
}
