/*
 * A standby beside the database: reports are read there, and never miss what was committed before they were asked
 * for; a synchronous one that does not answer; and the failover to it.
 */
#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STANDBY "standby" /* the folder of its server */
#define ROUNDS 20         /* an opening and a report of it */
#define HELD_BACK_MS 1200 /* request_timeout_ms of the hasty server */
#define BEHIND_MS 2000    /* how long a standby is waited for (daemon/standby.c) */
#define WITHIN_MS 30000

static struct server *daemon_of_both;
static char partner[WORLD_NAME_MAX], today[32];

static int standby_init(void)
{
    struct peer *admin = peer_open(world_server(), "admin");
    char options[1024], conninfo[FIXTURE_PATH_MAX + 128];
    bool made = admin && world_with_units(admin, partner, 1000);

    peer_free(admin);
    if (!made || !fixture_postgres_of(STANDBY, "start", true))
        return 1;
    fixture_sql(today, sizeof today,
                "SELECT (clock_timestamp() AT TIME ZONE time_zone)::date FROM entitled.program");
    snprintf(options, sizeof options, "standby = \"%s\"\nbackoff_max_ms = 200",
             fixture_conninfo_of(STANDBY, "entitled_daemon", conninfo, sizeof conninfo));
    daemon_of_both = server_start(options);
    return daemon_of_both ? 0 : 1;
}

static int standby_clean(void)
{
    server_stop(daemon_of_both);
    return fixture_postgres_of(STANDBY, "stop", false) ? 0 : 1;
}

/* What a lane has been asked by now (its own questions too); -1: it is not connected, or not there. */
static long long lane_calls(struct peer *admin, const char *name)
{
    json_t *reply = peer_ask(admin, "server.stats", NULL), *lane = reply_row(reply, "lanes", "lane", name);
    long long calls =
        json_is_true(json_object_get(lane, "up")) ? json_integer_value(json_object_get(lane, "calls")) : -1;

    json_decref(reply);
    return calls;
}

/* Waits until the lane to the standby is connected. */
static bool standby_await(struct peer *admin)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);

    while (lane_calls(admin, "standby.0") < 0 && moment_wait(deadline_ms))
        continue;
    return CHECK(lane_calls(admin, "standby.0") >= 0, "the standby is not connected");
}

/* Incidents of the partner in today's report; -1 and a failed check where it cannot be had. */
static long long reported(struct peer *admin)
{
    json_t *reply = peer_ask(admin, "report.usage", "{s:s, s:s, s:s, s:i}", "date", today, "partner", partner,
                             "section", "incidents", "limit", 500);
    long long count = reply_count(reply, "incidents");

    CHECK_TEXT(reply_reason(reply), "ok");
    json_decref(reply);
    return count;
}

/* Each report has the opening that was answered just before it, and all were read on the standby. */
static void test_reads_there(void)
{
    struct peer *admin = peer_open(daemon_of_both, "admin");

    if (!admin || !standby_await(admin))
        return;
    long long before = reported(admin), there = lane_calls(admin, "standby.0"),
              here = lane_calls(admin, "report.0");

    for (int i = 1; i <= ROUNDS; i++) {
        CHECK_TEXT(world_open(admin, partner, NULL), "ok");
        CHECK_NUMBER(reported(admin), before + i);
    }
    CHECK(lane_calls(admin, "standby.0") >= there + 2 * ROUNDS, "the standby was not read: %lld calls, then %lld",
          there, lane_calls(admin, "standby.0"));
    CHECK_NUMBER(lane_calls(admin, "report.0"), here);
    peer_free(admin);
}

/* One that is behind is waited for, and then the primary is read: late, but with all there is. */
static void test_behind(void)
{
    struct peer *admin = peer_open(daemon_of_both, "admin");
    char unused[64];

    if (!admin || !standby_await(admin))
        return;
    long long before = reported(admin), here = lane_calls(admin, "report.0");
    long log_before = server_log_size(daemon_of_both);

    CHECK(fixture_sql_of(STANDBY, unused, sizeof unused, "SELECT pg_wal_replay_pause()"), "replay does not stand");
    CHECK_TEXT(world_open(admin, partner, NULL), "ok");
    int64_t start_ms = clock_monotonic_ms();

    CHECK_NUMBER(reported(admin), before + 1);
    CHECK(clock_monotonic_ms() - start_ms >= BEHIND_MS, "it was not waited for");
    CHECK(server_log_await(daemon_of_both, log_before, "standby.behind", 1000), "the log does not tell");
    CHECK_NUMBER(lane_calls(admin, "report.0"), here + 1);
    CHECK(fixture_sql_of(STANDBY, unused, sizeof unused, "SELECT pg_wal_replay_resume()"), "replay stands");
    CHECK_TEXT(world_open(admin, partner, NULL), "ok");
    CHECK_NUMBER(reported(admin), before + 2);
    CHECK_NUMBER(lane_calls(admin, "report.0"), here + 1);
    peer_free(admin);
}

/* One that goes away in the midst of it takes nothing with it; when it comes again, it is read again. */
static void test_away(void)
{
    struct peer *admin = peer_open(daemon_of_both, "admin");
    char unused[64];

    if (!admin || !standby_await(admin))
        return;
    long long before = reported(admin), here = lane_calls(admin, "report.0");

    CHECK(fixture_sql_of(STANDBY, unused, sizeof unused, "SELECT pg_wal_replay_pause()"), "replay does not stand");
    CHECK_TEXT(world_open(admin, partner, NULL), "ok");
    char *ask =
        peer_request(77, "report.usage",
                     json_pack("{s:s, s:s, s:s}", "date", today, "partner", partner, "section", "incidents"));

    peer_send_text(admin, ask); /* waits for the standby, which goes away */
    free(ask);
    CHECK(fixture_postgres_of(STANDBY, "stop", false), "the standby does not stop");
    json_t *reply = peer_reply(admin, fixture_ms(WITHIN_MS));

    CHECK_TEXT(reply_reason(reply), "ok");
    json_decref(reply);
    CHECK_NUMBER(reported(admin), before + 1);
    CHECK(lane_calls(admin, "report.0") >= here + 2, "the primary was not read");
    CHECK(fixture_postgres_of(STANDBY, "start", false), "the standby does not start");
    if (standby_await(admin)) {
        here = lane_calls(admin, "report.0");
        CHECK_NUMBER(reported(admin), before + 1);
        CHECK_NUMBER(lane_calls(admin, "report.0"), here);
    }
    peer_free(admin);
}

/* Backends that are ended there (as replay does when it can wait for them no longer) leave nothing unanswered. */
static void test_ended(void)
{
    struct peer *admin = peer_open(daemon_of_both, "admin");
    char unused[64];

    if (!admin || !standby_await(admin))
        return;
    long log_before = server_log_size(daemon_of_both);
    long long before = reported(admin);

    CHECK(
        fixture_sql_of(STANDBY, unused, sizeof unused,
                       "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'entitled_daemon'"),
        "the backends cannot be ended");
    CHECK_NUMBER(reported(admin), before);
    CHECK(server_log_await(daemon_of_both, log_before, "lane.down", fixture_ms(WITHIN_MS)),
          "the log does not tell");
    standby_await(admin);
    peer_free(admin);
}

/*
 * While a synchronous standby is away nothing is confirmed: the outcome is not known, and the key tells it when the
 * standby is there again. (SQL cancelling such a wait would confirm what the standby does not have.)
 */
static void test_synchronous(void)
{
    struct server *hasty = server_start("request_timeout_ms = 1200");
    struct peer *peer = hasty ? peer_open(hasty, "coordinator") : NULL;
    const char *key = world_key();
    long long before = world_charged(partner);

    if (!CHECK(peer != NULL, "there is no daemon"))
        return;
    CHECK(fixture_sql_do("ALTER SYSTEM SET synchronous_standby_names = '*'") &&
              fixture_sql_do("SELECT pg_reload_conf()"),
          "it cannot be set");
    CHECK_TEXT(world_open(peer, partner, NULL), "ok");
    CHECK(fixture_postgres_of(STANDBY, "stop", false), "the standby does not stop");
    CHECK_TEXT(peer_reason(peer, "incident.open", "{s:s, s:s, s:s, s:s, s:s}", "partner", partner, "class",
                           "professional", "severity", "C", "title", "held back", "key", key),
               "unknown_outcome");
    CHECK(fixture_postgres_of(STANDBY, "start", false), "the standby does not start");
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    const char *reason;

    do /* the lane has to connect again, and the standby to catch up */
        reason = peer_reason(peer, "incident.open", "{s:s, s:s, s:s, s:s, s:s}", "partner", partner, "class",
                             "professional", "severity", "C", "title", "held back", "key", key);
    while (strcmp(reason, "ok") != 0 && moment_wait(deadline_ms));
    CHECK_TEXT(reason, "ok");
    CHECK_NUMBER(world_charged(partner), before + 2);
    CHECK(fixture_sql_do("ALTER SYSTEM RESET synchronous_standby_names") &&
              fixture_sql_do("SELECT pg_reload_conf()"),
          "it cannot be taken back");
    world_check_ledger(partner);
    peer_free(peer);
    server_stop(hasty);
}

/* Units that the partner has used, as the standby knows it. */
static long long charged_there(void)
{
    char text[64], query[256];

    snprintf(query, sizeof query,
             "SELECT sum(used) FROM entitled.pool_grant JOIN entitled.partner USING (partner_id) WHERE code = '%s'",
             partner);
    return fixture_sql_of(STANDBY, text, sizeof text, query) ? atoll(text) : -1;
}

/* The primary that a daemon writes to turns read-only under it: it goes to the one that was promoted, and nothing
 * is lost. */
static void test_failover(void)
{
    char old[FIXTURE_PATH_MAX + 128], new[FIXTURE_PATH_MAX + 128], options[1024], text[64];
    struct server *server;

    fixture_conninfo_of(STANDBY, "entitled_daemon", new, sizeof new);
    snprintf(old, sizeof old, "%s", fixture_conninfo("entitled_daemon"));
    snprintf(options, sizeof options,
             "database = \"host=%.*s,%.*s port=5432 dbname=entitled user=entitled_daemon\"\nbackoff_max_ms = 200",
             (int)strcspn(old + strlen("host="), " "), old + strlen("host="),
             (int)strcspn(new + strlen("host="), " "), new + strlen("host="));
    server = server_start(options);
    struct peer *peer = server ? peer_open(server, "coordinator") : NULL;
    long long before = world_charged(partner);

    if (!CHECK(peer != NULL, "there is no daemon"))
        return;
    long log_before = server_log_size(server);
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    int opened = 0;

    while (charged_there() != before && moment_wait(deadline_ms)) /* or it is promoted without the last */
        continue;
    CHECK(fixture_sql_of(STANDBY, text, sizeof text, "SELECT pg_promote()"), "it is not promoted");
    CHECK(fixture_sql_do("ALTER SYSTEM SET default_transaction_read_only = on") &&
              fixture_sql_do("SELECT pg_reload_conf()"),
          "the old one cannot be made read-only");
    do { /* the old one's backends hear of it in their time; then the next opening is on the new one */
        CHECK_TEXT(world_open(peer, partner, NULL), "ok");
        opened++;
    } while (!server_log_await(server, log_before, "lanes.read_only", 20) && clock_monotonic_ms() < deadline_ms);
    CHECK_NUMBER(charged_there(), before + 1);
    CHECK_NUMBER(world_charged(partner), before + opened - 1);
    fixture_sql_do("ALTER SYSTEM RESET default_transaction_read_only");
    fixture_sql_do("SELECT pg_reload_conf()");
    peer_free(peer);
    server_stop(server);
}

CU_ErrorCode standby_register(void)
{
    static CU_TestInfo tests[] = {{"reports are read there, and miss nothing", test_reads_there},
                                  {"one that is behind", test_behind},
                                  {"one that goes away", test_away},
                                  {"one that ends its backends", test_ended},
                                  {"a synchronous one", test_synchronous},
                                  {"failover", test_failover},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"standby", standby_init, standby_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
