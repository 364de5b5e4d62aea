/*
 * The TLS connection under a session, where libevent and OpenSSL need to be known well: making it,
 * saying what broke it, and closing it so that what was written last arrives.
 */
#ifndef DAEMON_STREAM_H
#define DAEMON_STREAM_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A TLS server's end on an accepted, non-blocking socket, which it owns from now on, in its handshake.
 * The context is not kept. NULL if memory ran out; the socket is closed then.
 */
struct bufferevent *stream_new(struct event_base *base, SSL_CTX *context, int fd);

/*
 * After BEV_EVENT_ERROR: what broke the connection, as a sentence in why. Returns true if it only is
 * that the client closed without TLS's goodbye.
 */
bool stream_error(struct bufferevent *stream, char *why, size_t why_size);

/* Says goodbye in TLS; the output must be empty. */
void stream_goodbye(struct bufferevent *stream);

/*
 * Writes and reads no more, and lets the client see that. Then stream_discard() is to be called until
 * it returns true, for a moment: closing a socket with unread bytes resets it, and a reset can destroy
 * what was just written.
 */
void stream_shut(struct bufferevent *stream);

/* Throws away what has arrived, past TLS. True if the client has closed, too. */
bool stream_discard(struct bufferevent *stream);

#endif
