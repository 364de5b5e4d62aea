/* The database away, late, or come late: what waits, what is told `unavailable`, and what `unknown_outcome`. */
#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 1200 /* request_timeout_ms of the hasty server */
#define WITHIN_MS 30000

static struct server *hasty, *patient;
static char partner[WORLD_NAME_MAX];

static int away_init(void)
{
    struct peer *admin = peer_open(world_server(), "admin");
    bool made = admin && world_with_units(admin, partner, 1000);

    peer_free(admin);
    hasty = made ? server_start("request_timeout_ms = 1200") : NULL;
    patient = hasty ? server_start("request_timeout_ms = 60000") : NULL;
    return patient ? 0 : 1;
}

static int away_clean(void)
{
    server_stop(hasty);
    server_stop(patient);
    return 0;
}

/* Asks for an opening under a key; the reason, and how long it took. */
static const char *open_key(struct peer *peer, const char *key, long long *took_ms)
{
    int64_t start_ms = clock_monotonic_ms();
    json_t *reply =
        peer ? peer_ask_json(peer, "incident.open", world_open_params(partner, "professional", key)) : NULL;
    static char reason[64];

    snprintf(reason, sizeof reason, "%s", reply_reason(reply));
    *took_ms = clock_monotonic_ms() - start_ms;
    json_decref(reply);
    return reason;
}

static void deadline_check(long long took_ms)
{
    CHECK(took_ms >= DEADLINE_MS - 100 && took_ms < fixture_ms(DEADLINE_MS * 3), "it took %lld ms", took_ms);
}

/* Nothing was sent: `unavailable` at the deadline, for writes and reads; hello needs no database. */
static void test_away(void)
{
    struct peer *peer = peer_open(hasty, "coordinator"), *manager = peer_open(hasty, "admin");
    const char *key = world_key();
    long long took_ms, before = world_charged(partner);
    int64_t start_ms;

    CHECK_TEXT(peer_reason(peer, "hello", NULL), "ok");
    CHECK(fixture_postgres("stop"), "PostgreSQL does not stop");
    CHECK_TEXT(open_key(peer, key, &took_ms), "unavailable");
    deadline_check(took_ms);
    start_ms = clock_monotonic_ms();
    CHECK_TEXT(peer_reason(peer, "balance.get", "{s:s}", "partner", partner), "unavailable");
    deadline_check(clock_monotonic_ms() - start_ms);
    start_ms = clock_monotonic_ms(); /* nor does what may take minutes wait for minutes */
    CHECK_TEXT(peer_reason(manager, "report.usage", NULL), "unavailable");
    deadline_check(clock_monotonic_ms() - start_ms);
    peer_free(manager);
    CHECK_TEXT(peer_reason(peer, "hello", NULL), "ok");
    /* A new connection cannot be told who it is. */
    struct peer *newcomer = peer_open(hasty, "coordinator");
    json_t *reply = newcomer ? peer_reply(newcomer, fixture_ms(PEER_WITHIN_MS)) : NULL;

    CHECK_TEXT(reply_reason(reply), "unavailable");
    json_decref(reply);
    peer_free(newcomer);
    CHECK(fixture_postgres("start"), "PostgreSQL does not start");
    CHECK(server_await(hasty, fixture_ms(WITHIN_MS)), "the daemon does not come back");
    CHECK_NUMBER(world_charged(partner), before);
    CHECK_TEXT(open_key(peer, key, &took_ms), "ok");
    CHECK_NUMBER(world_charged(partner), before + 1);
    peer_free(peer);
}

/* Within the deadline requests wait for the database to come back, and are then carried out. */
static void test_waits(void)
{
    struct peer *peer = peer_open(patient, "coordinator");
    long long before = world_charged(partner);

    if (!peer)
        return;
    CHECK(fixture_postgres("stop"), "PostgreSQL does not stop");
    for (long id = 1; id <= 20; id++) {
        char *line = peer_request(id, "incident.open", world_open_params(partner, "professional", world_key()));

        peer_send_text(peer, line);
        free(line);
    }
    json_t *reply = peer_reply(peer, 200);

    CHECK(reply == NULL, "answered without a database: %s", reply_reason(reply));
    json_decref(reply);
    CHECK(fixture_postgres("start"), "PostgreSQL does not start");
    for (int i = 0; i < 20; i++) {
        reply = peer_reply(peer, fixture_ms(WITHIN_MS));
        CHECK_TEXT(reply_reason(reply), "ok");
        json_decref(reply);
    }
    CHECK_NUMBER(world_charged(partner), before + 20);
    peer_free(peer);
}

/* Signals all backends that write for the daemons. */
static void writers_signal(int signal_number)
{
    char pids[1024], *rest = pids, *pid;

    fixture_sql(pids, sizeof pids,
                "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE usename = 'entitled_daemon' AND"
                " application_name LIKE '%%write%%'");
    while ((pid = strsep(&rest, " ")))
        if (pid[0])
            kill(atoi(pid), signal_number);
}

/* A backend that stands still with the batch: it is not known what became of it, and the key tells. */
static void test_stopped_backend(void)
{
    struct peer *peer = peer_open(hasty, "coordinator");
    const char *key = world_key();
    long long took_ms, before = world_charged(partner);

    writers_signal(SIGSTOP);
    CHECK_TEXT(open_key(peer, key, &took_ms), "unknown_outcome");
    deadline_check(took_ms);
    /* A read is never of unknown outcome, and goes by another way. */
    CHECK_TEXT(peer_reason(peer, "balance.get", "{s:s}", "partner", partner), "ok");
    writers_signal(SIGCONT);
    CHECK_TEXT(open_key(peer, key, &took_ms), "ok");
    CHECK_NUMBER(world_charged(partner), before + 1);
    CHECK_TEXT(open_key(peer, key, &took_ms), "ok");
    CHECK_NUMBER(world_charged(partner), before + 1);
    world_check_ledger(partner);
    peer_free(peer);
    CHECK(server_await(world_server(), fixture_ms(WITHIN_MS)), "the other daemon does not answer");
}

/* A transaction by hand that holds what a request needs. PQfinish() lets go. */
static PGconn *hold(const char *statement)
{
    PGconn *pg = PQconnectdb(fixture_conninfo("postgres"));

    PQclear(PQexec(pg, "BEGIN"));
    PGresult *result = PQexec(pg, statement);

    CHECK(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK, "%s: %s",
          statement, PQerrorMessage(pg));
    PQclear(result);
    return pg;
}

/* The batch waits for a lock beyond the deadline. */
static void test_locked(void)
{
    struct peer *peer = peer_open(hasty, "coordinator");
    const char *key = world_key();
    long long took_ms, before = world_charged(partner);
    PGconn *holder = hold("SELECT FROM entitled.pool_grant FOR UPDATE");

    CHECK_TEXT(open_key(peer, key, &took_ms), "unknown_outcome");
    deadline_check(took_ms);
    PQfinish(holder);
    CHECK_TEXT(open_key(peer, key, &took_ms), "ok");
    CHECK_NUMBER(world_charged(partner), before + 1);
    peer_free(peer);
}

/* A read that is under way at its deadline has changed nothing: `unavailable`. */
static void test_locked_read(void)
{
    struct peer *peer = peer_open(hasty, "coordinator");
    PGconn *holder = hold("LOCK TABLE entitled.timeline IN ACCESS EXCLUSIVE MODE");
    char incident[WORLD_NAME_MAX];
    int64_t start_ms = clock_monotonic_ms();

    fixture_sql(incident, sizeof incident,
                "SELECT entitled.incident_name(max(incident_id)) FROM entitled.incident");
    CHECK_TEXT(peer_reason(peer, "incident.show", "{s:s}", "incident", incident), "unavailable");
    deadline_check(clock_monotonic_ms() - start_ms);
    PQfinish(holder);
    CHECK_TEXT(peer_reason(peer, "incident.show", "{s:s}", "incident", incident), "ok");
    peer_free(peer);
}

/* A daemon that is there before its database. */
static void test_daemon_first(void)
{
    CHECK(fixture_postgres("stop"), "PostgreSQL does not stop");
    struct server *server = server_launch("request_timeout_ms = 700\nbackoff_max_ms = 100");

    CHECK(server && server_log_await(server, 0, "event=lane.down", fixture_ms(WITHIN_MS)),
          "no lane says it is down");
    struct peer *peer = peer_open(server, "coordinator");
    json_t *reply = peer ? peer_reply(peer, fixture_ms(PEER_WITHIN_MS)) : NULL;

    CHECK_TEXT(reply_reason(reply), "unavailable");
    json_decref(reply);
    peer_free(peer);
    CHECK(fixture_postgres("start"), "PostgreSQL does not start");
    CHECK(server && server_await(server, fixture_ms(WITHIN_MS)), "it does not find its database");
    server_stop(server);
}

/* A principal that is disabled while the daemon cannot be told: it learns of it with the connection. */
static void test_disabled_meanwhile(void)
{
    struct peer *peer = peer_open(patient, "guinea-pig");

    CHECK_TEXT(peer_reason(peer, "hello", NULL), "ok");
    CHECK(fixture_sql_do("UPDATE entitled.principal SET disabled_at = now() WHERE name = 'guinea-pig'"),
          "not disabled");
    CHECK_TEXT(peer_reason(peer, "balance.get", "{s:s}", "partner", partner), "forbidden");
    CHECK(
        fixture_sql_do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'entitled_daemon'"),
        "no backend was terminated");
    CHECK(peer && peer_closes(peer, fixture_ms(5000)), "a disabled principal may stay");
    CHECK(fixture_sql_do("UPDATE entitled.principal SET disabled_at = NULL WHERE name = 'guinea-pig'"),
          "not enabled");
    peer_free(peer);
    CHECK(server_await(world_server(), fixture_ms(WITHIN_MS)), "the other daemon does not answer");
}

CU_ErrorCode away_register(void)
{
    CU_TestInfo tests[] = {{"away: unavailable at the deadline", test_away},
                           {"away: back within the deadline", test_waits},
                           {"a backend that stands still", test_stopped_backend},
                           {"a write that waits for a lock", test_locked},
                           {"a read that waits for a lock", test_locked_read},
                           {"the daemon before the database", test_daemon_first},
                           {"disabled while it could not be told", test_disabled_meanwhile},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"away", away_init, away_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
