/*
 * A session: one client connection.  TLS handshake, who is at the other end, lines in, replies out,
 * a deadline for everything that a client can leave undone, and an orderly goodbye.
 */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include "daemon/dispatch.h"
#include "daemon/options.h"
#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct session;

/* All sessions of a worker, and what they share. The worker fills the upper half. */
struct sessions {
    struct event_base *base;
    const struct options *options; /* read anew at each use: a reload counts at once */
    struct dispatch *dispatch;
    void (*closed)(void *owner); /* a session was freed; called from the loop */
    void *owner;

    LIST_HEAD(session_list, session) list;
    int open;          /* sessions in the list */
    uint64_t accepted; /* sessions ever made; numbers them in the log */
};

/* What dispatch_new() is to be given: dispatch's `void *session` is a struct session. */
extern const struct dispatch_hooks session_hooks;

/*
 * A session for an accepted, non-blocking socket, which it owns from now on, with TLS of this context
 * (not kept: the context may be freed). It frees itself when it is over. False if memory ran out; the
 * socket is closed then.
 */
bool session_new(struct sessions *sessions, SSL_CTX *context, int fd, const struct sockaddr *peer,
                 socklen_t peer_length);

/* All sessions: read no more, answer what was read, say goodbye. Those not identified yet end at once. */
void sessions_drain(struct sessions *sessions);

/* Frees all sessions at once, whatever they are doing. Not from within a session's callback. */
void sessions_free(struct sessions *sessions);

#endif
