/*
 * The methods that change contracts and move incidents: one test a method, as in methods_test.c, which sees to it
 * that none is left out.
 */
#include "tests/system/methods_test.h"

#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct peer *admin, *ours;

static int engine_init(void)
{
    admin = peer_open(world_server(), "admin");
    ours = peer_open(world_server(), "contoso-user");
    return admin && ours ? 0 : 1;
}

static int engine_clean(void)
{
    peer_free(admin);
    peer_free(ours);
    return 0;
}

/* ---- what several tests do ---- */

/* Copies a text of a reply, "" where there is none. */
static void keep(char *name, const json_t *reply, const char *path)
{
    snprintf(name, WORLD_NAME_MAX, "%s", reply_text(reply, path) ? reply_text(reply, path) : "");
}

static bool certified(char *partner, char *contract)
{
    return world_partner(admin, partner) && world_contract(admin, partner, "certified", NULL, contract);
}

/* MSPA Plus with ten priority incidents (the rest by the catalogue: 2400 minutes, 5 days). */
static bool with_ten(char *partner, char *contract)
{
    return world_partner(admin, partner) &&
           world_contract(admin, partner, "mspa-plus", "{\"priority-incidents\": 10}", contract);
}

/* A contract that is not in force. */
static bool draft(const char *partner, const char *plan, char *contract)
{
    json_t *reply = peer_ask(admin, "contract.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "partner",
                             partner, "plan", plan, "starts", "2004-08-23");

    keep(contract, reply, "contract.contract");
    json_decref(reply);
    return CHECK(contract[0] != '\0', "no draft");
}

static json_t *shown(const char *contract)
{
    return peer_ask(admin, "contract.show", "{s:s}", "contract", contract);
}

static json_t *balance(const char *partner)
{
    return peer_ask(admin, "balance.get", "{s:s}", "partner", partner);
}

/* Checks a pool of a contract in a reply: granted, used, expired, and what remains. */
static void pool_check(const json_t *reply, const char *pool, int granted, int used, int expired)
{
    json_t *row = reply_row(reply, "contract.grants", "pool", pool);

    CHECK(row != NULL, "there is no pool %s", pool);
    CHECK_NUMBER(json_integer_value(json_object_get(row, "granted")), granted);
    CHECK_NUMBER(json_integer_value(json_object_get(row, "used")), used);
    CHECK_NUMBER(json_integer_value(json_object_get(row, "expired")), expired);
    CHECK_NUMBER(json_integer_value(json_object_get(row, "remaining")), granted - used - expired);
}

/* Asks for a move of an incident: text is its resolution or reason; NULL: none. */
static json_t *move(const char *method, const char *incident, const char *name, const char *text)
{
    json_t *params = json_pack("{s:s, s:s}", "key", world_key(), "incident", incident);

    if (text)
        json_object_set_new(params, name, json_string(text));
    return peer_ask_json(admin, method, params);
}

/* The move is refused in this state, and the moves that are possible are named. */
static void move_refused(const char *method, const char *incident, const char *name, const char *state,
                         const char *possible)
{
    json_t *reply = move(method, incident, name, "once more");
    char *moves = json_dumps(reply_member(reply, "data.moves"), JSON_COMPACT);

    CHECK_TEXT(reply_reason(reply), "invalid_state");
    CHECK_TEXT(reply_text(reply, "data.state"), state);
    CHECK_TEXT(moves, possible);
    free(moves);
    json_decref(reply);
}

static json_t *credit(const char *incident, const char *reason, const char *note, const char *duplicate_of)
{
    json_t *params =
        json_pack("{s:s, s:s, s:s, s:s}", "key", world_key(), "incident", incident, "reason", reason, "note", note);

    if (duplicate_of)
        json_object_set_new(params, "duplicate_of", json_string(duplicate_of));
    return peer_ask_json(admin, "incident.credit", params);
}

static void reason_take(json_t *reply, const char *reason)
{
    CHECK(strcmp(reply_reason(reply), reason) == 0, "%s instead of %s: %s", reply_reason(reply), reason,
          reply_text(reply, "message"));
    json_decref(reply);
}

/* ---- contracts ---- */

static void test_contract_show(void)
{
    char whose[WORLD_NAME_MAX], contract[WORLD_NAME_MAX];
    const char *name;
    json_t *value;

    if (!certified(whose, contract))
        return;
    json_t *reply = shown(contract);
    json_t *list = peer_ask(admin, "contract.list", "{s:s}", "partner", whose);

    CHECK_NUMBER(json_object_size(reply_member(list, "contracts.0")), 9);
    json_object_foreach(reply_member(list, "contracts.0"), name, value)
        CHECK(json_equal(value, json_object_get(reply_member(reply, "contract"), name)),
              "contract.list says another %s", name);
    CHECK_TEXT(reply_text(reply, "contract.contract"), contract);
    CHECK_TEXT(reply_text(reply, "contract.partner"), whose);
    CHECK_TEXT(reply_text(reply, "contract.state"), "active");
    CHECK_TEXT(reply_text(reply, "contract.price"), "1500.00 USD");
    CHECK_NUMBER(reply_count(reply, "contract.grants"), 1);
    pool_check(reply, "free-incidents", 5, 0, 0);
    CHECK_NUMBER(reply_count(reply, "contract.accesses"), 3);
    CHECK(reply_row(reply, "contract.accesses", "benefit", "concierge"), "the access concierge is missing");
    CHECK(reply_is_time(reply, "contract.term_starts") && reply_is_time(reply, "contract.term_ends") &&
              reply_is_time(reply, "contract.created_at") && reply_is_time(reply, "contract.activated_at"),
          "a time is missing");
    CHECK(json_is_null(reply_member(reply, "contract.renewed_by")) &&
              json_is_null(reply_member(reply, "contract.cancelled_at")),
          "it was neither renewed nor cancelled");
    CHECK_TEXT(peer_reason(ours, "contract.show", "{s:s}", "contract", contract), "not_found");
    CHECK_TEXT(peer_reason(admin, "contract.show", "{s:s}", "contract", "CON-999999"), "not_found");
    json_decref(list);
    json_decref(reply);
}

static json_t *top_up(const char *contract, const char *pool, int units, const char *key)
{
    return peer_ask(admin, "contract.top_up", "{s:s, s:s, s:s, s:i, s:s}", "key", key, "contract", contract,
                    "benefit", pool, "units", units, "note", "order 4711");
}

static void test_contract_top_up(void)
{
    char whose[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], other[WORLD_NAME_MAX];
    const char *key = world_key();

    if (!with_ten(whose, contract) || !CHECK_TEXT(world_open(admin, whose, NULL), "ok"))
        return;
    json_t *reply = top_up(contract, "priority-incidents", 5, key);

    pool_check(reply, "priority-incidents", 15, 1, 0);
    pool_check(reply, "phone-consulting", 2400, 0, 0);
    CHECK(!json_is_true(reply_member(reply, "replayed")), "marked as replayed");
    json_decref(reply);
    reply = top_up(contract, "priority-incidents", 5, key);
    CHECK(json_is_true(reply_member(reply, "replayed")), "not marked as replayed");
    json_decref(reply);
    reply = shown(contract);
    pool_check(reply, "priority-incidents", 15, 1, 0);
    json_decref(reply);
    reply = peer_ask_json(admin, "incident.open", world_open_params(whose, "priority", world_key()));
    CHECK_NUMBER(reply_number(reply, "charge.ordinal"), 2);
    CHECK_NUMBER(reply_number(reply, "charge.of"), 15);
    CHECK_NUMBER(reply_number(reply, "charge.remaining"), 13);
    json_decref(reply);
    CHECK_NUMBER(fixture_sql_number("SELECT units FROM entitled.ledger JOIN entitled.partner USING (partner_id)"
                                    " WHERE code = '%s' AND kind = 'top_up' AND note = 'order 4711'",
                                    whose),
                 5);
    world_check_ledger(whose);
    reason_take(top_up(contract, "free-incidents", 1, world_key()), "not_found");
    reason_take(top_up("CON-999999", "priority-incidents", 1, world_key()), "not_found");
    reason_take(top_up(contract, "priority-incidents", 0, world_key()), "invalid_params");
    if (draft(whose, "mspa-standard", other))
        reason_take(top_up(other, "priority-incidents", 1, world_key()), "contract_not_active");
}

static json_t *cancel(const char *contract, const char *reason)
{
    return peer_ask(admin, "contract.cancel", "{s:s, s:s, s:s}", "key", world_key(), "contract", contract, "reason",
                    reason);
}

static void test_contract_cancel(void)
{
    char whose[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], names[2][WORLD_NAME_MAX];

    if (!with_ten(whose, contract))
        return;
    for (int i = 0; i < 2; i++)
        CHECK_TEXT(world_open(admin, whose, names[i]), "ok");
    reason_take(cancel(contract, "  "), "invalid_params");
    json_t *reply = cancel(contract, "it went out of business");

    CHECK_TEXT(reply_text(reply, "contract.state"), "cancelled");
    pool_check(reply, "priority-incidents", 10, 2, 8);
    pool_check(reply, "phone-consulting", 2400, 0, 2400);
    CHECK_NUMBER(reply_count(reply, "open_incidents"), 2);
    CHECK_TEXT(reply_text(reply, "open_incidents.0.incident"), names[0]);
    CHECK_TEXT(reply_text(reply, "open_incidents.1.incident"), names[1]);
    CHECK_TEXT(reply_text(reply, "open_incidents.1.state"), "new");
    json_decref(reply);
    reply = shown(contract);
    CHECK_TEXT(reply_text(reply, "contract.cancel_reason"), "it went out of business");
    CHECK(reply_is_time(reply, "contract.cancelled_at"), "it does not say when");
    json_decref(reply);
    reply = balance(whose);
    CHECK_NUMBER(reply_count(reply, "pools"), 0);
    json_decref(reply);
    CHECK_TEXT(world_open(admin, whose, NULL), "no_entitlement");
    CHECK_NUMBER(world_charged(whose), 2);
    reply = cancel(contract, "again");
    CHECK_TEXT(reply_text(reply, "data.state"), "cancelled");
    reason_take(reply, "invalid_state");
    reason_take(cancel("CON-999999", "there is none"), "not_found");
    if (draft(whose, "certified", contract)) {
        reply = cancel(contract, "not signed");
        CHECK_TEXT(reply_text(reply, "contract.state"), "cancelled");
        CHECK_NUMBER(reply_count(reply, "open_incidents"), 0);
        json_decref(reply);
    }
    world_check_ledger(whose);
}

static void test_contract_renew(void)
{
    char whose[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], next[WORLD_NAME_MAX], other[WORLD_NAME_MAX];

    if (!with_ten(whose, contract) || !CHECK_TEXT(world_open(admin, whose, NULL), "ok"))
        return;
    json_t *before = shown(contract);
    json_t *reply = peer_ask(admin, "contract.renew", "{s:s, s:s, s:{s:i}, s:s}", "key", world_key(), "contract",
                             contract, "quantities", "phone-consulting", 60, "price", "36000.00 USD");

    keep(next, reply, "contract.contract");
    CHECK(strcmp(next, contract) != 0, "it renews itself");
    CHECK_TEXT(reply_text(reply, "contract.plan"), "mspa-plus");
    CHECK_TEXT(reply_text(reply, "contract.state"), "scheduled");
    CHECK_TEXT(reply_text(reply, "contract.price"), "36000.00 USD");
    CHECK_TEXT(reply_text(reply, "contract.starts"), reply_text(before, "contract.ends"));
    pool_check(reply, "priority-incidents", 10, 0, 0);
    pool_check(reply, "phone-consulting", 60, 0, 0);
    json_decref(reply);
    reply = shown(next);
    CHECK_TEXT(reply_text(reply, "contract.renews"), contract);
    CHECK_TEXT(reply_text(reply, "contract.term_starts"), reply_text(before, "contract.term_ends"));
    json_decref(reply);
    json_decref(before);
    reply = shown(contract);
    CHECK_TEXT(reply_text(reply, "contract.renewed_by"), next);
    CHECK_TEXT(reply_text(reply, "contract.state"), "active");
    pool_check(reply, "priority-incidents", 10, 1, 0);
    json_decref(reply);
    reply = balance(whose);
    CHECK_NUMBER(reply_count(reply, "pools"), 3); /* of the old one only */
    json_decref(reply);
    reply = peer_ask(admin, "contract.renew", "{s:s, s:s}", "key", world_key(), "contract", contract);
    CHECK_TEXT(reply_text(reply, "data.contract"), next);
    reason_take(reply, "invalid_state");
    CHECK_TEXT(peer_reason(admin, "contract.renew", "{s:s, s:s, s:{s:i}}", "key", world_key(), "contract", next,
                           "quantities", "free-incidents", 9),
               "invalid_params");
    if (draft(whose, "mspa-standard", other))
        CHECK_TEXT(peer_reason(admin, "contract.renew", "{s:s, s:s}", "key", world_key(), "contract", other),
                   "invalid_state");
    world_check_ledger(whose);
}

static json_t *upgrade(const char *contract, const char *plan, bool dry_run)
{
    return peer_ask(admin, "contract.upgrade", "{s:s, s:s, s:s, s:b}", "key", world_key(), "contract", contract,
                    "plan", plan, "dry_run", dry_run);
}

static void upgrade_effect_check(const json_t *reply)
{
    CHECK_TEXT(reply_text(reply, "from"), "certified");
    CHECK_TEXT(reply_text(reply, "to"), "gold-certified");
    CHECK_NUMBER(reply_count(reply, "pools"), 1);
    CHECK_TEXT(reply_text(reply, "pools.0.pool"), "free-incidents");
    CHECK_NUMBER(reply_number(reply, "pools.0.granted_before"), 5);
    CHECK_NUMBER(reply_number(reply, "pools.0.used"), 2);
    CHECK_NUMBER(reply_number(reply, "pools.0.granted_after"), 3);
    CHECK_NUMBER(reply_number(reply, "pools.0.left_after"), 3);
    CHECK_NUMBER(reply_count(reply, "accesses.gained"), 3);
    CHECK_TEXT(reply_text(reply, "accesses.gained.1"), "coordinator");
    CHECK_NUMBER(reply_count(reply, "accesses.lost"), 0);
    CHECK_NUMBER(reply_count(reply, "expires"), 1);
    CHECK_NUMBER(reply_number(reply, "expires.0.units"), 3);
    CHECK_TEXT(reply_text(reply, "fee_before"), "1500.00 USD");
    CHECK_TEXT(reply_text(reply, "fee_after"), "1500.00 USD");
}

static void test_contract_upgrade(void)
{
    char whose[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], gold[WORLD_NAME_MAX];

    if (!certified(whose, contract))
        return;
    for (int i = 0; i < 2; i++)
        CHECK_TEXT(world_open(admin, whose, NULL), "ok");
    json_t *before = shown(contract), *reply = upgrade(contract, "gold-certified", true), *after = shown(contract);

    upgrade_effect_check(reply);
    CHECK(reply_member(reply, "contract") == NULL, "a dry run names a contract");
    CHECK(json_equal(json_object_get(before, "result"), json_object_get(after, "result")), "a dry run writes");
    json_decref(after);
    json_decref(reply);
    reply = upgrade(contract, "gold-certified", false);
    upgrade_effect_check(reply);
    keep(gold, reply, "contract.contract");
    CHECK_TEXT(reply_text(reply, "contract.plan"), "gold-certified");
    CHECK_TEXT(reply_text(reply, "contract.state"), "active");
    CHECK_TEXT(reply_text(reply, "contract.ends"), reply_text(before, "contract.ends"));
    pool_check(reply, "free-incidents", 3, 0, 0);
    json_decref(reply);
    json_decref(before);
    reply = shown(contract);
    CHECK_TEXT(reply_text(reply, "contract.upgraded_by"), gold);
    pool_check(reply, "free-incidents", 5, 2, 3);
    json_decref(reply);
    reply = balance(whose);
    CHECK_TEXT(reply_text(reply, "level"), "gold-certified");
    CHECK_NUMBER(reply_count(reply, "pools"), 1);
    CHECK_NUMBER(reply_number(reply, "pools.0.remaining"), 3);
    json_decref(reply);
    for (int i = 0; i < 3; i++)
        CHECK_TEXT(world_open(admin, whose, NULL), "ok");
    CHECK_TEXT(world_open(admin, whose, NULL), "entitlement_exhausted");
    reason_take(upgrade(contract, "gold-certified", false), "contract_not_active");
    reason_take(upgrade(gold, "certified", false), "invalid_state");
    reason_take(upgrade(gold, "mspa-plus", true), "invalid_state");
    reason_take(upgrade(gold, "no-such", true), "not_found");
    CHECK_NUMBER(world_charged(whose), 5);
    world_check_ledger(whose);
}

/* ---- incidents ---- */

static void test_incident_resolve(void)
{
    char whose[WORLD_NAME_MAX], incident[WORLD_NAME_MAX];

    if (!certified(whose, NULL) || !CHECK_TEXT(world_open(admin, whose, incident), "ok"))
        return;
    reason_take(move("incident.resolve", incident, "resolution", NULL), "invalid_params");
    json_t *reply = move("incident.resolve", incident, "resolution", "a new driver");

    CHECK_TEXT(reply_text(reply, "incident.incident"), incident);
    CHECK_TEXT(reply_text(reply, "incident.state"), "resolved");
    CHECK_TEXT(reply_text(reply, "incident.resolution"), "a new driver");
    CHECK(reply_is_time(reply, "incident.resolved_at"), "it does not say when");
    CHECK_NUMBER(reply_number(reply, "incident.charge.units"), 1);
    CHECK_NUMBER(reply_number(reply, "incident.charge.remaining"), 4);
    json_decref(reply);
    reply = peer_ask(admin, "incident.show", "{s:s}", "incident", incident);
    CHECK_NUMBER(reply_count(reply, "timeline"), 2);
    CHECK_TEXT(reply_text(reply, "timeline.1.event"), "resolved");
    CHECK_TEXT(reply_text(reply, "timeline.1.text"), "a new driver");
    CHECK_TEXT(reply_text(reply, "timeline.1.actor"), "admin");
    json_decref(reply);
    move_refused("incident.resolve", incident, "resolution", "resolved", "[\"close\",\"reopen\"]");
    reason_take(move("incident.resolve", "INC-999999", "resolution", "nothing"), "not_found");
}

static void test_incident_close(void)
{
    char whose[WORLD_NAME_MAX], incident[WORLD_NAME_MAX];

    if (!certified(whose, NULL) || !CHECK_TEXT(world_open(admin, whose, incident), "ok"))
        return;
    move_refused("incident.close", incident, "reason", "new", "[\"assign\",\"resolve\",\"update\"]");
    json_decref(move("incident.resolve", incident, "resolution", "a new driver"));
    json_t *reply = move("incident.close", incident, "reason", NULL);

    CHECK_TEXT(reply_text(reply, "incident.state"), "closed");
    CHECK_TEXT(reply_text(reply, "incident.resolution"), "a new driver");
    CHECK(reply_is_time(reply, "incident.closed_at"), "it does not say when");
    json_decref(reply);
    move_refused("incident.close", incident, "reason", "closed", "[\"reopen\"]");
    reply = peer_ask(admin, "incident.list", "{s:s, s:s}", "partner", whose, "state", "closed");
    CHECK_NUMBER(reply_count(reply, "incidents"), 1);
    CHECK_TEXT(reply_text(reply, "incidents.0.incident"), incident);
    json_decref(reply);
    reason_take(move("incident.close", "INC-999999", "reason", "nothing"), "not_found");
}

static void test_incident_reopen(void)
{
    static const char *const events[] = {"opened", "resolved", "closed", "reopened"};
    char whose[WORLD_NAME_MAX], incident[WORLD_NAME_MAX], path[32];

    if (!certified(whose, NULL) || !CHECK_TEXT(world_open(admin, whose, incident), "ok"))
        return;
    move_refused("incident.reopen", incident, "reason", "new", "[\"assign\",\"resolve\",\"update\"]");
    json_decref(move("incident.resolve", incident, "resolution", "a new driver"));
    json_decref(move("incident.close", incident, "reason", "no answer"));
    reason_take(move("incident.reopen", incident, "reason", NULL), "invalid_params");
    json_t *reply = move("incident.reopen", incident, "reason", "it is back");

    CHECK_TEXT(reply_text(reply, "incident.state"), "in_progress");
    CHECK_NUMBER(reply_number(reply, "incident.reopened"), 1);
    CHECK(json_is_null(reply_member(reply, "incident.resolution")) &&
              json_is_null(reply_member(reply, "incident.resolved_at")) &&
              json_is_null(reply_member(reply, "incident.closed_at")),
          "it still says how and when it ended");
    json_decref(reply);
    reply = peer_ask(admin, "incident.show", "{s:s}", "incident", incident);
    CHECK_NUMBER(reply_count(reply, "timeline"), 4);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "timeline.%d.event", i);
        CHECK_TEXT(reply_text(reply, path), events[i]);
    }
    CHECK_TEXT(reply_text(reply, "timeline.3.text"), "it is back");
    json_decref(reply);
    CHECK_NUMBER(world_charged(whose), 1);
    CHECK_TEXT(world_open(admin, whose, NULL), "ok");
    reply = balance(whose);
    CHECK_NUMBER(reply_number(reply, "pools.0.used"), 2);
    json_decref(reply);
    world_check_ledger(whose);
}

static void test_incident_credit(void)
{
    char whose[WORLD_NAME_MAX], names[3][WORLD_NAME_MAX];

    if (!certified(whose, NULL))
        return;
    for (int i = 0; i < 3; i++)
        CHECK_TEXT(world_open(admin, whose, names[i]), "ok");
    json_t *reply = credit(names[0], "product_defect", "it is a bug of ours", NULL);

    CHECK_TEXT(reply_text(reply, "incident"), names[0]);
    CHECK_TEXT(reply_text(reply, "charge.pool"), "free-incidents");
    CHECK_NUMBER(reply_number(reply, "charge.units"), 1);
    CHECK_NUMBER(reply_number(reply, "charge.ordinal"), 1);
    CHECK_NUMBER(reply_number(reply, "remaining"), 3);
    json_decref(reply);
    reason_take(credit(names[0], "goodwill", "once more", NULL), "already_credited");
    reason_take(credit(names[1], "duplicate", "of the first", NULL), "invalid_params");
    reason_take(credit(names[1], "goodwill", "of the first", names[0]), "invalid_params");
    reason_take(credit(names[1], "goodwill", "  ", NULL), "invalid_params");
    reason_take(credit(names[1], "duplicate", "of itself", names[1]), "invalid_params");
    reason_take(credit(names[1], "duplicate", "of none", "INC-999999"), "not_found");
    reply = credit(names[1], "duplicate", "the same crash", names[0]);
    CHECK_NUMBER(reply_number(reply, "remaining"), 4);
    json_decref(reply);
    reply = credit(names[2], "duplicate", "the same crash", names[1]);
    CHECK_TEXT(reply_text(reply, "data.duplicate_of"), names[0]);
    reason_take(reply, "invalid_state");
    reply = peer_ask(admin, "incident.show", "{s:s}", "incident", names[1]);
    CHECK_TEXT(reply_text(reply, "duplicate_of"), names[0]);
    CHECK_TEXT(reply_text(reply, "credit.reason"), "duplicate");
    CHECK_TEXT(reply_text(reply, "credit.note"), "the same crash");
    CHECK_TEXT(reply_text(reply, "credit.by"), "admin");
    CHECK_TEXT(reply_text(reply, "timeline.1.event"), "credited");
    CHECK_TEXT(reply_text(reply, "timeline.2.event"), "merged");
    json_decref(reply);
    json_t *params = world_open_params(whose, "critical", world_key());

    json_object_set_new(params, "outage", json_string("server"));
    reply = peer_ask_json(admin, "incident.open", params);
    reason_take(credit(reply_text(reply, "incident"), "goodwill", "it cost nothing", NULL), "invalid_state");
    json_decref(reply);
    reply = balance(whose);
    CHECK_NUMBER(reply_number(reply, "pools.0.used"), 1);
    CHECK_NUMBER(reply_number(reply, "pools.0.remaining"), 4);
    json_decref(reply);
    world_check_ledger(whose);
}

static const struct {
    enum method_id method;
    void (*test)(void);
} tests_by_method[] = {
    {METHOD_CONTRACT_CANCEL, test_contract_cancel},   {METHOD_CONTRACT_RENEW, test_contract_renew},
    {METHOD_CONTRACT_SHOW, test_contract_show},       {METHOD_CONTRACT_TOP_UP, test_contract_top_up},
    {METHOD_CONTRACT_UPGRADE, test_contract_upgrade}, {METHOD_INCIDENT_CLOSE, test_incident_close},
    {METHOD_INCIDENT_CREDIT, test_incident_credit},   {METHOD_INCIDENT_REOPEN, test_incident_reopen},
    {METHOD_INCIDENT_RESOLVE, test_incident_resolve},
};

#define TESTS (sizeof tests_by_method / sizeof tests_by_method[0])

bool engine_tests(enum method_id method)
{
    for (size_t i = 0; i < TESTS; i++)
        if (tests_by_method[i].method == method)
            return true;
    return false;
}

CU_ErrorCode engine_register(void)
{
    CU_pSuite suite = CU_add_suite("engine", engine_init, engine_clean);

    for (size_t i = 0; suite && i < TESTS; i++)
        if (!CU_add_test(suite, method_spec(tests_by_method[i].method)->name, tests_by_method[i].test))
            return CU_get_error();
    return suite ? CUE_SUCCESS : CU_get_error();
}
