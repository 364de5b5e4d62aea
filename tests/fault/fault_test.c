/*
 * Faults under load: PostgreSQL restarted, a backend killed, a worker killed, the daemon restarted.  After each,
 * nothing that was acknowledged is lost, nothing was charged twice, and what was not answered converges.
 */
#include "common/clock.h"
#include "tests/fault/load.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTNERS 5
#define UNITS 1000000
#define KEYS_MAX 60000
#define WITHIN_MS 30000

static struct server *server;

static int fault_init(void)
{
    server = server_start("workers = 2\nwrite_lanes = 2\nlog_level = info\nrequest_timeout_ms = 5000");
    return server ? 0 : 1;
}

static int fault_clean(void)
{
    server_stop(server);
    return 0;
}

/* The server's first process gets a signal; waits until it is gone, and starts it again. */
static void postgres_restart(int signal_number)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    int pid = fixture_postmaster();

    kill(pid, signal_number);
    while (kill(pid, 0) == 0 && moment_wait(deadline_ms))
        continue;
    CHECK(kill(pid, 0) != 0, "PostgreSQL does not stop");
    CHECK(fixture_postgres("start"), "PostgreSQL does not start");
}

static void restart_fast(void)
{
    postgres_restart(SIGINT);
}

static void restart_immediate(void)
{
    postgres_restart(SIGQUIT);
}

/* Of the daemon's connections that write, one that is at work where there is one. */
static void backend_signal(int signal_number)
{
    long long pid =
        fixture_sql_number("SELECT pid FROM pg_stat_activity WHERE usename = 'entitled_daemon' AND"
                           " application_name LIKE '%%write%%' ORDER BY state = 'idle', query_start DESC");

    CHECK(pid > 1 && kill((pid_t)pid, signal_number) == 0, "there is no backend to signal");
}

static void backend_kill(void)
{
    backend_signal(SIGKILL); /* all of PostgreSQL starts over */
}

static void backends_terminate(void)
{
    CHECK(
        fixture_sql_do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'entitled_daemon'"),
        "no backend was terminated");
}

static void worker_kill(void)
{
    pid_t pids[SERVER_WORKERS_MAX];

    CHECK(server_workers(server, pids) == 2, "there are not two workers");
    kill(pids[0], SIGKILL);
}

/* A new daemon on the same port; the old one drains. */
static void daemon_restart(void)
{
    server_signal(server, SIGTERM);
    CHECK_NUMBER(server_wait(server, fixture_ms(WITHIN_MS)), 0);
    CHECK(server_again(server), "the daemon does not start again");
}

/* The fault happens twice while the load goes on. */
static void under_load(void (*fault)(void))
{
    struct peer *admin = peer_open(world_server(), "admin");
    char names[PARTNERS][WORLD_NAME_MAX];
    const char *partners[PARTNERS];
    struct load_counts counts = {0};
    bool made = admin != NULL;

    for (int i = 0; made && i < PARTNERS; i++) {
        made = world_with_units(admin, names[i], UNITS);
        partners[i] = names[i];
    }
    peer_free(admin);
    if (!CHECK(made, "the partners could not be made"))
        return;
    struct load *load = load_start(server, partners, PARTNERS, KEYS_MAX);

    CHECK(load_await(load, 100, fixture_ms(WITHIN_MS)), "nothing is done before the fault");
    for (int i = 1; i <= 2; i++) {
        fault();
        CHECK(load_await(load, i * 1000, fixture_ms(WITHIN_MS)), "nothing is done after fault %d", i);
    }
    load_stop(load, fixture_ms(WITHIN_MS), &counts);
    printf("        %d keys, %d sent, %d replayed, %d unavailable, %d unknown, %d connections cut\n", counts.asked,
           counts.sent, counts.replayed, counts.unavailable, counts.unknown, counts.cut);
    CHECK_NUMBER(counts.done, counts.asked);
    CHECK_NUMBER(counts.wrong, 0);
    load_check(load);
    CHECK(server_await(world_server(), fixture_ms(WITHIN_MS)), "the other daemon does not come back");
}

static void test_restart_fast(void)
{
    under_load(restart_fast);
}

static void test_restart_immediate(void)
{
    under_load(restart_immediate);
}

static void test_backend_kill(void)
{
    under_load(backend_kill);
}

static void test_backends_terminate(void)
{
    under_load(backends_terminate);
}

static void test_worker_kill(void)
{
    under_load(worker_kill);
}

static void test_daemon_restart(void)
{
    under_load(daemon_restart);
}

CU_ErrorCode fault_register(void)
{
    CU_TestInfo tests[] = {{"PostgreSQL restarted (fast)", test_restart_fast},
                           {"PostgreSQL restarted (immediate)", test_restart_immediate},
                           {"a backend killed", test_backend_kill},
                           {"all backends terminated", test_backends_terminate},
                           {"a worker killed", test_worker_kill},
                           {"the daemon restarted", test_daemon_restart},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"fault", fault_init, fault_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
