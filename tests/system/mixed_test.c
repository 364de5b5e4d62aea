/*
 * 64 connections, every method that writes, mixed at random on a few partners for a while, through two workers;
 * some requests are sent twice under their key.  Afterwards nothing of the ledger is broken, and the database has
 * exactly what was answered: no more, no less.
 */
#include "common/clock.h"
#include "common/methods.h"
#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PEERS = 64,
    EACH = 3, /* requests of a connection in flight */
    PARTNERS = 6,
    NAMES_MAX = 20000,
    MIXED_MS = 15000,
};

/* Names that answers have given: of incidents, contracts, principals. */
struct names {
    char (*name)[WORLD_NAME_MAX];
    int count;
};

/* One request on its way; params is kept to send it again. */
struct asked {
    const struct method_spec *method;
    json_t *params;
};

static struct peer *admin, *peers[PEERS];
static struct asked asked[PEERS][EACH];
static char partners[PARTNERS][WORLD_NAME_MAX];
static struct names incidents, resolved, contracts, principals, escalations, acknowledged, mails, nights;
static json_t *catalogue, *calendars;
static char starts[16]; /* the first day of the contracts that are made */
static unsigned first_seed, seed;

/* What the answers said was done. */
static struct {
    long long answers, opened, charged, overridden, credited, used, added, refused, done[METHOD_COUNT], replayed;
} said;

/* ---------------------------------------------------------------- what is asked */

static unsigned below(unsigned limit)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % limit;
}

static void name_add(struct names *names, const char *name)
{
    if (name && names->count < NAMES_MAX)
        snprintf(names->name[names->count++], WORLD_NAME_MAX, "%s", name);
}

/* One of the names, of the later ones rather; a wrong one where there is none. */
static const char *name_any(const struct names *names)
{
    unsigned recent = names->count < 60 ? (unsigned)names->count : 60;

    if (names->count == 0)
        return "none";
    return names->name[names->count - 1 - (int)below(below(4) ? recent : (unsigned)names->count)];
}

static void text_put(json_t *params, const char *name, const char *text)
{
    json_object_set_new(params, name, json_string(text));
}

static void open_params(json_t *params, bool may_override)
{
    static const char *const classes[] = {"professional", "priority", "priority", "advisory", "critical"};
    const char *class = classes[below(5)];

    text_put(params, "partner", partners[below(PARTNERS)]);
    text_put(params, "class", class);
    text_put(params, "severity", "B");
    text_put(params, "title", "mixed " SERVER_SECRET);
    if (strcmp(class, "critical") == 0 && below(8))
        text_put(params, "outage", "network");
    if (may_override && below(4) == 0)
        text_put(params, "override_reason", "they are down");
}

static void contract_params(enum method_id id, json_t *params)
{
    static const char *const plans[] = {"mspa-standard", "mspa-plus", "essential", "premier"};

    if (id == METHOD_CONTRACT_CREATE) {
        text_put(params, "partner", partners[below(PARTNERS)]);
        text_put(params, "plan", plans[below(4)]);
        text_put(params, "starts", starts);
        return;
    }
    text_put(params, "contract", name_any(&contracts));
    if (id == METHOD_CONTRACT_CANCEL)
        text_put(params, "reason", "mixed");
    if (id == METHOD_CONTRACT_UPGRADE)
        text_put(params, "plan", plans[below(4)]);
    if (id == METHOD_CONTRACT_TOP_UP) {
        text_put(params, "benefit", below(2) ? "priority-incidents" : "phone-consulting");
        json_object_set_new(params, "units", json_integer(1 + below(5)));
    }
}

static void partner_params(enum method_id id, json_t *params)
{
    char code[WORLD_NAME_MAX];

    snprintf(code, sizeof code, "mixed-%u", below(1000000));
    text_put(params, "partner", id == METHOD_PARTNER_CREATE ? code : partners[below(PARTNERS)]);
    text_put(params, "name", code);
    text_put(params, "time_zone", below(2) ? "Europe/Lisbon" : "America/New_York");
    text_put(params, "region", "us");
    text_put(params, "calendar", below(2) ? "us" : "lisbon");
}

static void principal_params(enum method_id id, json_t *params)
{
    char text[TLS_FINGERPRINT_MAX];

    snprintf(text, sizeof text, "mixed-%u", below(1000000));
    text_put(params, "name", id == METHOD_PRINCIPAL_CREATE ? text : name_any(&principals));
    if (id != METHOD_PRINCIPAL_CREATE)
        return;
    snprintf(text, sizeof text, "%032x%032x", below(1u << 24), below(1u << 24));
    text_put(params, "role", "reporter");
    text_put(params, "fingerprint", text);
}

static void incident_params(enum method_id id, json_t *params)
{
    bool moves_on = id == METHOD_INCIDENT_CLOSE || id == METHOD_INCIDENT_REOPEN;

    text_put(params, "incident", name_any(moves_on ? &resolved : &incidents));
    if (id == METHOD_INCIDENT_NOTE)
        text_put(params, "text", "mixed");
    if (id == METHOD_INCIDENT_RESOLVE)
        text_put(params, "resolution", "mixed");
    if (id == METHOD_INCIDENT_ASSIGN)
        text_put(params, "to", below(2) ? "coordinator" : "manager");
    if (id == METHOD_INCIDENT_UPDATE) {
        static const char *const states[] = {"in_progress", "awaiting_partner", "awaiting_vendor"};
        static const char *const severities[] = {"A", "B", "C"};

        if (below(2))
            text_put(params, "state", states[below(3)]);
        text_put(params, "severity", severities[below(3)]);
    }
    if (id == METHOD_INCIDENT_REOPEN)
        text_put(params, "reason", "mixed");
    if (id != METHOD_INCIDENT_CREDIT)
        return;
    text_put(params, "note", "mixed");
    text_put(params, "reason", below(4) ? "goodwill" : "duplicate");
    if (strcmp(json_string_value(json_object_get(params, "reason")), "duplicate") == 0)
        text_put(params, "duplicate_of", name_any(&incidents));
}

static void escalation_params(enum method_id id, json_t *params)
{
    if (id != METHOD_ESCALATION_RAISE) {
        bool ends = id == METHOD_ESCALATION_RESOLVE;

        text_put(params, "escalation", name_any(ends ? &acknowledged : &escalations));
        return;
    }
    text_put(params, "incident", name_any(&incidents));
    text_put(params, "reason", "mixed");
    json_object_set_new(params, "level", json_integer(1 + below(3)));
}

/* Of the report of a night of that month: its snapshot and end, and a mail that is taken on and settled. */
static void night_params(enum method_id id, json_t *params)
{
    char text[WORLD_NAME_MAX];

    if (id == METHOD_MAIL_SETTLE) {
        json_object_set_new(params, "mail", json_integer(strtoll(name_any(&mails), NULL, 10)));
        json_object_set_new(params, "attempt", json_integer(1));
        text_put(params, "outcome", below(2) ? "sent" : "deferred");
        return;
    }
    snprintf(text, sizeof text, "2004-08-%02u", 1 + below(20));
    text_put(params, "date", id == METHOD_REPORT_FINISH && nights.count > 0 ? name_any(&nights) : text);
    if (id != METHOD_MAIL_CLAIM)
        return;
    snprintf(text, sizeof text, "mixed-%u@example.com", below(1000000));
    text_put(params, "recipient", text);
}

/* Parameters for a method that writes; NULL: this suite does not know it. */
static json_t *params_new(const struct method_spec *method, enum method_id id, bool may_override)
{
    json_t *params = json_pack("{s:s}", "key", world_key());

    if (id == METHOD_INCIDENT_OPEN) {
        open_params(params, may_override);
    } else if (id == METHOD_USAGE_RECORD) {
        text_put(params, "partner", partners[below(PARTNERS)]);
        text_put(params, "benefit", below(2) ? "phone-consulting" : "custom-consulting");
        json_object_set_new(params, "units", json_integer(1 + below(60)));
    } else if (id == METHOD_CALENDAR_APPLY || id == METHOD_CATALOGUE_APPLY) {
        json_object_set(params, "document", id == METHOD_CALENDAR_APPLY ? calendars : catalogue);
    } else if (id == METHOD_INCIDENT_TAKE) {
        text_put(params, "partner", partners[below(PARTNERS)]);
    } else if (strncmp(method->name, "escalation.", 11) == 0) {
        escalation_params(id, params);
    } else if (strncmp(method->name, "contract.", 9) == 0) {
        contract_params(id, params);
    } else if (strncmp(method->name, "partner.", 8) == 0) {
        partner_params(id, params);
    } else if (strncmp(method->name, "principal.", 10) == 0) {
        principal_params(id, params);
    } else if (strncmp(method->name, "report.", 7) == 0 || strncmp(method->name, "mail.", 5) == 0) {
        night_params(id, params);
    } else {
        incident_params(id, params);
    }
    return params;
}

/* Whether each method that writes has done something. */
static bool all_done(void)
{
    for (int id = 0; id < METHOD_COUNT; id++)
        if (method_spec((enum method_id)id)->access == METHOD_WRITES && said.done[id] == 0)
            return false;
    return true;
}

/* Any method that this role may call and that writes; the documents seldom, openings and usage rather often, and at
   first rather one that has not done anything yet. */
static enum method_id method_any(enum role role)
{
    for (;;) {
        enum method_id id = (enum method_id)below(METHOD_COUNT);
        const struct method_spec *method = method_spec(id);

        if (below(3) == 0)
            id = below(3) ? METHOD_INCIDENT_OPEN : METHOD_USAGE_RECORD;
        else if (method->access != METHOD_WRITES || !(method->roles & role))
            continue;
        else if ((id == METHOD_CALENDAR_APPLY || id == METHOD_CATALOGUE_APPLY) && below(3))
            continue;
        else if (id == METHOD_CONTRACT_CANCEL && below(3))
            continue;
        else if (said.done[id] > 0 && !all_done() && below(4))
            continue;
        return id;
    }
}

/* ---------------------------------------------------------------- what is answered */

static void counts_add(const struct asked *request, const json_t *reply, enum method_id id)
{
    const char *kind = reply_text(reply, "charge.pool");
    char number[32];

    said.done[id]++;
    switch (id) {
    case METHOD_INCIDENT_OPEN:
        name_add(&incidents, reply_text(reply, "incident"));
        said.opened++;
        said.charged += kind && !json_is_true(reply_member(reply, "charge.override"));
        said.overridden += json_is_true(reply_member(reply, "charge.override"));
        break;
    case METHOD_INCIDENT_RESOLVE:
        name_add(&resolved, reply_text(reply, "incident.incident"));
        break;
    case METHOD_ESCALATION_RAISE:
        name_add(&escalations, reply_text(reply, "escalation.escalation"));
        break;
    case METHOD_ESCALATION_ACKNOWLEDGE:
        name_add(&acknowledged, reply_text(reply, "escalation.escalation"));
        break;
    case METHOD_INCIDENT_CREDIT:
        said.credited++;
        break;
    case METHOD_USAGE_RECORD:
        said.used += json_integer_value(json_object_get(request->params, "units"));
        break;
    case METHOD_CONTRACT_TOP_UP:
        said.added += json_integer_value(json_object_get(request->params, "units"));
        break;
    case METHOD_CONTRACT_CREATE:
    case METHOD_CONTRACT_RENEW:
    case METHOD_CONTRACT_UPGRADE:
        name_add(&contracts, reply_text(reply, "contract.contract"));
        break;
    case METHOD_PRINCIPAL_CREATE:
        name_add(&principals, reply_text(reply, "principal.name"));
        break;
    case METHOD_MAIL_CLAIM:
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(reply_member(reply, "mail")));
        name_add(&mails, number);
        break;
    case METHOD_REPORT_SNAPSHOT:
        name_add(&nights, reply_text(reply, "date"));
        break;
    default:
        break;
    }
}

/* One answer: whatever it says, it is one that a method gives; nothing may fail for want of a lock or a connection.
 */
static void answer_take(struct asked *request, const json_t *reply)
{
    static const char *const faults[] = {"none", "internal", "unavailable", "unknown_outcome", "busy"};
    const char *reason = reply_reason(reply);
    long long code = reply_number(reply, "code");

    said.answers++;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        CHECK(strcmp(reason, faults[i]) != 0, "%s: %s: %s", request->method->name, reason,
              reply_text(reply, "message"));
    if (json_is_true(reply_member(reply, "replayed")) || json_is_true(reply_member(reply, "data.replayed")))
        said.replayed++;
    else if (strcmp(reason, "ok") == 0)
        counts_add(request, reply, method_find(request->method->name, strlen(request->method->name)));
    else if (code >= 10 && code <= 16)
        said.refused++;
}

/* A request of each connection's share: mostly a new one, at times the one before it again, under its key. */
static void round_ask(int i)
{
    static const enum role roles[] = {ROLE_COORDINATOR, ROLE_MANAGER, ROLE_MANAGER, ROLE_ADMIN};

    for (int n = 0; n < EACH; n++) {
        struct asked *request = &asked[i][n];

        if (!request->params || below(12)) {
            enum method_id id = method_any(roles[i % 4]);

            json_decref(request->params);
            request->method = method_spec(id);
            request->params = params_new(request->method, id, roles[i % 4] != ROLE_COORDINATOR);
        }
        char *line = peer_request(n + 1, request->method->name, json_incref(request->params));

        CHECK(peer_send_text(peers[i], line), "connection %d: %s", i, peers[i]->why);
        free(line);
    }
}

static bool round_take(int i)
{
    for (int n = 0; n < EACH; n++) {
        json_t *reply = peer_reply(peers[i], fixture_ms(PEER_WITHIN_MS));
        long long id = json_integer_value(json_object_get(reply, "id"));

        if (!CHECK(reply && id >= 1 && id <= EACH, "connection %d has no reply: %s", i, peers[i]->why)) {
            json_decref(reply);
            return false;
        }
        answer_take(&asked[i][id - 1], reply);
        json_decref(reply);
    }
    return true;
}

static void test_mixed(void)
{
    int64_t until_ms = clock_monotonic_ms() + MIXED_MS;
    bool good = true;

    /* (On a slow machine it goes on until each method has done something.) */
    while (good && clock_monotonic_ms() < until_ms + (all_done() ? 0 : 3 * MIXED_MS)) {
        for (int i = 0; i < PEERS; i++)
            round_ask(i);
        for (int i = 0; good && i < PEERS; i++)
            good = round_take(i);
    }
    for (int id = 0; id < METHOD_COUNT; id++)
        if (method_spec((enum method_id)id)->access == METHOD_WRITES)
            CHECK(said.done[id] > 0, "%s never did anything (seed %u)", method_spec((enum method_id)id)->name,
                  seed);
    CHECK(said.replayed > 0 && said.refused > 0 && said.overridden > 0,
          "replayed %lld, refused %lld, overridden %lld", said.replayed, said.refused, said.overridden);
}

/* ---------------------------------------------------------------- what is there */

/* A sum over the rows of these partners. */
static long long sum(const char *what, const char *table, const char *condition)
{
    char codes[PARTNERS * (WORLD_NAME_MAX + 4)] = "";

    for (int i = 0; i < PARTNERS; i++)
        snprintf(codes + strlen(codes), sizeof codes - strlen(codes), "%s'%s'", i ? ", " : "", partners[i]);
    return fixture_sql_number(
        "SELECT coalesce(%s, 0) FROM entitled.%s WHERE %s AND partner_id IN (SELECT partner_id"
        " FROM entitled.partner WHERE code IN (%s))",
        what, table, condition, codes);
}

/* Every unit that was answered is in the ledger, and no other. */
static void test_sums(void)
{
    printf("        mixed: %lld answers, %lld opened, %lld charged, %lld overrides, %lld credits, %lld units used, "
           "%lld replays, "
           "%lld "
           "refusals\n",
           said.answers, said.opened, said.charged, said.overridden, said.credited, said.used, said.replayed,
           said.refused);
    CHECK_NUMBER(sum("count(*)", "incident", "true"), said.opened);
    CHECK_NUMBER(sum("sum(units)", "ledger", "kind IN ('debit', 'late')"), said.charged);
    CHECK_NUMBER(sum("sum(units)", "ledger", "kind = 'override'"), said.overridden);
    CHECK_NUMBER(sum("sum(units)", "ledger", "kind = 'credit'"), said.credited);
    CHECK_NUMBER(sum("sum(units)", "ledger", "kind = 'usage'"), said.used);
    CHECK_NUMBER(sum("sum(units)", "ledger", "kind = 'top_up'"), said.added);
    CHECK_NUMBER(sum("count(*)", "timeline", "event = 'taken'"), said.done[METHOD_INCIDENT_TAKE]);
    CHECK_NUMBER(sum("count(*)", "timeline", "event = 'assigned'"), said.done[METHOD_INCIDENT_ASSIGN]);
    CHECK_NUMBER(sum("count(*)", "escalation", "true"), said.done[METHOD_ESCALATION_RAISE]);
    CHECK_NUMBER(sum("count(*)", "escalation", "acknowledged_at IS NOT NULL"),
                 said.done[METHOD_ESCALATION_ACKNOWLEDGE]);
    CHECK_NUMBER(sum("count(*)", "refusal", "true"), said.refused);
    CHECK_NUMBER(sum("count(*)", "pool_grant", "used + expired > granted"), 0);
    world_check_ledger(NULL);
}

static void test_verify(void)
{
    json_t *reply = peer_ask(admin, "ledger.verify", NULL);
    char *text = json_dumps(reply_member(reply, "broken"), 0);

    CHECK_TEXT(text, "[]");
    CHECK_NUMBER(reply_number(reply, "entries"), fixture_sql_number("SELECT count(*) FROM entitled.ledger"));
    CHECK_NUMBER(reply_number(reply, "grants"), fixture_sql_number("SELECT count(*) FROM entitled.pool_grant"));
    free(text);
    json_decref(reply);
}

/* ---------------------------------------------------------------- beginning and end */

static bool names_init(struct names *names)
{
    names->count = 0;
    return (names->name = calloc(NAMES_MAX, sizeof *names->name)) != NULL;
}

/* The document that a method shows, so that it can be applied again. */
static json_t *document(const char *method)
{
    json_t *reply = peer_ask(admin, method, NULL), *result = json_incref(json_object_get(reply, "result"));

    json_decref(reply);
    return result;
}

static int mixed_init(void)
{
    static const char *const names[] = {"coordinator", "manager", "manager", "admin-2"};
    const char *given = getenv("ENTITLED_SEED");
    bool good = names_init(&incidents) && names_init(&resolved) && names_init(&contracts) &&
                names_init(&principals) && names_init(&escalations) && names_init(&acknowledged) &&
                names_init(&mails) && names_init(&nights) && (admin = peer_open(world_server(), "admin"));
    char contract[WORLD_NAME_MAX];

    seed = first_seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)clock_wall_us();
    fixture_sql(starts, sizeof starts, "SELECT current_date - 10");
    printf("        mixed: ENTITLED_SEED=%u\n", seed);
    for (int i = 0; good && i < PARTNERS; i++) {
        good = world_with_units(admin, partners[i], 20) &&
               world_contract(admin, partners[i], "mspa-standard", NULL, contract);
        name_add(&contracts, contract);
    }
    for (int i = 0; good && i < PEERS; i++)
        good = (peers[i] = peer_open(world_server(), names[i % 4])) != NULL;
    return good && (catalogue = document("catalogue.show")) && (calendars = document("calendar.show")) ? 0 : 1;
}

static int mixed_clean(void)
{
    for (int i = 0; i < PEERS; i++) {
        peer_free(peers[i]);
        for (int n = 0; n < EACH; n++)
            json_decref(asked[i][n].params);
    }
    json_decref(catalogue);
    json_decref(calendars);
    free(incidents.name);
    free(resolved.name);
    free(contracts.name);
    free(principals.name);
    free(escalations.name);
    free(acknowledged.name);
    peer_free(admin);
    return 0;
}

CU_ErrorCode mixed_register(void)
{
    CU_TestInfo tests[] = {{"every writing method at once", test_mixed},
                           {"the sums are those of the answers", test_sums},
                           {"ledger.verify", test_verify},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"mixed", mixed_init, mixed_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
