/* The daemon as a service: SIGTERM, SIGHUP, --check-config, workers that fall or hang. */
#include "config.h"

#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <libpq-fe.h>
#include <netinet/in.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WITHIN_MS 20000

/* Common name of the certificate that the server shows, in name. */
static const char *certificate_name(struct peer *peer, char *name, size_t size)
{
    X509 *certificate = peer ? SSL_get0_peer_certificate(peer->ssl) : NULL;

    name[0] = '\0';
    if (certificate)
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, (int)size);
    return name;
}

/* True as soon as a new client is not let in. */
static bool door_closes(const struct server *server)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    char why[PEER_WHY_MAX];
    struct peer *late;

    while ((late = peer_try(server, "coordinator", 500, why))) {
        peer_free(late);
        if (!moment_wait(deadline_ms))
            return false;
    }
    return true;
}

/* What is in flight is answered; nothing new is let in; then it ends with 0. */
static void test_drain(void)
{
    struct server *server = server_start("workers = 2");
    struct peer *admin = peer_open(world_server(), "admin"),
                *peer = server ? peer_open(server, "coordinator") : NULL;
    struct peer *idle = server ? peer_open(server, "coordinator") : NULL;
    char partner[WORLD_NAME_MAX];
    PGconn *holder = NULL;

    if (!peer || !idle || !admin || !world_with_units(admin, partner, 100))
        goto out;
    holder = PQconnectdb(fixture_conninfo("postgres"));
    PQclear(PQexec(holder, "BEGIN"));
    PQclear(PQexec(holder, "SELECT FROM entitled.pool_grant FOR UPDATE"));
    for (long id = 1; id <= 10; id++) {
        char *line = peer_request(id, "incident.open", world_open_params(partner, "professional", world_key()));

        peer_send_text(peer, line);
        free(line);
    }
    CHECK_TEXT(peer_reason(idle, "hello", NULL), "ok");
    for (int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
         fixture_sql_number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename ="
                            " 'entitled_daemon'") < 1 &&
         moment_wait(deadline_ms);)
        continue;
    server_signal(server, SIGTERM);
    CHECK(peer_closes(idle, fixture_ms(WITHIN_MS)), "an idle client is not shown out");
    CHECK(server_log_await(server, 0, "worker.draining", fixture_ms(WITHIN_MS)), "no worker drains");
    CHECK(door_closes(server), "new clients are let in while draining");
    CHECK(process_runs(server->pid), "it ended with requests in flight");
    PQclear(PQexec(holder, "ROLLBACK"));
    for (int i = 0; i < 10; i++) {
        json_t *reply = peer_reply(peer, fixture_ms(PEER_WITHIN_MS));

        CHECK_TEXT(reply_reason(reply), "ok");
        json_decref(reply);
    }
    CHECK(peer_closes(peer, fixture_ms(WITHIN_MS)), "who was answered is not shown out");
    CHECK_NUMBER(server_wait(server, fixture_ms(WITHIN_MS)), 0);
    CHECK_NUMBER(world_charged(partner), 10);
out:
    if (holder)
        PQfinish(holder);
    peer_free(peer);
    peer_free(idle);
    peer_free(admin);
    server_stop(server);
}

/* A client that does not go away does not hold the daemon up for longer than drain_timeout_ms. */
static void test_drain_timeout(void)
{
    struct server *server = server_start("drain_timeout_ms = 500");
    struct peer *admin = peer_open(world_server(), "admin"),
                *peer = server ? peer_open(server, "coordinator") : NULL;
    char partner[WORLD_NAME_MAX];
    int64_t start_ms;

    if (!peer || !admin || !world_with_units(admin, partner, 100))
        goto out;
    PGconn *holder = PQconnectdb(fixture_conninfo("postgres"));

    PQclear(PQexec(holder, "BEGIN"));
    PQclear(PQexec(holder, "SELECT FROM entitled.pool_grant FOR UPDATE"));
    char *line = peer_request(1, "incident.open", world_open_params(partner, "professional", world_key()));

    peer_send_text(peer, line);
    free(line);
    CHECK(peer_reply(peer, 100) == NULL, "answered although the pool is locked");
    start_ms = clock_monotonic_ms();
    server_signal(server, SIGTERM);
    int code = server_wait(server, fixture_ms(WITHIN_MS));

    CHECK_NUMBER(code, 0);
    CHECK(clock_monotonic_ms() - start_ms < fixture_ms(3000), "it took %lld ms",
          (long long)(clock_monotonic_ms() - start_ms));
    CHECK(server_log_await(server, 0, "worker.drain_timeout", 100), "the log does not say so");
    PQfinish(holder);
out:
    peer_free(peer);
    peer_free(admin);
    server_stop(server);
}

/* Changes the configuration of a server and waits for what its log says of it. */
static bool reload(struct server *server, const char *options, const char *wanted)
{
    long since = server_log_size(server);

    return server_configure(server, options) && (server_signal(server, SIGHUP), true) &&
           server_log_await(server, since, wanted, fixture_ms(WITHIN_MS));
}

static void test_reload(void)
{
    struct server *server = server_start("idle_timeout_ms = 60000");
    struct peer *before = server ? peer_open(server, "coordinator") : NULL, *after = NULL;
    char options[FIXTURE_LINE_MAX], name[64];

    if (!before)
        goto out;
    CHECK_TEXT(certificate_name(before, name, sizeof name), "server");
    snprintf(options, sizeof options,
             "tls_certificate = \"%s/tls/server-2.pem\"\ntls_key = \"%s/tls/server-2.key\"", fixture_dir(),
             fixture_dir());
    CHECK(reload(server, options, "process=worker.0 event=reload.done"), "the worker does not reload");
    CHECK_TEXT(peer_reason(before, "hello", NULL), "ok");
    after = peer_open(server, "coordinator");
    CHECK_TEXT(certificate_name(after, name, sizeof name), "server-2");
    CHECK_TEXT(peer_reason(after, "balance.get", "{s:s}", "partner", "contoso"), "ok");
    peer_free(after);
    /* What is wrong stays out, and is said. */
    CHECK(reload(server, "workers = none", "event=reload.failed"), "bad words are taken");
    CHECK(reload(server, "tls_key = \"/nowhere\"", "event=reload.failed"), "a missing key is taken");
    snprintf(options, sizeof options, "tls_key = \"%s/tls/server.key\"\ntls_certificate = \"%s/tls/server-2.pem\"",
             fixture_dir(), fixture_dir());
    CHECK(reload(server, options, "event=reload.failed"), "a key of another certificate is taken");
    CHECK(reload(server, "workers = 3", "reload.restart_needed option=workers"),
          "what needs a restart is not said");
    after = peer_open(server, "coordinator");
    CHECK_TEXT(peer_reason(after, "hello", NULL), "ok");
    CHECK_TEXT(peer_reason(before, "hello", NULL), "ok");
out:
    peer_free(before);
    peer_free(after);
    server_stop(server);
}

/* Other bounds, and another log level, from now on. */
static void test_reload_limits(void)
{
    struct server *server = server_start("in_flight_connection_max = 100");
    struct peer *peer = server ? peer_open(server, "admin") : NULL;

    CHECK(server && reload(server, "in_flight_connection_max = 7\nlog_level = info",
                           "process=worker.0 event=reload.done"),
          "the worker does not reload");
    json_t *reply = peer_ask(peer, "hello", NULL);

    CHECK_NUMBER(reply_number(reply, "limits.in_flight"), 7);
    json_decref(reply);
    peer_free(peer);
    server_stop(server);
}

/* Another database from now on: one that is there, after one that is not. */
static void test_reload_database(void)
{
    struct server *server =
        server_launch("database = \"host=/nowhere user=entitled_daemon\"\nrequest_timeout_ms = 500");

    CHECK(server && server_log_await(server, 0, "event=lane.down", fixture_ms(WITHIN_MS)),
          "no lane says it is down");
    CHECK(server && reload(server, "", "process=worker.0 event=reload.done"), "the worker does not reload");
    CHECK(server && server_await(server, fixture_ms(WITHIN_MS)), "the new database is not used");
    server_stop(server);
}

#ifdef HAVE_SYSTEMD
/* Waits for a message to the service manager's socket that has this text. */
static bool notified(int fd, const char *text)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    char message[512];

    do {
        ssize_t length = recv(fd, message, sizeof message - 1, MSG_DONTWAIT);

        message[length > 0 ? length : 0] = '\0';
        if (strstr(message, text))
            return true;
    } while (moment_wait(deadline_ms));
    return false;
}

/* What systemd is told: that it is ready, alive, reloading, stopping. */
static void test_notify(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/notify", fixture_dir());
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "no socket %s", address.sun_path);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", "200000", 1);
    struct server *server = server_launch("");

    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    CHECK(notified(fd, "READY=1"), "it does not say that it is ready");
    CHECK(notified(fd, "WATCHDOG=1") && notified(fd, "WATCHDOG=1"), "it does not say that it lives");
    if (server)
        server_signal(server, SIGHUP);
    CHECK(notified(fd, "RELOADING=1") && notified(fd, "READY=1"), "it does not say that it reloads");
    server_stop(server);
    CHECK(notified(fd, "STOPPING=1"), "it does not say that it stops");
    close(fd);
}
#endif

/* Runs `entitled --check-config` on a text; its code, and its message in outcome. */
static void config_check(const char *text, struct outcome *outcome)
{
    char path[FIXTURE_PATH_MAX + 32];
    const char *const argv[] = {fixture_program("entitled"), "--check-config", "-c", path, NULL};

    snprintf(path, sizeof path, "%s/check.conf", fixture_dir());
    file_write(path, text);
    process_run(&(struct process_wish){.argv = argv}, fixture_ms(WITHIN_MS), outcome);
}

static void test_check_config(void)
{
    static const struct {
        const char *text, *line, *allowed;
    } bad[] = {{"\nworkers = 0\n", "check.conf:2:", "1 to 64 processes"},
               {"workers = many\n", "check.conf:1:", "workers"},
               {"\n\n# x\nworker = 2\n", "check.conf:4:", "worker"},
               {"log_level = loud\n", "check.conf:1:", "error|warn|info|debug"},
               {"database = \"\"\n", "check.conf:1:", "database"},
               {"listen = \"nowhere\"\n", "check.conf", "nowhere"},
               {"listen = \"127.0.0.1:99999\"\n", "check.conf", "99999"},
               {"workers = 2 }\n", "check.conf:1:", ""},
               {"tls_ca = \"unclosed\n", "check.conf", ""},
               {"handshake_timeout_ms = 99999999999999999999\n", "check.conf:1:", "handshake_timeout_ms"}};
    struct outcome outcome;
    char path[FIXTURE_PATH_MAX];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        config_check(bad[i].text, &outcome);
        CHECK(outcome.code == 1, "\"%s\": exit code %d", bad[i].text, outcome.code);
        CHECK_HAS(outcome.err, bad[i].line);
        CHECK_HAS(outcome.err, bad[i].allowed);
        CHECK(strchr(outcome.err, '\n') == strrchr(outcome.err, '\n'), "more than a sentence: %s", outcome.err);
        outcome_release(&outcome);
    }
    config_check("workers = 4\nlog_level = warn\n", &outcome);
    CHECK_NUMBER(outcome.code, 0);
    CHECK_HAS(outcome.out, "ok");
    outcome_release(&outcome);
    char *shipped = file_text(fixture_source("conf/entitled.conf", path));

    config_check(shipped, &outcome);
    CHECK(outcome.code == 0, "conf/entitled.conf: %s", outcome.err);
    free(shipped);
    outcome_release(&outcome);
}

/* Files and addresses that cannot be used: one sentence in the log, and an end that is not success. */
static void test_bad_start(void)
{
    static const struct {
        const char *options, *why;
    } bad[] = {{"tls_ca = \"/nowhere/ca.pem\"", "CA file /nowhere/ca.pem"},
               {"tls_key = \"/dev/null\"", "key file /dev/null"},
               {"listen = \"192.0.2.1:1\"", "192.0.2.1"},
               {"workers = 65", "1 to 64"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct server *server = server_launch(bad[i].options);

        if (!server)
            continue;
        CHECK_NUMBER(server_wait(server, fixture_ms(WITHIN_MS)), 1);
        CHECK(server_log_await(server, 0, bad[i].why, 100), "\"%s\" is not in the log", bad[i].why);
        server_stop(server);
    }
}

/* Waits for a worker that is not one of the old; 0 where none comes. */
static pid_t worker_await(const struct server *server, pid_t old)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    pid_t pids[SERVER_WORKERS_MAX];

    do {
        if (server_workers(server, pids) == 1 && pids[0] != old)
            return pids[0];
    } while (moment_wait(deadline_ms));
    return 0;
}

/* A worker that falls is started again, after a pause that grows. */
static void test_worker_falls(void)
{
    struct server *server = server_start("");
    pid_t pid = server ? worker_await(server, 0) : 0;

    for (int i = 0; pid > 0 && i < 3; i++) {
        static const char *const pauses[] = {"restart_in_ms=100", "restart_in_ms=200", "restart_in_ms=400"};
        long since = server_log_size(server);

        kill(pid, SIGKILL);
        CHECK(server_log_await(server, since, pauses[i], fixture_ms(WITHIN_MS)), "the pause is not %s", pauses[i]);
        pid = worker_await(server, pid);
        CHECK(pid > 0, "no worker comes after fall %d", i + 1);
    }
    CHECK(server && server_await(server, fixture_ms(WITHIN_MS)), "it does not serve again");
    server_stop(server);
}

/* A worker that hangs is killed after ten seconds, and another serves. */
static void test_worker_hangs(void)
{
    struct server *server = server_start("");
    pid_t pid = server ? worker_await(server, 0) : 0;

    if (pid > 0) {
        kill(pid, SIGSTOP);
        CHECK(server_log_await(server, 0, "event=worker.silent", fixture_ms(WITHIN_MS)),
              "a silent worker may stay");
        CHECK(worker_await(server, pid) > 0, "no worker comes in its place");
        CHECK(server_await(server, fixture_ms(WITHIN_MS)), "it does not serve again");
    }
    server_stop(server);
}

/* The supervisor dies: its workers do not stay behind. */
static void test_supervisor_dies(void)
{
    struct server *server = server_start("drain_timeout_ms = 500");
    pid_t pid = server ? worker_await(server, 0) : 0;
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);

    if (pid > 0) {
        server_signal(server, SIGKILL);
        CHECK_NUMBER(server_wait(server, fixture_ms(WITHIN_MS)), 128 + SIGKILL);
        while (kill(pid, 0) == 0 && moment_wait(deadline_ms))
            continue;
        CHECK(kill(pid, 0) != 0, "its worker stays");
    }
    server_stop(server);
}

#ifdef HAVE_SYSTEMD
/*
 * systemd opens the sockets: who comes before the daemon is there waits and is answered, also while it is started
 * anew; what `listen` says is not used.
 */
static void test_activation(void)
{
    struct server *server = server_start(NULL);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    const char *const argv[] = {fixture_program("entitle"), "--profile", "admin", "hello", NULL};
    char home[FIXTURE_PATH_MAX + 32];
    const char *const env[] = {home, NULL};

    if (!server)
        return;
    snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s", server->dir);
    address.sin_port = htons((uint16_t)server->port);
    server_signal(server, SIGTERM);
    CHECK_NUMBER(server_wait(server, fixture_ms(WITHIN_MS)), 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    CHECK(bind(listening, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listening, 8) == 0,
          "its port cannot be listened on");
    CHECK(server_configure(server, "listen = \"127.0.0.1:1\""), "it cannot be configured");
    for (int round = 0; round < 2; round++) {
        long log_before = server_log_size(server);
        pid_t early = process_start(&(struct process_wish){.argv = argv, .env = env, .output = "/dev/null"});

        CHECK(server_activate(server, listening), "it does not start");
        CHECK(server_await(server, fixture_ms(WITHIN_MS)), "it does not answer");
        CHECK_NUMBER(process_wait(early, fixture_ms(WITHIN_MS)), 0); /* it came when nobody was there */
        char *text = file_text(server->log);

        CHECK(strstr(text + log_before, "listener.opened") == NULL, "it opened a socket of its own");
        free(text);
        server_signal(server, SIGTERM);
        CHECK_NUMBER(server_wait(server, fixture_ms(WITHIN_MS)), 0);
    }
    close(listening);
    server_stop(server);
}
#endif

CU_ErrorCode service_register(void)
{
    CU_TestInfo tests[] = {{"SIGTERM: what is in flight is answered", test_drain},
                           {"SIGTERM: no longer than drain_timeout_ms", test_drain_timeout},
                           {"SIGHUP: a new certificate, bad ones kept out", test_reload},
                           {"SIGHUP: bounds", test_reload_limits},
                           {"SIGHUP: another database", test_reload_database},
#ifdef HAVE_SYSTEMD
                           {"sd_notify", test_notify},
                           {"sockets that systemd opens", test_activation},
#endif
                           {"--check-config", test_check_config},
                           {"what keeps it from starting", test_bad_start},
                           {"a worker falls", test_worker_falls},
                           {"a worker hangs", test_worker_hangs},
                           {"the supervisor dies", test_supervisor_dies},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"service", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
