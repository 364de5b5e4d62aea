/*
 * A worker: one process with one event loop, which accepts connections and serves them until it is
 * told to stop.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include "daemon/options.h"
#include <stdbool.h>
#include <stddef.h>

#define WORKER_BEAT_MS 1000 /* a byte to the supervisor each so often */

struct worker_settings {
    int number;              /* 0, 1, …: for the log */
    const char *config;      /* file to read again on SIGHUP */
    struct options *options; /* changed by a reload; the caller's to free */
    const int *sockets;      /* listening; the worker closes them */
    int socket_count;
    int heartbeat; /* pipe: written to each WORKER_BEAT_MS, the first time when all is set up */
    bool journal;  /* the log goes to systemd's journal */
};

/* True if a worker could serve with these options: the TLS files are good. Otherwise a sentence in why. */
bool worker_check(const struct options *options, char *why, size_t why_size);

/*
 * Runs the worker in this process. SIGTERM drains: nothing more is accepted or read, what is in flight
 * is answered (for at most drain_timeout_ms). SIGHUP reads the configuration and the TLS files again,
 * for what comes afterwards; where they are bad, it says so in the log and keeps what it had. Returns
 * the process's exit code: 0 after draining, 1 if it could not start (the log says why).
 */
int worker_run(const struct worker_settings *settings);

#endif
