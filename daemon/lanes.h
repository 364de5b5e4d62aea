/*
 * The lanes of a worker: so many that write, so many that read, and which of them a call takes.  A write
 * takes the lane that the hash of its route chooses, so that two lanes seldom wait for one lock; a read
 * takes the shortest queue; what may take minutes has lanes of its own, so that nothing else waits behind it, and
 * is read on a standby where there is one (daemon/standby.h).
 */
#ifndef DAEMON_LANES_H
#define DAEMON_LANES_H

#include "daemon/lane.h"
#include "daemon/options.h"
#include "daemon/own_methods.h"
#include <event2/event.h>

struct lanes;

/* What lanes tell of; all from the loop. */
struct lanes_hooks {
    /* A principal was created, enabled or disabled; name NULL: any may have been (the connection was lost). */
    void (*principal_changed)(void *owner, const char *name);
    /* Some worker of some daemon has written something, or may have (the connection was lost). */
    void (*happened)(void *owner);
    /* A write of this worker was committed. */
    void (*wrote)(void *owner);
};

/* Makes and connects the lanes that options tell. The hooks are borrowed for their life. NULL if memory ran out. */
struct lanes *lanes_new(struct event_base *base, const struct options *options, const struct lanes_hooks *hooks,
                        void *owner);

/* Queues a call. route: what competes for one grant has the same; NULL: any lane. */
void lanes_submit(struct lanes *lanes, struct lane_call *call, const char *route);

/* Another database and other limits, from the next connection on. */
void lanes_reload(struct lanes *lanes, const struct options *options);

/* Fills in the part of facts that is about lanes; good until the next call. */
void lanes_facts(struct lanes *lanes, struct own_facts *facts);

void lanes_free(struct lanes *lanes);

#endif
