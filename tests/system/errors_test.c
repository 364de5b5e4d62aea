/* Each error of error.def that can be had: its code, its reason, and what its data promise. */
#include "common/error.h"
#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct peer *manager, *coordinator;
static char partner[WORLD_NAME_MAX]; /* Certified, nothing left */

static int errors_init(void)
{
    manager = peer_open(world_server(), "manager");
    coordinator = peer_open(world_server(), "coordinator");
    if (!manager || !coordinator || !world_certified(manager, partner))
        return 1;
    for (int i = 0; i < 5; i++)
        world_open(manager, partner, NULL);
    return 0;
}

static int errors_clean(void)
{
    peer_free(manager);
    peer_free(coordinator);
    return 0;
}

/* Checks code, reason and sentence of an error reply, and that nothing inner shows. */
static void error_check(const json_t *reply, enum error_id id)
{
    const struct error_spec *spec = error_spec(id);
    const char *message = reply_text(reply, "message");
    char *text = json_dumps(reply, 0);

    CHECK(strcmp(reply_reason(reply), spec->reason) == 0, "%s instead of %s: %s", reply_reason(reply), spec->reason,
          text ? text : "(no reply)");
    CHECK_NUMBER(reply_number(reply, "code"), spec->code);
    CHECK(message && message[0] && message[strlen(message) - 1] != '.', "message: %s", message);
    CHECK(text && !strstr(text, "SELECT") && !strstr(text, "entitled.") && !strstr(text, ".sql") &&
              !strstr(text, "/tmp") && !strstr(text, "PL/pgSQL"),
          "it shows what is inside: %s", text);
    free(text);
}

static json_t *open_with(struct peer *peer, const char *class, const char *name, const char *value)
{
    json_t *params = world_open_params(partner, class, world_key());

    if (name)
        json_object_set_new(params, name, json_string(value));
    return peer_ask_json(peer, "incident.open", params);
}

static void error_take(json_t *reply, enum error_id id)
{
    error_check(reply, id);
    json_decref(reply);
}

static void test_parse_error(void)
{
    struct peer *peer = peer_open(world_server(), "coordinator");

    peer_send_text(peer, "{]\n");
    error_take(peer_reply(peer, fixture_ms(PEER_WITHIN_MS)), ERROR_PARSE_ERROR);
    peer_free(peer);
}

static void test_invalid_request(void)
{
    peer_send_text(manager, "{\"jsonrpc\":\"2.0\",\"id\":4}\n");
    error_take(peer_reply(manager, fixture_ms(PEER_WITHIN_MS)), ERROR_INVALID_REQUEST);
}

static void test_method_not_found(void)
{
    json_t *reply = peer_ask(manager, "incident.opne", NULL);

    CHECK_HAS(reply_text(reply, "message"), "did you mean `incident.open`");
    error_take(reply, ERROR_METHOD_NOT_FOUND);
}

static void test_invalid_params(void)
{
    static const char *const bad[][2] = {{"class", "urgent"},    {"severity", "D"},
                                         {"title", ""},          {"title", "a\x01z"},
                                         {"outage", "no"},       {"channel", "fax"},
                                         {"opened_at", "today"}, {"key", ""},
                                         {"partner", "Contoso"}, {"opened_at", "2999-01-01T00:00:00Z"},
                                         {"key", "\xc3\xbc"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *reply = open_with(manager, "professional", bad[i][0], bad[i][1]);

        CHECK_HAS(reply_text(reply, "message"), bad[i][0]);
        error_take(reply, ERROR_INVALID_PARAMS);
    }
    error_take(peer_ask_json(manager, "incident.open", world_open_params(partner, "professional", NULL)),
               ERROR_INVALID_PARAMS);
}

/* A trigger that fails makes a batch fail as a whole: its members are asked again singly. */
static void test_internal(void)
{
    char whose[WORLD_NAME_MAX];

    if (!world_with_units(manager, whose, 100))
        return;
    CHECK(
        fixture_sql(whose + 60, 1,
                    "CREATE FUNCTION public.poison() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$BEGIN RAISE EXCEPTION 'poison'; END$$; CREATE TRIGGER poison BEFORE INSERT ON"
                    " entitled.incident FOR EACH ROW WHEN (NEW.title = 'poison') EXECUTE FUNCTION public.poison()"),
        "no trigger");
    json_t *requests = json_array(), *reply, *each;
    int good = 0, bad = 0;
    size_t i;

    for (int n = 1; n <= 20; n++) {
        json_t *params = world_open_params(whose, "professional", world_key());

        if (n == 7)
            json_object_set_new(params, "title", json_string("poison"));
        json_array_append_new(requests, json_pack("{s:s, s:i, s:s, s:o}", "jsonrpc", "2.0", "id", n, "method",
                                                  "incident.open", "params", params));
    }
    char *line = json_dumps(requests, JSON_COMPACT);

    peer_send_text(manager, line);
    peer_send_text(manager, "\n");
    reply = peer_reply(manager, fixture_ms(PEER_WITHIN_MS));
    json_array_foreach(reply, i, each)
    {
        good += strcmp(reply_reason(each), "ok") == 0;
        bad += strcmp(reply_reason(each), "internal") == 0;
        if (strcmp(reply_reason(each), "ok") != 0) {
            CHECK_NUMBER(json_integer_value(json_object_get(each, "id")), 7);
            error_check(each, ERROR_INTERNAL);
        }
    }
    CHECK_NUMBER(good, 19);
    CHECK_NUMBER(bad, 1);
    CHECK_NUMBER(world_charged(whose), 19);
    CHECK(fixture_sql_do("DROP TRIGGER poison ON entitled.incident; DROP FUNCTION public.poison()"),
          "the trigger stays");
    free(line);
    json_decref(reply);
    json_decref(requests);
}

static void test_forbidden(void)
{
    error_take(peer_ask(coordinator, "principal.list", NULL), ERROR_FORBIDDEN);
}

static void test_not_found(void)
{
    error_take(peer_ask(manager, "partner.show", "{s:s}", "partner", "nobody"), ERROR_NOT_FOUND);
}

static void test_invalid_state(void)
{
    error_take(peer_ask(manager, "contract.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "partner", partner,
                        "plan", "premier-developer", "starts", "2004-08-23"),
               ERROR_INVALID_STATE);
}

static void test_key_reused(void)
{
    const char *key = world_key();

    json_decref(peer_ask_json(manager, "incident.open", world_open_params(partner, "professional", key)));
    error_take(peer_ask_json(manager, "incident.open", world_open_params(partner, "priority", key)),
               ERROR_KEY_REUSED);
    key = world_key();
    CHECK_TEXT(
        peer_reason(manager, "partner.update", "{s:s, s:s, s:s}", "key", key, "partner", partner, "name", "A"),
        "ok");
    CHECK_TEXT(
        peer_reason(manager, "partner.update", "{s:s, s:s, s:s}", "key", key, "partner", partner, "name", "B"),
        "key_reused");
    /* The same parameters in another order are the same. */
    CHECK_TEXT(
        peer_reason(manager, "partner.update", "{s:s, s:s, s:s}", "name", "A", "partner", partner, "key", key),
        "ok");
    /* Another principal's key is another key. */
    CHECK_TEXT(peer_reason(coordinator, "incident.open", "{s:s, s:s, s:s, s:s, s:s}", "key", key, "partner",
                           partner, "class", "professional", "severity", "C", "title", "T"),
               "entitlement_exhausted");
}

static void test_entitlement_exhausted(void)
{
    json_t *reply = open_with(coordinator, "professional", NULL, NULL);

    CHECK_NUMBER(json_array_size(reply_member(reply, "data.pools")), 1);
    CHECK_TEXT(reply_text(reply, "data.pools.0.pool"), "free-incidents");
    CHECK(reply_text(reply, "data.pools.0.contract") != NULL, "the pool has no contract");
    CHECK(reply_text(reply, "data.pools.0.expires") != NULL, "the pool does not say when it expires");
    CHECK_NUMBER(reply_number(reply, "data.pools.0.granted"), 5);
    CHECK_NUMBER(reply_number(reply, "data.pools.0.used"), 5);
    CHECK(reply_text(reply, "data.help") != NULL, "nothing says what would help");
    error_take(reply, ERROR_ENTITLEMENT_EXHAUSTED);
}

static void test_no_entitlement(void)
{
    json_t *reply = open_with(coordinator, "priority", NULL, NULL);

    CHECK(json_array_size(reply_member(reply, "data.plans")) > 0, "no plan would help");
    error_take(reply, ERROR_NO_ENTITLEMENT);
}

static void test_outage_required(void)
{
    error_take(open_with(coordinator, "critical", NULL, NULL), ERROR_OUTAGE_REQUIRED);
}

static void test_override_needs_reason(void)
{
    error_take(open_with(manager, "professional", "override_reason", "  "), ERROR_OVERRIDE_NEEDS_REASON);
}

static void test_contract_not_active(void)
{
    char whose[WORLD_NAME_MAX];
    json_t *made, *reply;

    if (!world_partner(manager, whose))
        return;
    made = peer_ask(manager, "contract.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "partner", whose,
                    "plan", "mspa-standard", "starts", "2004-08-23");
    CHECK_TEXT(reply_text(made, "contract.state"), "draft");
    reply = peer_ask(manager, "contract.top_up", "{s:s, s:O, s:s, s:i}", "key", world_key(), "contract",
                     reply_member(made, "contract.contract"), "benefit", "priority-incidents", "units", 1);
    CHECK_TEXT(reply_text(reply, "data.contract"), reply_text(made, "contract.contract"));
    CHECK_TEXT(reply_text(reply, "data.state"), "draft");
    error_take(reply, ERROR_CONTRACT_NOT_ACTIVE);
    reply = peer_ask(manager, "contract.upgrade", "{s:s, s:O, s:s}", "key", world_key(), "contract",
                     reply_member(made, "contract.contract"), "plan", "mspa-plus");
    CHECK_TEXT(reply_text(reply, "data.state"), "draft");
    error_take(reply, ERROR_CONTRACT_NOT_ACTIVE);
    json_decref(made);
}

static void test_already_credited(void)
{
    char whose[WORLD_NAME_MAX], incident[WORLD_NAME_MAX];

    if (!world_certified(manager, whose))
        return;
    CHECK_TEXT(world_open(coordinator, whose, incident), "ok");
    CHECK_TEXT(peer_reason(coordinator, "incident.credit", "{s:s, s:s, s:s, s:s}", "key", world_key(), "incident",
                           incident, "reason", "product_defect", "note", "it is in the product"),
               "ok");
    json_t *reply = peer_ask(manager, "incident.credit", "{s:s, s:s, s:s, s:s}", "key", world_key(), "incident",
                             incident, "reason", "goodwill", "note", "once more");

    CHECK_TEXT(reply_text(reply, "data.incident"), incident);
    CHECK_TEXT(reply_text(reply, "data.credit.by"), "coordinator");
    CHECK_TEXT(reply_text(reply, "data.credit.reason"), "product_defect");
    CHECK_TEXT(reply_text(reply, "data.credit.note"), "it is in the product");
    CHECK_NUMBER(reply_number(reply, "data.credit.units"), 1);
    CHECK(reply_is_time(reply, "data.credit.at"), "at: %s", reply_text(reply, "data.credit.at"));
    error_take(reply, ERROR_ALREADY_CREDITED);
    world_check_ledger(whose);
}

/* A calendar that is open on one weekday only, of UTC. */
static bool calendar_make(const char *code, int weekday)
{
    struct peer *admin = peer_open(world_server(), "admin");
    json_t *shown = peer_ask(admin, "calendar.show", NULL);

    json_array_append_new(reply_member(shown, "calendars"),
                          json_pack("{s:s, s:s, s:s, s:[{s:i, s:s, s:s}], s:[]}", "calendar", code, "name",
                                    "Another day", "time_zone", "UTC", "hours", "weekday", weekday, "opens",
                                    "09:00", "closes", "17:00", "holidays"));
    bool done = CHECK_TEXT(peer_reason(admin, "calendar.apply", "{s:s, s:O}", "key", world_key(), "document",
                                       json_object_get(shown, "result")),
                           "ok");

    json_decref(shown);
    peer_free(admin);
    return done;
}

/* Gold Certified, whose coordinator is there in business hours, which begin in three days. */
static void test_outside_coverage(void)
{
    char whose[WORLD_NAME_MAX], incident[WORLD_NAME_MAX], opens[64];

    fixture_sql(opens, sizeof opens, "SELECT (now() AT TIME ZONE 'UTC')::date + 3 || 'T09:00:00Z'");
    if (!world_partner(manager, whose) ||
        !calendar_make("another-day",
                       (int)fixture_sql_number("SELECT extract(isodow FROM left('%s', 10)::date)", opens)) ||
        !CHECK_TEXT(peer_reason(manager, "partner.update", "{s:s, s:s, s:s}", "key", world_key(), "partner", whose,
                                "calendar", "another-day"),
                    "ok") ||
        !world_contract(manager, whose, "gold-certified", NULL, NULL))
        return;
    json_t *params = world_open_params(whose, "critical", world_key());

    json_object_set_new(params, "outage", json_string("server"));
    json_t *reply = peer_ask_json(coordinator, "incident.open", params);

    snprintf(incident, sizeof incident, "%s", reply_text(reply, "incident") ? reply_text(reply, "incident") : "");
    CHECK_TEXT(reply_reason(reply), "ok");
    json_decref(reply);
    reply = peer_ask(coordinator, "escalation.raise", "{s:s, s:s, s:s}", "key", world_key(), "incident", incident,
                     "reason", "they wait");
    CHECK(reply_is_time(reply, "data.opens"), "opens: %s", reply_text(reply, "data.opens"));
    CHECK_NUMBER(
        fixture_sql_number("SELECT ('%s'::timestamptz = '%s')::int", reply_text(reply, "data.opens"), opens), 1);
    CHECK_HAS(reply_text(reply, "message"), "`queue`");
    error_take(reply, ERROR_OUTSIDE_COVERAGE);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.escalation JOIN entitled.partner"
                                    " USING (partner_id) WHERE code = '%s'",
                                    whose),
                 0);
    reply = peer_ask(coordinator, "escalation.raise", "{s:s, s:s, s:s, s:b}", "key", world_key(), "incident",
                     incident, "reason", "they wait", "queue", 1);
    CHECK_TEXT(reply_text(reply, "escalation.state"), "queued");
    CHECK_NUMBER(fixture_sql_number("SELECT ('%s'::timestamptz = '%s')::int",
                                    reply_text(reply, "escalation.effective_at"), opens),
                 1);
    json_decref(reply);
}

static const struct {
    enum error_id error;
    void (*test)(void);    /* NULL: see where */
    const char *elsewhere; /* the suite that has it, or why it cannot be had yet */
} tests_by_error[] = {
    {ERROR_PARSE_ERROR, test_parse_error, NULL},
    {ERROR_INVALID_REQUEST, test_invalid_request, NULL},
    {ERROR_METHOD_NOT_FOUND, test_method_not_found, NULL},
    {ERROR_INVALID_PARAMS, test_invalid_params, NULL},
    {ERROR_INTERNAL, test_internal, NULL},
    {ERROR_FORBIDDEN, test_forbidden, NULL},
    {ERROR_NOT_FOUND, test_not_found, NULL},
    {ERROR_INVALID_STATE, test_invalid_state, NULL},
    {ERROR_KEY_REUSED, test_key_reused, NULL},
    {ERROR_BUSY, NULL, "limits_test.c"},
    {ERROR_UNAVAILABLE, NULL, "fault/away_test.c"},
    {ERROR_UNKNOWN_OUTCOME, NULL, "fault/away_test.c"},
    {ERROR_ENTITLEMENT_EXHAUSTED, test_entitlement_exhausted, NULL},
    {ERROR_NO_ENTITLEMENT, test_no_entitlement, NULL},
    {ERROR_OUTSIDE_COVERAGE, test_outside_coverage, NULL},
    {ERROR_OUTAGE_REQUIRED, test_outage_required, NULL},
    {ERROR_CONTRACT_NOT_ACTIVE, test_contract_not_active, NULL},
    {ERROR_ALREADY_CREDITED, test_already_credited, NULL},
    {ERROR_OVERRIDE_NEEDS_REASON, test_override_needs_reason, NULL},
};

#define TESTS (sizeof tests_by_error / sizeof tests_by_error[0])

static void test_none_is_left_out(void)
{
    bool seen[ERROR_COUNT] = {false};

    for (size_t i = 0; i < TESTS; i++)
        seen[tests_by_error[i].error] = true;
    for (int id = 0; id < ERROR_COUNT; id++)
        CHECK(seen[id], "%s has no test here", error_spec((enum error_id)id)->reason);
}

CU_ErrorCode errors_register(void)
{
    CU_pSuite suite = CU_add_suite("errors", errors_init, errors_clean);

    if (!suite || !CU_add_test(suite, "each error has its test", test_none_is_left_out))
        return CU_get_error();
    for (size_t i = 0; i < TESTS; i++)
        if (tests_by_error[i].test &&
            !CU_add_test(suite, error_spec(tests_by_error[i].error)->reason, tests_by_error[i].test))
            return CU_get_error();
    return CUE_SUCCESS;
}
