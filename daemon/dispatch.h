/*
 * From a line to its answers: takes the requests of a line apart, checks role and shape, sends each to
 * its lane (or to the daemon's own methods), and gives the session the reply when it is whole.
 * Also keeps who the principals are.
 */
#ifndef DAEMON_DISPATCH_H
#define DAEMON_DISPATCH_H

#include "common/error.h"
#include "daemon/options.h"
#include "daemon/principal.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dispatch;
struct dispatch_client; /* a session, as dispatch sees it */

/* What dispatch needs of a session. */
struct dispatch_hooks {
    /* A reply is in `out` (whole lines, with LF; or nothing, when a notification has been carried out), or events.
     * Called from the loop or from within dispatch_line(). */
    void (*reply)(void *session, struct evbuffer *out);
    /* The last request of this client has been answered; sent only after dispatch_client_leave(). */
    void (*idle)(void *session);
    /* The principal was identified, or is not enrolled (who == NULL and error says which). */
    void (*identified)(void *session, const struct principal *who, enum error_id error);
    /* The principal was disabled or changed: say goodbye (a line with an error may still be sent). */
    void (*revoked)(void *session);
    /* True if events may be sent to it. If not, dispatch_client_room() is to be called when they may again. */
    bool (*room)(void *session);
};

/* Connects the lanes of a worker. Returns NULL if memory ran out. */
struct dispatch *dispatch_new(struct event_base *base, const struct options *options,
                              const struct dispatch_hooks *hooks);

/* A client with this certificate fingerprint (hex); hooks->identified() follows, from the loop. */
struct dispatch_client *dispatch_client_new(struct dispatch *dispatch, void *session, const char *fingerprint);

/*
 * Takes a line. Returns false if the connection must be closed after what hooks->reply() was given
 * (not JSON, not a request at all). The client must have been identified.
 */
bool dispatch_line(struct dispatch_client *client, const char *line, size_t length);

/* Requests of this client in flight: the session stops reading at its bound. */
int dispatch_client_in_flight(const struct dispatch_client *client);

/* Watches of this client: it is not idle while it has any. */
int dispatch_client_watches(const struct dispatch_client *client);

/* The session has room for events again. */
void dispatch_client_room(struct dispatch_client *client);

/*
 * The session is going: no hook but idle() is called for it from now on; requests that wait are
 * carried out, their replies dropped. Frees the client when the last is done, at once if none is.
 */
void dispatch_client_leave(struct dispatch_client *client);

/* Requests of all clients in flight; 0: drained. */
int dispatch_in_flight(const struct dispatch *dispatch);

/* Takes over new limits, and a new database; options stay the caller's and live as long as dispatch. */
void dispatch_reload(struct dispatch *dispatch, const struct options *options);

/* The number of connections now, for server.stats. */
void dispatch_note_connections(struct dispatch *dispatch, int open, uint64_t accepted, uint64_t refused);

/* Frees the lanes; no client may be left. */
void dispatch_free(struct dispatch *dispatch);

#endif
