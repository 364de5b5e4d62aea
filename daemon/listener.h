/*
 * Listening sockets: opens those of the configuration, or takes systemd's; and accepts connections from
 * them on an event loop.  The sockets are opened once, before the workers are forked, and shared.
 */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define LISTENER_SOCKETS_MAX 32
#define LISTENER_ADDRESS_TEXT_MAX 64

struct listener_address {
    struct sockaddr_storage address;
    socklen_t length;
};

/*
 * Parses "127.0.0.1:20040 [::1]:20040" into at most LISTENER_SOCKETS_MAX addresses (at least one).
 * Returns how many, or -1 with a sentence in why.
 */
int listener_parse(const char *text, struct listener_address *addresses, char *why, size_t why_size);

/*
 * Opens a listening, non-blocking socket for each address of text; or, where systemd has passed
 * sockets to this process, takes those and ignores text. IPv6 addresses are left out (and logged) on a
 * machine without IPv6, unless nothing else is there. Returns the number of sockets put into fds
 * (LISTENER_SOCKETS_MAX of them), which the caller closes; or -1 with a sentence in why.
 */
int listener_open(const char *text, int *fds, char *why, size_t why_size);

/* An address and port as text ("[::1]:20040"), in text (LISTENER_ADDRESS_TEXT_MAX bytes); returns it. */
char *listener_address_text(const struct sockaddr *address, char *text);

struct listener;

/* A connection was accepted: fd is non-blocking and the callee's. address is good during the call only. */
typedef void listener_accepted_fn(void *owner, int fd, const struct sockaddr *address, socklen_t length);

/*
 * Accepts on this loop from the sockets, which are the listener's from now on (of this process: those
 * of others that were forked stay open). Where no descriptor is free it pauses for a moment, logged.
 * NULL if memory ran out.
 */
struct listener *listener_new(struct event_base *base, const int *fds, int count, listener_accepted_fn *accepted,
                              void *owner);

/* Accepts no more and closes the sockets. NULL is allowed. */
void listener_free(struct listener *listener);

#endif
