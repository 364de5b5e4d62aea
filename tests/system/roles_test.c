/*
 * Who may do what: each method by each role, over the table of methods, so a new method is in or the suite fails.
 * (That another's cannot be told from what does not exist: isolation_test.c.)
 */
#include "common/methods.h"
#include "tests/system/check.h"
#include "tests/system/sample.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* protocol.md's column "roles", written down a second time on purpose. */
static const struct {
    const char *method, *roles;
} allowed[] = {
    {"balance.get", "pcmra"},
    {"benefit.check", "pcmra"},
    {"calendar.apply", "a"},
    {"calendar.show", "pcmra"},
    {"catalogue.apply", "a"},
    {"catalogue.show", "pcmra"},
    {"contract.activate", "ma"},
    {"contract.cancel", "ma"},
    {"contract.create", "ma"},
    {"contract.list", "pcmra"},
    {"contract.renew", "ma"},
    {"contract.show", "pcmra"},
    {"contract.top_up", "ma"},
    {"contract.upgrade", "ma"},
    {"hello", "pcmra"},
    {"incident.check", "cma"},
    {"incident.close", "cma"},
    {"incident.credit", "cma"},
    {"incident.list", "pcmra"},
    {"incident.note", "pcmra"},
    {"incident.open", "cma"},
    {"incident.reopen", "cma"},
    {"incident.resolve", "cma"},
    {"incident.show", "pcmra"},
    {"ledger.list", "pcmra"},
    {"ledger.verify", "ra"},
    {"partner.create", "ma"},
    {"partner.list", "pcmra"},
    {"partner.show", "pcmra"},
    {"partner.update", "ma"},
    {"principal.create", "a"},
    {"principal.disable", "a"},
    {"principal.enable", "a"},
    {"principal.list", "a"},
    {"server.stats", "ra"},
    {"usage.record", "cma"},
    {"escalation.acknowledge", "cma"},
    {"escalation.list", "pcmra"},
    {"escalation.raise", "cma"},
    {"escalation.resolve", "cma"},
    {"escalation.withdraw", "cma"},
    {"incident.assign", "cma"},
    {"incident.take", "cma"},
    {"incident.update", "cma"},
    {"watch.start", "pcmra"},
    {"watch.stop", "pcmra"},
    {"advise.plans", "pcmra"},
    {"mail.claim", "ra"},
    {"mail.list", "mra"},
    {"mail.settle", "ra"},
    {"report.finish", "ra"},
    {"report.pending", "ra"},
    {"report.snapshot", "ra"},
    {"report.usage", "mra"},
};

static const struct {
    char letter;
    const char *principal, *role;
} callers[] = {{'p', "contoso-user", "partner"},
               {'c', "coordinator", "coordinator"},
               {'m', "manager", "manager"},
               {'r', "reporter", "reporter"},
               {'a', "admin-2", "admin"}};

#define CALLERS (sizeof callers / sizeof callers[0])

/* Objects of a partner of its own, so that what the roles may do leaves the others' alone. */
static struct {
    char partner[WORLD_NAME_MAX], incident[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], escalation[WORLD_NAME_MAX];
} ours;

static int roles_init(void)
{
    struct peer *admin = peer_open(world_server(), "admin");
    bool made = admin && world_partner(admin, ours.partner) &&
                world_contract(admin, ours.partner, "mspa-plus", NULL, ours.contract) &&
                strcmp(world_open(admin, ours.partner, ours.incident), "ok") == 0 &&
                world_escalate(admin, ours.incident, ours.escalation);

    peer_free(admin);
    return made ? 0 : 1;
}

static const char *allowed_roles(const char *method)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (strcmp(allowed[i].method, method) == 0)
            return allowed[i].roles;
    return NULL;
}

static void test_table_is_whole(void)
{
    for (int id = 0; id < METHOD_COUNT; id++)
        CHECK(allowed_roles(method_spec((enum method_id)id)->name) != NULL, "%s is not in this suite's table",
              method_spec((enum method_id)id)->name);
    CHECK_NUMBER(sizeof allowed / sizeof allowed[0], METHOD_COUNT);
}

/* One method as one role. What is allowed may fail for another reason; what is not, for this one only. */
static void role_check(struct peer *peer, size_t caller, const struct method_spec *method)
{
    const struct sample_names names = {ours.partner, ours.incident, ours.contract, ours.escalation};
    const char *roles = allowed_roles(method->name);
    bool may = roles && strchr(roles, callers[caller].letter);
    char message[128];
    json_t *reply = peer_ask_json(peer, method->name, sample_params(method, &names));

    snprintf(message, sizeof message, "role %s may not call %s", callers[caller].role, method->name);
    if (may)
        CHECK(strcmp(reply_reason(reply), "forbidden") != 0 && strcmp(reply_reason(reply), "internal") != 0 &&
                  strcmp(reply_reason(reply), "none") != 0,
              "%s by %s: %s: %s", method->name, callers[caller].role, reply_reason(reply),
              reply_text(reply, "message"));
    else
        CHECK(strcmp(reply_reason(reply), "forbidden") == 0 && reply_text(reply, "message") &&
                  strcmp(reply_text(reply, "message"), message) == 0 && reply_number(reply, "code") == 1,
              "%s by %s: %s: %s", method->name, callers[caller].role, reply_reason(reply),
              reply_text(reply, "message"));
    json_decref(reply);
}

static void test_method_by_role(void)
{
    for (size_t caller = 0; caller < CALLERS; caller++) {
        struct peer *peer = peer_open(world_server(), callers[caller].principal);

        for (int id = 0; peer && id < METHOD_COUNT; id++)
            role_check(peer, caller, method_spec((enum method_id)id));
        peer_free(peer);
    }
}

/* What is forbidden leaves no trace: nothing of it was carried out. */
static void test_forbidden_does_nothing(void)
{
    struct peer *peer = peer_open(world_server(), "contoso-user");
    long long before = fixture_sql_number("SELECT count(*) FROM entitled.incident");

    CHECK_TEXT(world_open(peer, "contoso", NULL), "forbidden");
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.incident"), before);
    peer_free(peer);
}

/* A partner's lists have its own rows only, and no internal note. */
static void test_own_rows(void)
{
    struct peer *admin = peer_open(world_server(), "admin"), *peer = peer_open(world_server(), "contoso-user");
    static const char *const lists[][2] = {
        {"incident.list", "incidents"}, {"contract.list", "contracts"}, {"partner.list", "partners"}};
    char incident[WORLD_NAME_MAX];

    CHECK_TEXT(world_open(admin, "fabrikam", NULL), "ok");
    CHECK_TEXT(world_open(admin, "contoso", incident), "ok");
    CHECK_TEXT(peer_reason(admin, "incident.note", "{s:s, s:s, s:s, s:s}", "key", world_key(), "incident", incident,
                           "text", "hidden " SERVER_SECRET, "visibility", "internal"),
               "ok");
    for (size_t i = 0; i < 3; i++) {
        json_t *reply = peer_ask(peer, lists[i][0], NULL), *row;
        size_t at;

        CHECK(json_array_size(reply_member(reply, lists[i][1])) > 0, "%s is empty", lists[i][0]);
        json_array_foreach(reply_member(reply, lists[i][1]), at, row)
            CHECK_TEXT(json_string_value(json_object_get(row, "partner")), "contoso");
        json_decref(reply);
    }
    json_t *reply = peer_ask(peer, "incident.show", "{s:s}", "incident", incident);
    char *text = json_dumps(reply, 0);

    CHECK_NUMBER(json_array_size(reply_member(reply, "timeline")), 1);
    CHECK(text && !strstr(text, "hidden"), "a partner sees an internal note: %s", text);
    free(text);
    json_decref(reply);
    peer_free(peer);
    peer_free(admin);
}

/* What only some of a method's callers may. */
static void test_inside_methods(void)
{
    struct peer *partner = peer_open(world_server(), "contoso-user");
    struct peer *coordinator = peer_open(world_server(), "coordinator");
    char incident[WORLD_NAME_MAX];
    json_t *params = world_open_params(ours.partner, "professional", world_key());

    json_object_set_new(params, "override_reason", json_string("because"));
    json_t *reply = peer_ask_json(coordinator, "incident.open", params);

    CHECK_TEXT(reply_reason(reply), "forbidden");
    json_decref(reply);
    CHECK_TEXT(world_open(coordinator, "contoso", incident), "ok");
    CHECK_TEXT(peer_reason(partner, "incident.note", "{s:s, s:s, s:s, s:s}", "key", world_key(), "incident",
                           incident, "text", "mine", "visibility", "internal"),
               "forbidden");
    CHECK_TEXT(peer_reason(partner, "incident.note", "{s:s, s:s, s:s}", "key", world_key(), "incident", incident,
                           "text", "mine"),
               "ok");
    peer_free(partner);
    peer_free(coordinator);
}

CU_ErrorCode roles_register(void)
{
    CU_TestInfo tests[] = {{"the table has every method", test_table_is_whole},
                           {"each method by each role", test_method_by_role},
                           {"what is forbidden does nothing", test_forbidden_does_nothing},
                           {"a partner's own rows only", test_own_rows},
                           {"within a method", test_inside_methods},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"roles", roles_init, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
