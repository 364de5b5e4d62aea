/*
 * Watches: which client is to be told of which events, and up to where it has been told.  A watch that begins at an
 * older cursor first gets what has happened since, a page at a time as its client reads, and then goes on with the
 * feed's events, none missing and none twice.  Of a client that does not keep up the watch ends with a gap notice.
 */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include "daemon/lanes.h"
#include "daemon/options.h"
#include "daemon/own_methods.h"
#include "daemon/principal.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>

struct watch;
struct watches; /* of a worker */

/* The watches of one client; embedded in what the caller keeps for it. All zero but owner: none. */
struct watch_client {
    LIST_HEAD(, watch) list;
    int count, last_number;
    void *owner;
};

struct watches_hooks {
    /* May this client be given more? If not, watches_room() is to be called when it may again. */
    bool (*room)(void *client_owner);
    /* Lines for a client; out is left empty. */
    void (*send)(void *client_owner, struct evbuffer *out);
};

/* One request of a client. call->done() is called once with the answer, at once or later, as a lane would. */
struct watch_ask {
    struct watch_client *client;
    const struct principal *who;
    json_t *params; /* checked; borrowed for the call; NULL: none */
    struct lane_call *call;
};

typedef void watch_method_fn(struct watches *watches, const struct watch_ask *ask);

/* watch.start: {"watch", "cursor"}. watch.stop: {"stopped"}: how many. */
watch_method_fn watches_start, watches_stop;

/* No watches. Lanes and hooks are borrowed; options too. NULL if memory ran out. */
struct watches *watches_new(struct event_base *base, const struct options *options, struct lanes *lanes,
                            const struct watches_hooks *hooks);

/* What the lanes tell: something may have happened; a write of this worker was committed. */
void watches_happened(struct watches *watches);
void watches_wrote(struct watches *watches);

/* The client has room again. */
void watches_room(struct watches *watches, struct watch_client *client);

/* The client is going: nothing is sent to it any more. Requests that wait are answered later. */
void watches_leave(struct watch_client *client);

/* Fills in the part of facts that is about watches. */
void watches_facts(const struct watches *watches, struct own_facts *facts);

void watches_reload(struct watches *watches, const struct options *options);

/* After the lanes; no client may have a watch. NULL is allowed. */
void watches_free(struct watches *watches);

#endif
