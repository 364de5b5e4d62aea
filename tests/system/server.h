/*
 * A daemon under test: the real program, with a configuration of its own, on a free port of the loopback.
 * Whoever stops it learns its exit code, and every line of its log is looked at.
 */
#ifndef TESTS_SYSTEM_SERVER_H
#define TESTS_SYSTEM_SERVER_H

#include "tests/system/fixture.h"
#include <stdbool.h>
#include <sys/types.h>

#define SERVER_WORKERS_MAX 16

struct server {
    pid_t pid; /* 0: it does not run */
    int port;
    char dir[FIXTURE_PATH_MAX]; /* its configuration, its log, and entitle/ with profiles for the client */
    char config[FIXTURE_PATH_MAX + 16];
    char log[FIXTURE_PATH_MAX + 16];
};

/*
 * Starts a daemon and waits until it answers hello. options: lines of entitled.conf beside the usual ones
 * (one worker, log_level debug); a later line wins. NULL where it could not be started (said why).
 */
struct server *server_start(const char *options);

/* Starts it only; server_await() waits until it answers hello to the administrator. */
struct server *server_launch(const char *options);
bool server_await(struct server *server, int within_ms);

/* Writes its configuration anew: for SIGHUP, or before server_again() starts it once more. */
bool server_configure(struct server *server, const char *options);
bool server_again(struct server *server);

/* The same with a listening socket that is passed to it as systemd does. */
bool server_activate(struct server *server, int socket);

void server_signal(const struct server *server, int number);

/* Waits for its end; its exit code, -1 where it had to be killed. */
int server_wait(struct server *server, int within_ms);

/* SIGTERM, and that it ends with 0 and has a clean log, as checks; frees the server. NULL is allowed. */
void server_stop(struct server *server);

/* The workers' process ids; how many. */
int server_workers(const struct server *server, pid_t pids[SERVER_WORKERS_MAX]);

/* Resident memory of the workers, in KiB. */
long server_memory_kib(const struct server *server);

/* Waits until its log has this text, in a line of its own or not; from the offset `since` of the log on. */
bool server_log_await(const struct server *server, long since, const char *text, int within_ms);
long server_log_size(const struct server *server);

/* Prints the end of the log of every server that has been started and not stopped. */
void server_tell(void);

/* What no log may have; the tests put it into titles, notes and names. */
#define SERVER_SECRET "s3cr3t-of-a-partner"

#endif
