/* Many at once: the last unit of a pool, one key a hundred times, and neighbours in a batch. */
#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS 200
#define SAME_KEY 100
#define SOON_MS 20000

static struct peer *admin, *peers[CLIENTS];

static int race_init(void)
{
    static const char *const names[] = {"coordinator", "manager", "admin-2", "guinea-pig"};
    bool good = (admin = peer_open(world_server(), "admin")) != NULL;

    for (int i = 0; good && i < CLIENTS; i++)
        good = (peers[i] = peer_open(world_server(), names[i % 4])) != NULL;
    return good ? 0 : 1;
}

static int race_clean(void)
{
    for (int i = 0; i < CLIENTS; i++)
        peer_free(peers[i]);
    peer_free(admin);
    return 0;
}

/* Which of the peers: all, or every fourth from one on, which are one principal's. */
enum who { COORDINATORS, MANAGERS, ADMINISTRATORS, GUINEA_PIGS, EVERYONE };

static struct peer *peer_of(enum who who, int i)
{
    return peers[who == EVERYONE ? i : i * 4 + (int)who];
}

/* So many peers send a request each; only then replies are read. */
static void ask_all(enum who who, int count, const char *method, json_t *(*params)(int i, const char *text),
                    const char *text, json_t **replies)
{
    for (int i = 0; i < count; i++) {
        char *line = peer_request(1, method, params(i, text));

        CHECK(peer_send_text(peer_of(who, i), line), "client %d cannot send", i);
        free(line);
    }
    for (int i = 0; i < count; i++) {
        replies[i] = peer_reply(peer_of(who, i), fixture_ms(SOON_MS));
        CHECK(replies[i] != NULL, "client %d has no reply: %s", i, peer_of(who, i)->why);
    }
}

static int count_of(json_t *const *replies, int count, const char *reason)
{
    int found = 0;

    for (int i = 0; i < count; i++)
        found += strcmp(reply_reason(replies[i]), reason) == 0;
    return found;
}

static void release(json_t **replies, int count)
{
    for (int i = 0; i < count; i++)
        json_decref(replies[i]);
}

static json_t *open_new_key(int i, const char *partner)
{
    (void)i;
    return world_open_params(partner, "professional", world_key());
}

static json_t *open_same_key(int i, const char *partner)
{
    (void)i;
    return world_open_params(partner, "professional", "the-same-key");
}

static void test_last_unit(void)
{
    json_t *replies[CLIENTS];
    char partner[WORLD_NAME_MAX];

    if (!world_certified(admin, partner))
        return;
    for (int i = 0; i < 4; i++)
        CHECK_TEXT(world_open(admin, partner, NULL), "ok");
    ask_all(EVERYONE, CLIENTS, "incident.open", open_new_key, partner, replies);
    CHECK_NUMBER(count_of(replies, CLIENTS, "ok"), 1);
    CHECK_NUMBER(count_of(replies, CLIENTS, "entitlement_exhausted"), CLIENTS - 1);
    for (int i = 0; i < CLIENTS; i++)
        if (strcmp(reply_reason(replies[i]), "ok") != 0) {
            CHECK_NUMBER(json_array_size(reply_member(replies[i], "data.pools")), 1);
            CHECK_NUMBER(reply_number(replies[i], "data.pools.0.granted"), 5);
            CHECK_NUMBER(reply_number(replies[i], "data.pools.0.used"), 5);
        } else {
            CHECK_NUMBER(reply_number(replies[i], "charge.ordinal"), 5);
        }
    CHECK_NUMBER(world_charged(partner), 5);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.refusal JOIN entitled.partner USING (partner_id)"
                                    " WHERE code = '%s'",
                                    partner),
                 CLIENTS - 1);
    world_check_ledger(partner);
    release(replies, CLIENTS);
}

/* The replies of one key: all alike, one of them not replayed. */
static void replays_check(json_t **replies, int count)
{
    json_t *first = NULL;
    int fresh = 0;

    for (int i = 0; i < count; i++) {
        json_t *result = json_object_get(replies[i], "result");

        fresh += json_object_del(result, "replayed") != 0;
        if (!first)
            first = result;
        CHECK(result && json_equal(first, result), "reply %d is another", i);
    }
    CHECK_NUMBER(fresh, 1);
}

static void test_same_key(void)
{
    json_t *replies[SAME_KEY];
    char partner[WORLD_NAME_MAX];

    if (!world_certified(admin, partner))
        return;
    ask_all(COORDINATORS, SAME_KEY / 2, "incident.open", open_same_key, partner, replies);
    for (int i = 0; i < SAME_KEY / 2; i++) { /* and as many on one connection */
        char *line = peer_request(1, "incident.open", open_same_key(i, partner));

        peer_send_text(peers[0], line);
        free(line);
    }
    for (int i = SAME_KEY / 2; i < SAME_KEY; i++)
        replies[i] = peer_reply(peers[0], fixture_ms(SOON_MS));
    CHECK_NUMBER(count_of(replies, SAME_KEY, "ok"), SAME_KEY);
    replays_check(replies, SAME_KEY);
    CHECK_NUMBER(world_charged(partner), 1);
    world_check_ledger(partner);
    release(replies, SAME_KEY);
}

/* A refusal is replayed just so; a top-up does not turn it into something else. */
static void test_same_key_refused(void)
{
    json_t *replies[50];
    char partner[WORLD_NAME_MAX];

    if (!world_partner(admin, partner))
        return;
    ask_all(COORDINATORS, 50, "incident.open", open_same_key, partner, replies);
    CHECK_NUMBER(count_of(replies, 50, "no_entitlement"), 50);
    release(replies, 50);
    CHECK(world_contract(admin, partner, "certified", NULL, NULL), "no contract");
    ask_all(COORDINATORS, 50, "incident.open", open_same_key, partner, replies);
    CHECK_NUMBER(count_of(replies, 50, "no_entitlement"), 50);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.refusal JOIN entitled.partner USING (partner_id)"
                                    " WHERE code = '%s'",
                                    partner),
                 1);
    release(replies, 50);
}

static json_t *other_parameters(int i, const char *partner)
{
    json_t *params = open_same_key(i, partner);

    json_object_set_new(params, "severity", json_string(i % 2 ? "A" : "C"));
    return params;
}

/* One key with two sets of parameters at once: one of them wins, the others are told. */
static void test_key_reused(void)
{
    json_t *replies[50];
    char partner[WORLD_NAME_MAX];

    if (!world_certified(admin, partner))
        return;
    ask_all(COORDINATORS, 50, "incident.open", other_parameters, partner, replies);
    CHECK_NUMBER(count_of(replies, 50, "ok"), 25);
    CHECK_NUMBER(count_of(replies, 50, "key_reused"), 25);
    CHECK_NUMBER(world_charged(partner), 1);
    release(replies, 50);
}

static json_t *contract_params(int i, const char *partner)
{
    (void)i;
    return json_pack("{s:s, s:s, s:s, s:s}", "key", "one-contract", "partner", partner, "plan", "certified",
                     "starts", "2004-08-23");
}

static json_t *activate_params(int i, const char *contract)
{
    (void)i;
    return json_pack("{s:s, s:s}", "key", "one-activation", "contract", contract);
}

/* The same for a method that is served one request after the other. */
static void test_same_key_contract(void)
{
    json_t *replies[SAME_KEY / 2];
    char partner[WORLD_NAME_MAX], contract[WORLD_NAME_MAX];

    if (!world_partner(admin, partner))
        return;
    ask_all(MANAGERS, SAME_KEY / 2, "contract.create", contract_params, partner, replies);
    CHECK_NUMBER(count_of(replies, SAME_KEY / 2, "ok"), SAME_KEY / 2);
    snprintf(contract, sizeof contract, "%s", reply_text(replies[0], "contract.contract"));
    replays_check(replies, SAME_KEY / 2);
    release(replies, SAME_KEY / 2);
    ask_all(MANAGERS, SAME_KEY / 2, "contract.activate", activate_params, contract, replies);
    CHECK_NUMBER(count_of(replies, SAME_KEY / 2, "ok"), SAME_KEY / 2);
    replays_check(replies, SAME_KEY / 2);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.pool_grant JOIN entitled.partner USING"
                                    " (partner_id) WHERE code = '%s'",
                                    partner),
                 1);
    release(replies, SAME_KEY / 2);
}

static json_t *partner_params(int i, const char *partner)
{
    char name[32];

    snprintf(name, sizeof name, "By %d", i);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "key", world_key(), "partner", partner, "name", name,
                     "region", "us", "time_zone", "America/New_York", "calendar", "us");
}

/* Forty administrators enter one company: one of them does. */
static void test_same_partner(void)
{
    json_t *replies[40];

    ask_all(ADMINISTRATORS, 40, "partner.create", partner_params, "raced-partner", replies);
    CHECK_NUMBER(count_of(replies, 40, "ok"), 1);
    CHECK_NUMBER(count_of(replies, 40, "invalid_state"), 39);
    release(replies, 40);
}

/* A batch with every kind of bad member: the good ones are as if alone. */
static void test_neighbours(void)
{
    char partner[WORLD_NAME_MAX];
    json_t *batch = json_array(), *replies, *reply;
    int good = 0;
    size_t i;

    if (!world_certified(admin, partner))
        return;
    for (int n = 0; n < 12; n++) {
        json_t *params = world_open_params(n % 4 == 1 ? "nobody" : partner,
                                           n % 4 == 3 ? "priority" : "professional", world_key());

        if (n % 4 == 2)
            json_object_set_new(params, "opened_at", json_string("2004-02-31T00:00:00Z"));
        json_array_append_new(batch, json_pack("{s:s, s:i, s:s, s:o}", "jsonrpc", "2.0", "id", n, "method",
                                               "incident.open", "params", params));
    }
    char *line = json_dumps(batch, JSON_COMPACT);

    peer_send_text(admin, line);
    peer_send_text(admin, "\n");
    replies = peer_reply(admin, fixture_ms(SOON_MS));
    json_array_foreach(replies, i, reply)
    {
        static const char *const wanted[] = {"ok", "not_found", "invalid_params", "no_entitlement"};

        CHECK_TEXT(reply_reason(reply), wanted[json_integer_value(json_object_get(reply, "id")) % 4]);
        good += strcmp(reply_reason(reply), "ok") == 0;
    }
    CHECK_NUMBER(good, 3);
    CHECK_NUMBER(world_charged(partner), 3);
    world_check_ledger(partner);
    free(line);
    json_decref(replies);
    json_decref(batch);
}

static void test_all_ledgers(void)
{
    world_check_ledger(NULL);
}

CU_ErrorCode race_register(void)
{
    CU_TestInfo tests[] = {{"200 clients, the last unit", test_last_unit},
                           {"one key a hundred times", test_same_key},
                           {"one key refused", test_same_key_refused},
                           {"one key, other parameters", test_key_reused},
                           {"one key of an activation", test_same_key_contract},
                           {"one company forty times", test_same_partner},
                           {"neighbours in a batch", test_neighbours},
                           {"all counters are the ledger's", test_all_ledgers},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"race", race_init, race_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
