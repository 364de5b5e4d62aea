/* Owns the daemons that are running, their folders and logs. */
#include "tests/system/server.h"

#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/logfmt.h"
#include "tests/system/peer.h"
#include "tests/system/process.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_MS 20000
#define STOP_MS 20000
#define SERVERS_MAX 16
#define TAIL_LINES 12

static struct server *running[SERVERS_MAX];

static int port_free(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = 0;

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &length) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

static bool profiles_write(const struct server *server)
{
    char path[FIXTURE_PATH_MAX + 128], text[FIXTURE_LINE_MAX];
    static const char *const others[] = {"not-enrolled", "expired", "other", "self-signed", NULL};
    const struct fixture_principal *each = fixture_principals();
    bool good = true;

    snprintf(path, sizeof path, "%s/entitle", server->dir);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/entitle/profiles", server->dir);
    mkdir(path, 0755);
    for (int i = 0; good && (each->name || others[i]);) {
        const char *name = each->name ? (each++)->name : others[i++];

        snprintf(path, sizeof path, "%s/entitle/profiles/%s.conf", server->dir, name);
        snprintf(text, sizeof text,
                 "address = \"127.0.0.1:%d\"\nca = \"%s/tls/ca.pem\"\ncertificate = \"%s/tls/%s.pem\"\n"
                 "key = \"%s/tls/%s.key\"\n",
                 server->port, fixture_dir(), fixture_dir(), name, fixture_dir(), name);
        good = file_write(path, text);
    }
    return good;
}

bool server_configure(struct server *server, const char *options)
{
    char text[FIXTURE_LINE_MAX * 2];

    snprintf(text, sizeof text,
             "listen = \"127.0.0.1:%d\"\ndatabase = \"%s\"\ntls_ca = \"%s/tls/ca.pem\"\n"
             "tls_certificate = \"%s/tls/server.pem\"\ntls_key = \"%s/tls/server.key\"\n"
             "workers = 1\nlog_level = debug\nbackoff_max_ms = 200\n%s\n",
             server->port, fixture_conninfo("entitled_daemon"), fixture_dir(), fixture_dir(), fixture_dir(),
             options ? options : "");
    return file_write(server->config, text);
}

bool server_activate(struct server *server, int socket)
{
    const char *wrapper = getenv("ENTITLED_WRAPPER");
    char words[FIXTURE_LINE_MAX];
    const char *argv[32] = {NULL};
    int count = 0;

    snprintf(words, sizeof words, "%s", wrapper ? wrapper : "");
    for (char *word = strtok(words, " "); word && count < 24; word = strtok(NULL, " "))
        argv[count++] = word;
    argv[count++] = fixture_program("entitled");
    argv[count++] = "-c";
    argv[count++] = server->config;
    server->pid = process_start(
        &(struct process_wish){.argv = argv, .output = server->log, .error = server->log, .listens = socket});
    return server->pid > 0;
}

bool server_again(struct server *server)
{
    return server_activate(server, 0);
}

struct server *server_launch(const char *options)
{
    struct server *server = calloc(1, sizeof *server);
    int at = 0;
    static int number;

    while (at < SERVERS_MAX && running[at])
        at++;
    if (!server || at == SERVERS_MAX)
        abort();
    snprintf(server->dir, sizeof server->dir, "%.400s/server-%d", fixture_dir(), ++number);
    snprintf(server->config, sizeof server->config, "%s/entitled.conf", server->dir);
    snprintf(server->log, sizeof server->log, "%s/log", server->dir);
    server->port = port_free();
    if (mkdir(server->dir, 0755) == 0 && server_configure(server, options) && profiles_write(server) &&
        server_again(server)) {
        running[at] = server;
        return server;
    }
    fprintf(stderr, "system: a daemon could not be started in %s\n", server->dir);
    free(server);
    return NULL;
}

bool server_await(struct server *server, int within_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + within_ms;
    char why[PEER_WHY_MAX] = "";

    do {
        struct peer *peer = peer_try(server, "admin", 5000, why);
        bool there = peer && strcmp(peer_reason(peer, "hello", NULL), "ok") == 0;

        peer_free(peer);
        if (there)
            return true;
    } while (process_runs(server->pid) && moment_wait(deadline_ms));
    fprintf(stderr, "system: the daemon on port %d does not answer hello: %s\n", server->port, why);
    return false;
}

struct server *server_start(const char *options)
{
    struct server *server = server_launch(options);

    if (server && !CHECK(server_await(server, fixture_ms(START_MS)), "the daemon does not answer")) {
        server_stop(server);
        server = NULL;
    }
    return server;
}

void server_signal(const struct server *server, int number)
{
    if (server->pid > 0)
        kill(server->pid, number);
}

int server_wait(struct server *server, int within_ms)
{
    int code = process_wait(server->pid, within_ms);

    server->pid = 0;
    return code;
}

/* Every line is logfmt, and none has what it should not. */
static void log_check(const struct server *server)
{
    char *text = file_text(server->log), *line, *rest = text;
    int wrong = 0;
    char why[256];

    while ((line = strsep(&rest, "\n"))) {
        if (!line[0] || strncmp(line, "==", 2) == 0)
            continue;
        if (!logfmt_line(line, why, sizeof why) && wrong++ < 3)
            CHECK(false, "%s: %s: %.300s", server->log, why, line);
        if ((strstr(line, SERVER_SECRET) || strstr(line, "PRIVATE KEY") || strstr(line, "password")) && wrong++ < 3)
            CHECK(false, "%s: a secret in: %.300s", server->log, line);
    }
    CHECK_NUMBER(wrong, 0);
    free(text);
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    if (server->pid > 0) {
        server_signal(server, SIGTERM);
        int code = server_wait(server, fixture_ms(STOP_MS));

        if (!CHECK(code == 0, "the daemon ended with %d", code))
            server_tell();
    }
    log_check(server);
    for (int i = 0; i < SERVERS_MAX; i++)
        if (running[i] == server)
            running[i] = NULL;
    free(server);
}

int server_workers(const struct server *server, pid_t pids[SERVER_WORKERS_MAX])
{
    char path[64];
    int count = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)server->pid, (int)server->pid);
    char *text = file_text(path), *rest = text, *word;

    while ((word = strsep(&rest, " \n")) && count < SERVER_WORKERS_MAX)
        if (word[0])
            pids[count++] = atoi(word);
    free(text);
    return count;
}

long server_memory_kib(const struct server *server)
{
    pid_t pids[SERVER_WORKERS_MAX];
    int count = server_workers(server, pids);
    char path[64];
    long sum = 0;

    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/proc/%d/status", (int)pids[i]);
        char *text = file_text(path);
        const char *line = strstr(text, "VmRSS:");

        sum += line ? atol(line + 6) : 0;
        free(text);
    }
    return sum;
}

long server_log_size(const struct server *server)
{
    struct stat status;

    return stat(server->log, &status) == 0 ? (long)status.st_size : 0;
}

bool server_log_await(const struct server *server, long since, const char *wanted, int within_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + within_ms;

    do {
        char *text = file_text(server->log);
        bool there = (long)strlen(text) > since && strstr(text + since, wanted);

        free(text);
        if (there)
            return true;
    } while (moment_wait(deadline_ms));
    return false;
}

static void tail_print(const char *path)
{
    char *text = file_text(path), *from = text + strlen(text);

    for (int lines = 0; from > text && lines <= TAIL_LINES; from--)
        lines += from[-1] == '\n';
    fprintf(stderr, "---- the end of %s\n%s----\n", path, from);
    free(text);
}

void server_tell(void)
{
    for (int i = 0; i < SERVERS_MAX; i++)
        if (running[i])
            tail_print(running[i]->log);
}
