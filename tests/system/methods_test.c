/*
 * Each method does what protocol.md says: one test a method, and a check that none is left out. (Those of
 * engine_test.c, units_test.c and day_test.c are counted with them.)
 */
#include "tests/system/methods_test.h"

#include "common/rpc.h"
#include "tests/system/check.h"
#include "tests/system/day_test.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The suite's two callers, and a Certified partner of its own. */
static struct peer *admin, *ours;
static char partner[WORLD_NAME_MAX];

static int methods_init(void)
{
    admin = peer_open(world_server(), "admin");
    ours = peer_open(world_server(), "contoso-user");
    return admin && ours && world_certified(admin, partner) ? 0 : 1;
}

static int methods_clean(void)
{
    peer_free(admin);
    peer_free(ours);
    return 0;
}

static void test_hello(void)
{
    json_t *reply = peer_ask(ours, "hello", NULL);

    CHECK_TEXT(reply_text(reply, "server"), "entitled");
    CHECK(reply_text(reply, "version") != NULL, "no version");
    CHECK_TEXT(reply_text(reply, "principal.name"), "contoso-user");
    CHECK_TEXT(reply_text(reply, "principal.role"), "partner");
    CHECK_TEXT(reply_text(reply, "principal.partner"), "contoso");
    CHECK_NUMBER(reply_number(reply, "limits.line_bytes"), LINE_BYTES_MAX);
    CHECK_NUMBER(reply_number(reply, "limits.batch"), RPC_BATCH_MAX);
    CHECK(reply_is_time(reply, "time"), "time: %s", reply_text(reply, "time"));
    json_decref(reply);
    reply = peer_ask(admin, "hello", NULL);
    CHECK_TEXT(reply_text(reply, "principal.role"), "admin");
    CHECK(reply_member(reply, "principal.partner") == NULL, "an administrator has a partner");
    json_decref(reply);
}

static void test_balance_get(void)
{
    json_t *reply = peer_ask(ours, "balance.get", NULL);

    CHECK_TEXT(reply_text(reply, "partner"), "contoso");
    CHECK_TEXT(reply_text(reply, "level"), "certified");
    CHECK(reply_is_time(reply, "as_of"), "as_of: %s", reply_text(reply, "as_of"));
    json_decref(reply);
    CHECK_TEXT(world_open(admin, partner, NULL), "ok");
    reply = peer_ask(admin, "balance.get", "{s:s}", "partner", partner);
    CHECK_NUMBER(reply_count(reply, "pools"), 1);
    CHECK_TEXT(reply_text(reply, "pools.0.pool"), "free-incidents");
    CHECK_TEXT(reply_text(reply, "pools.0.unit"), "incident");
    CHECK_TEXT(reply_text(reply, "pools.0.plan"), "certified");
    CHECK_TEXT(reply_text(reply, "pools.0.coverage"), "24x7");
    CHECK_NUMBER(reply_number(reply, "pools.0.granted"), 5);
    CHECK_NUMBER(reply_number(reply, "pools.0.used"), 1);
    CHECK_NUMBER(reply_number(reply, "pools.0.remaining"), 4);
    CHECK_NUMBER(reply_number(reply, "pools.0.overage"), 0);
    CHECK(reply_is_time(reply, "pools.0.expires"), "expires: %s", reply_text(reply, "pools.0.expires"));
    json_t *concierge = reply_row(reply, "benefits", "benefit", "concierge");

    CHECK_TEXT(json_string_value(json_object_get(concierge, "coverage")), "business-hours");
    CHECK(json_is_boolean(json_object_get(concierge, "available_now")), "available_now is no boolean");
    json_decref(reply);
    reply = peer_ask(admin, "balance.get", "{s:s, s:s}", "partner", partner, "at", "2001-01-01T00:00:00Z");
    CHECK_NUMBER(reply_count(reply, "pools"), 0);
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "balance.get", NULL), "invalid_params");
    CHECK_TEXT(peer_reason(admin, "balance.get", "{s:s}", "partner", "nobody"), "not_found");
}

/* What X.show gives is what X.apply takes, and it changes nothing. */
static void show_and_apply(const char *show, const char *apply, const char *member)
{
    json_t *shown = peer_ask(admin, show, NULL), *reply;
    const char *key = world_key();

    CHECK(reply_count(shown, member) > 0, "%s: no %s", show, member);
    reply = peer_ask(admin, apply, "{s:s, s:O, s:b}", "key", key, "document", json_object_get(shown, "result"),
                     "dry_run", 1);
    CHECK(strcmp(reply_reason(reply), "ok") == 0, "%s: %s", apply, reply_text(reply, "message"));
    CHECK_NUMBER(reply_count(reply, "changes"), 0);
    json_decref(reply);
    reply = peer_ask(admin, apply, "{s:s, s:O}", "key", world_key(), "document", json_object_get(shown, "result"));
    CHECK_TEXT(reply_reason(reply), "ok");
    CHECK_NUMBER(reply_count(reply, "changes"), 0);
    json_decref(reply);
    json_t *after = peer_ask(admin, show, NULL);

    CHECK(json_equal(json_object_get(shown, "result"), json_object_get(after, "result")), "%s: it changed", show);
    CHECK_TEXT(peer_reason(admin, apply, "{s:s, s:{}}", "key", world_key(), "document"), "invalid_params");
    json_decref(after);
    json_decref(shown);
}

static void test_calendar_show(void)
{
    json_t *reply = peer_ask(ours, "calendar.show", "{s:s}", "calendar", "lisbon");

    CHECK_NUMBER(reply_count(reply, "calendars"), 1);
    CHECK_TEXT(reply_text(reply, "calendars.0.time_zone"), "Europe/Lisbon");
    json_decref(reply);
    CHECK_TEXT(peer_reason(ours, "calendar.show", "{s:s}", "calendar", "nowhere"), "not_found");
}

static void test_calendar_apply(void)
{
    show_and_apply("calendar.show", "calendar.apply", "calendars");
}

static void test_catalogue_show(void)
{
    json_t *reply = peer_ask(ours, "catalogue.show", NULL);
    static const char *const plans[] = {"registered",   "certified",         "gold-certified", "mspa-standard",
                                        "mspa-plus",    "mspa-isv-standard", "mspa-isv-plus",  "mspa-si-standard",
                                        "mspa-si-plus", "premier-developer"};

    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++)
        CHECK(reply_row(reply, "plans", "plan", plans[i]), "the plan %s is missing", plans[i]);
    json_decref(reply);
    reply = peer_ask(ours, "catalogue.show", "{s:s}", "plan", "certified");
    CHECK_NUMBER(reply_count(reply, "plans"), 1);
    json_decref(reply);
    CHECK_TEXT(peer_reason(ours, "catalogue.show", "{s:s}", "plan", "no-such"), "not_found");
}

static void test_catalogue_apply(void)
{
    show_and_apply("catalogue.show", "catalogue.apply", "plans");
}

static void test_contract_create(void)
{
    const char *key = world_key();
    char name[WORLD_NAME_MAX];
    json_t *reply = peer_ask(admin, "contract.create", "{s:s, s:s, s:s, s:s, s:{s:i}, s:s}", "key", key, "partner",
                             partner, "plan", "mspa-plus", "starts", "2004-08-23", "quantities",
                             "priority-incidents", 7, "price", "35000.00 USD");

    snprintf(name, sizeof name, "%s", reply_text(reply, "contract.contract"));
    CHECK_TEXT(reply_text(reply, "contract.state"), "draft");
    CHECK_TEXT(reply_text(reply, "contract.starts"), "2004-08-23");
    CHECK_TEXT(reply_text(reply, "contract.ends"), "2005-08-23");
    CHECK_TEXT(reply_text(reply, "contract.price"), "35000.00 USD");
    CHECK_NUMBER(reply_count(reply, "contract.grants"), 0);
    json_decref(reply);
    reply = peer_ask(admin, "contract.create", "{s:s, s:s, s:s, s:s, s:{s:i}, s:s}", "key", key, "partner", partner,
                     "plan", "mspa-plus", "starts", "2004-08-23", "quantities", "priority-incidents", 7, "price",
                     "35000.00 USD");
    CHECK_TEXT(reply_text(reply, "contract.contract"), name);
    CHECK(json_is_true(reply_member(reply, "replayed")), "not marked as replayed");
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "contract.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "partner", partner,
                           "plan", "premier-developer", "starts", "2004-08-23"),
               "invalid_state");
    CHECK_TEXT(peer_reason(admin, "contract.create", "{s:s, s:s, s:s, s:s, s:{s:i}}", "key", world_key(), "partner",
                           partner, "plan", "certified", "starts", "2004-08-23", "quantities", "free-incidents", 9),
               "invalid_params");
}

static void test_contract_activate(void)
{
    char other[WORLD_NAME_MAX], contract[WORLD_NAME_MAX];

    if (!world_partner(admin, other) || !world_contract(admin, other, "certified", NULL, contract))
        return;
    json_t *reply = peer_ask(admin, "contract.activate", "{s:s, s:s}", "key", world_key(), "contract", contract);

    CHECK_TEXT(reply_reason(reply), "invalid_state");
    CHECK_TEXT(reply_text(reply, "data.state"), "active");
    json_decref(reply);
    reply = peer_ask(admin, "contract.list", "{s:s}", "partner", other);
    CHECK_NUMBER(reply_number(reply, "contracts.0.grants.0.granted"), 5);
    json_decref(reply);
    reply = peer_ask(admin, "contract.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "partner", other, "plan",
                     "gold-certified", "starts", "2004-08-23");
    char second[WORLD_NAME_MAX];

    snprintf(second, sizeof second, "%s", reply_text(reply, "contract.contract"));
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "contract.activate", "{s:s, s:s}", "key", world_key(), "contract", second), "ok");
    CHECK_TEXT(peer_reason(admin, "contract.activate", "{s:s, s:s}", "key", world_key(), "contract", "CON-999999"),
               "not_found");
}

static void test_contract_list(void)
{
    json_t *reply = peer_ask(ours, "contract.list", NULL);

    CHECK_NUMBER(reply_count(reply, "contracts"), 1);
    CHECK_TEXT(reply_text(reply, "contracts.0.plan"), "certified");
    CHECK_TEXT(reply_text(reply, "contracts.0.state"), "active");
    json_decref(reply);
    reply = peer_ask(ours, "contract.list", "{s:s}", "state", "draft");
    CHECK_NUMBER(reply_count(reply, "contracts"), 0);
    json_decref(reply);
    reply = peer_ask(ours, "contract.list", "{s:i}", "expiring_within", 360);
    CHECK_NUMBER(reply_count(reply, "contracts"), 1);
    json_decref(reply);
    reply = peer_ask(ours, "contract.list", "{s:i}", "expiring_within", 30);
    CHECK_NUMBER(reply_count(reply, "contracts"), 0);
    json_decref(reply);
}

static void test_incident_open(void)
{
    char whose[WORLD_NAME_MAX];
    json_t *reply = NULL;

    if (!world_certified(admin, whose))
        return;
    for (int i = 1; i <= 5; i++) {
        reply = peer_ask_json(admin, "incident.open", world_open_params(whose, "professional", world_key()));
        CHECK(strncmp(reply_text(reply, "incident") ? reply_text(reply, "incident") : "", "INC-", 4) == 0,
              "incident: %s", reply_text(reply, "incident"));
        CHECK_TEXT(reply_text(reply, "charge.pool"), "free-incidents");
        CHECK_NUMBER(reply_number(reply, "charge.units"), 1);
        CHECK_NUMBER(reply_number(reply, "charge.ordinal"), i);
        CHECK_NUMBER(reply_number(reply, "charge.of"), 5);
        CHECK_NUMBER(reply_number(reply, "charge.remaining"), 5 - i);
        CHECK_TEXT(reply_text(reply, "clocks.coverage"), "business-hours");
        json_decref(reply);
    }
    CHECK_TEXT(world_open(admin, whose, NULL), "entitlement_exhausted");
    json_t *params = world_open_params(whose, "critical", world_key());

    json_object_set_new(params, "outage", json_string("server"));
    reply = peer_ask_json(admin, "incident.open", params);
    CHECK_TEXT(reply_reason(reply), "ok");
    CHECK(json_is_null(reply_member(reply, "charge")), "a critical incident is charged");
    json_decref(reply);
    params = world_open_params(whose, "professional", world_key());
    json_object_set_new(params, "override_reason", json_string("goodwill"));
    reply = peer_ask_json(admin, "incident.open", params);
    CHECK(json_is_true(reply_member(reply, "charge.override")), "not marked as an override");
    json_decref(reply);
    CHECK_NUMBER(world_charged(whose), 5);
    world_check_ledger(whose);
}

static void test_incident_check(void)
{
    char whose[WORLD_NAME_MAX];
    long long before = fixture_sql_number("SELECT count(*) FROM entitled.request");

    if (!world_certified(admin, whose))
        return;
    long long requests = fixture_sql_number("SELECT count(*) FROM entitled.request");
    json_t *reply = peer_ask_json(admin, "incident.check", world_open_params(whose, "professional", NULL));

    CHECK(requests > before, "the world has written nothing");
    CHECK(json_is_true(reply_member(reply, "would_open")), "would_open is not true");
    CHECK_NUMBER(reply_number(reply, "charge.remaining"), 4);
    json_decref(reply);
    reply = peer_ask_json(admin, "incident.check", world_open_params(whose, "priority", NULL));
    CHECK(json_is_false(reply_member(reply, "would_open")), "would_open is not false");
    CHECK_TEXT(reply_text(reply, "error.data.reason"), "no_entitlement");
    json_decref(reply);
    CHECK_NUMBER(world_charged(whose), 0);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.request"), requests);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.refusal JOIN entitled.partner USING (partner_id)"
                                    " WHERE code = '%s'",
                                    whose),
                 0);
}

static void test_incident_show(void)
{
    char incident[WORLD_NAME_MAX];

    CHECK_TEXT(world_open(admin, partner, incident), "ok");
    json_t *reply = peer_ask(admin, "incident.show", "{s:s}", "incident", incident);

    CHECK_TEXT(reply_text(reply, "incident"), incident);
    CHECK_TEXT(reply_text(reply, "partner"), partner);
    CHECK_TEXT(reply_text(reply, "class"), "professional");
    CHECK_TEXT(reply_text(reply, "severity"), "B");
    CHECK_TEXT(reply_text(reply, "state"), "new");
    CHECK_TEXT(reply_text(reply, "logged_by"), "admin");
    CHECK_TEXT(reply_text(reply, "charge.pool"), "free-incidents");
    CHECK_NUMBER(reply_count(reply, "timeline"), 1);
    CHECK_TEXT(reply_text(reply, "timeline.0.event"), "opened");
    CHECK(json_is_array(reply_member(reply, "escalations")), "escalations are no array");
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "incident.show", "{s:s}", "incident", "INC-999999"), "not_found");
    CHECK_TEXT(peer_reason(admin, "incident.show", "{s:s}", "incident", "inc-1"), "invalid_params");
}

/* Pages of one row: all are seen once, in order. */
static void test_incident_list(void)
{
    char whose[WORLD_NAME_MAX], names[3][WORLD_NAME_MAX], cursor[80] = "";
    json_t *reply;

    if (!world_certified(admin, whose))
        return;
    for (int i = 0; i < 3; i++)
        CHECK_TEXT(world_open(admin, whose, names[i]), "ok");
    for (int i = 0; i < 3; i++) {
        reply = cursor[0] ? peer_ask(admin, "incident.list", "{s:s, s:i, s:s}", "partner", whose, "limit", 1,
                                     "cursor", cursor)
                          : peer_ask(admin, "incident.list", "{s:s, s:i}", "partner", whose, "limit", 1);
        CHECK_NUMBER(reply_count(reply, "incidents"), 1);
        CHECK_TEXT(reply_text(reply, "incidents.0.incident"), names[2 - i]);
        snprintf(cursor, sizeof cursor, "%s", reply_text(reply, "next") ? reply_text(reply, "next") : "");
        CHECK((cursor[0] != '\0') == (i < 2), "page %d: next is \"%s\"", i + 1, cursor);
        json_decref(reply);
    }
    reply = peer_ask(admin, "incident.list", "{s:s, s:s, s:s, s:s, s:s}", "partner", whose, "order", "oldest",
                     "state", "new", "class", "professional", "text", SERVER_SECRET);
    CHECK_NUMBER(reply_count(reply, "incidents"), 3);
    CHECK_TEXT(reply_text(reply, "incidents.0.incident"), names[0]);
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "incident.list", "{s:s}", "cursor", "bad"), "invalid_params");
    CHECK_TEXT(peer_reason(admin, "incident.list", "{s:i}", "limit", 501), "invalid_params");
}

static void test_incident_note(void)
{
    char incident[WORLD_NAME_MAX], text[16385];
    const char *key = world_key();

    CHECK_TEXT(world_open(admin, "contoso", incident), "ok");
    json_t *reply = peer_ask(ours, "incident.note", "{s:s, s:s, s:s}", "key", key, "incident", incident, "text",
                             "first line\nsecond " SERVER_SECRET);

    CHECK_TEXT(reply_text(reply, "entry.actor"), "contoso-user");
    CHECK_TEXT(reply_text(reply, "entry.visibility"), "public");
    CHECK_NUMBER(reply_number(reply, "entry.seq"), 2);
    json_decref(reply);
    reply = peer_ask(ours, "incident.note", "{s:s, s:s, s:s}", "key", key, "incident", incident, "text",
                     "first line\nsecond " SERVER_SECRET);
    CHECK(json_is_true(reply_member(reply, "replayed")), "not marked as replayed");
    CHECK_NUMBER(reply_number(reply, "entry.seq"), 2);
    json_decref(reply);
    memset(text, 'n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CHECK_TEXT(peer_reason(ours, "incident.note", "{s:s, s:s, s:s}", "key", world_key(), "incident", incident,
                           "text", text),
               "ok");
    CHECK_TEXT(
        peer_reason(ours, "incident.note", "{s:s, s:s, s:s}", "key", world_key(), "incident", incident, "text", ""),
        "invalid_params");
}

static void test_partner_create(void)
{
    char code[WORLD_NAME_MAX];

    CHECK(world_partner(admin, code), "no partner");
    CHECK_TEXT(peer_reason(admin, "partner.create", "{s:s, s:s, s:s, s:s, s:s, s:s}", "key", world_key(), "partner",
                           code, "name", "Again", "region", "us", "time_zone", "America/New_York", "calendar",
                           "us"),
               "invalid_state");
    CHECK_TEXT(peer_reason(admin, "partner.create", "{s:s, s:s, s:s, s:s, s:s, s:s}", "key", world_key(), "partner",
                           "elsewhere", "name", "E", "region", "mars", "time_zone", "America/New_York", "calendar",
                           "us"),
               "not_found");
    CHECK_TEXT(peer_reason(admin, "partner.create", "{s:s, s:s, s:s, s:s, s:s, s:s}", "key", world_key(), "partner",
                           "elsewhere", "name", "E", "region", "us", "time_zone", "Mars/Olympus", "calendar", "us"),
               "invalid_params");
}

static void test_partner_list(void)
{
    json_t *reply = peer_ask(ours, "partner.list", NULL);

    CHECK_NUMBER(reply_count(reply, "partners"), 1);
    CHECK_TEXT(reply_text(reply, "partners.0.partner"), "contoso");
    json_decref(reply);
    reply = peer_ask(admin, "partner.list", "{s:s, s:i}", "text", "partner-", "limit", 1);
    CHECK_NUMBER(reply_count(reply, "partners"), 1);
    CHECK(reply_text(reply, "next") != NULL, "there is no next page");
    json_decref(reply);
    reply = peer_ask(admin, "partner.list", "{s:s}", "text", "100%_nobody");
    CHECK_NUMBER(reply_count(reply, "partners"), 0);
    json_decref(reply);
}

static void test_partner_show(void)
{
    json_t *reply = peer_ask(ours, "partner.show", NULL);

    CHECK_TEXT(reply_text(reply, "partner.partner"), "contoso");
    CHECK_TEXT(reply_text(reply, "partner.level"), "certified");
    CHECK_NUMBER(reply_count(reply, "contracts"), 1);
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "partner.show", "{s:s}", "partner", "nobody"), "not_found");
}

static void test_partner_update(void)
{
    char whose[WORLD_NAME_MAX];

    if (!world_certified(admin, whose))
        return;
    json_t *reply = peer_ask(admin, "partner.update", "{s:s, s:s, s:s, s:b}", "key", world_key(), "partner", whose,
                             "name", "Another name", "disabled", 1);

    CHECK_TEXT(reply_text(reply, "partner.name"), "Another name");
    CHECK(json_is_true(reply_member(reply, "partner.disabled")), "not disabled");
    json_decref(reply);
    CHECK_TEXT(world_open(admin, whose, NULL), "invalid_state");
    CHECK_TEXT(peer_reason(admin, "partner.update", "{s:s, s:s, s:b}", "key", world_key(), "partner", whose,
                           "disabled", 0),
               "ok");
    CHECK_TEXT(world_open(admin, whose, NULL), "ok");
}

static void test_principal_create(void)
{
    const struct fixture_principal *first = fixture_principals();

    CHECK_TEXT(peer_reason(admin, "principal.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "name", "twin",
                           "role", "admin", "fingerprint", first->fingerprint),
               "invalid_state");
    CHECK_TEXT(peer_reason(admin, "principal.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "name", "alone",
                           "role", "partner", "fingerprint", first->fingerprint),
               "invalid_params");
    CHECK_TEXT(peer_reason(admin, "principal.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "name", "short",
                           "role", "admin", "fingerprint", "abc"),
               "invalid_params");
}

static void test_principal_disable(void)
{
    CHECK_TEXT(peer_reason(admin, "principal.disable", "{s:s, s:s}", "key", world_key(), "name", "admin"),
               "invalid_state");
    CHECK_TEXT(peer_reason(admin, "principal.disable", "{s:s, s:s}", "key", world_key(), "name", "nobody"),
               "not_found");
    json_t *reply = peer_ask(admin, "principal.disable", "{s:s, s:s}", "key", world_key(), "name", "guinea-pig");

    CHECK(json_is_true(reply_member(reply, "principal.disabled")), "not disabled");
    json_decref(reply);
}

static void test_principal_enable(void)
{
    json_t *reply = peer_ask(admin, "principal.enable", "{s:s, s:s}", "key", world_key(), "name", "guinea-pig");

    CHECK(json_is_false(reply_member(reply, "principal.disabled")), "still disabled");
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "principal.enable", "{s:s, s:s}", "key", world_key(), "name", "nobody"),
               "not_found");
}

static void test_principal_list(void)
{
    json_t *reply = peer_ask(admin, "principal.list", "{s:s}", "role", "reporter");

    CHECK_NUMBER(reply_count(reply, "principals"), 1);
    CHECK_TEXT(reply_text(reply, "principals.0.name"), "reporter");
    json_decref(reply);
}

static void test_server_stats(void)
{
    json_t *reply = peer_ask(admin, "server.stats", NULL);
    long long requests = reply_number(reply, "requests");

    CHECK(reply_number(reply, "connections") >= 1, "connections: %lld", reply_number(reply, "connections"));
    CHECK(reply_number(reply, "worker") > 1, "worker: %lld", reply_number(reply, "worker"));
    CHECK_NUMBER(reply_count(reply, "lanes"), 5); /* two write, one reads, one for reports, the slow one */
    CHECK(json_is_true(reply_member(reply, "lanes.0.up")), "lane 0 is not up");
    json_decref(reply);
    reply = peer_ask(admin, "server.stats", NULL);
    CHECK(reply_number(reply, "requests") > requests, "requests are not counted");
    json_decref(reply);
}

static const struct {
    enum method_id method;
    void (*test)(void);
} tests_by_method[] = {
    {METHOD_HELLO, test_hello},
    {METHOD_BALANCE_GET, test_balance_get},
    {METHOD_CALENDAR_APPLY, test_calendar_apply},
    {METHOD_CALENDAR_SHOW, test_calendar_show},
    {METHOD_CATALOGUE_APPLY, test_catalogue_apply},
    {METHOD_CATALOGUE_SHOW, test_catalogue_show},
    {METHOD_CONTRACT_ACTIVATE, test_contract_activate},
    {METHOD_CONTRACT_CREATE, test_contract_create},
    {METHOD_CONTRACT_LIST, test_contract_list},
    {METHOD_INCIDENT_CHECK, test_incident_check},
    {METHOD_INCIDENT_LIST, test_incident_list},
    {METHOD_INCIDENT_NOTE, test_incident_note},
    {METHOD_INCIDENT_OPEN, test_incident_open},
    {METHOD_INCIDENT_SHOW, test_incident_show},
    {METHOD_PARTNER_CREATE, test_partner_create},
    {METHOD_PARTNER_LIST, test_partner_list},
    {METHOD_PARTNER_SHOW, test_partner_show},
    {METHOD_PARTNER_UPDATE, test_partner_update},
    {METHOD_PRINCIPAL_CREATE, test_principal_create},
    {METHOD_PRINCIPAL_DISABLE, test_principal_disable},
    {METHOD_PRINCIPAL_ENABLE, test_principal_enable},
    {METHOD_PRINCIPAL_LIST, test_principal_list},
    {METHOD_SERVER_STATS, test_server_stats},
};

#define TESTS (sizeof tests_by_method / sizeof tests_by_method[0])

static void test_none_is_left_out(void)
{
    bool seen[METHOD_COUNT] = {false};

    for (size_t i = 0; i < TESTS; i++)
        seen[tests_by_method[i].method] = true;
    for (int id = 0; id < METHOD_COUNT; id++)
        CHECK(seen[id] + engine_tests((enum method_id)id) + units_tests((enum method_id)id) +
                      day_tests((enum method_id)id) + advise_tests((enum method_id)id) +
                      report_tests((enum method_id)id) ==
                  1,
              "%s has not one test", method_spec((enum method_id)id)->name);
}

CU_ErrorCode methods_register(void)
{
    CU_pSuite suite = CU_add_suite("methods", methods_init, methods_clean);

    if (!suite || !CU_add_test(suite, "each method has its test", test_none_is_left_out))
        return CU_get_error();
    for (size_t i = 0; i < TESTS; i++)
        if (!CU_add_test(suite, method_spec(tests_by_method[i].method)->name, tests_by_method[i].test))
            return CU_get_error();
    return CUE_SUCCESS;
}
