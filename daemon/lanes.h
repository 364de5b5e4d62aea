/*
 * The lanes of a worker: so many that write, so many that read, and which of them a call takes.  A write
 * takes the lane that the hash of its route chooses, so that two lanes seldom wait for one lock; a read
 * takes the shortest queue.
 */
#ifndef DAEMON_LANES_H
#define DAEMON_LANES_H

#include "daemon/lane.h"
#include "daemon/options.h"
#include "daemon/own_methods.h"
#include <event2/event.h>

struct lanes;

/* A principal was created, enabled or disabled; name NULL: any may have been (the connection was lost). */
typedef void lanes_principal_fn(void *owner, const char *name);

/* Makes and connects the lanes that options tell. NULL if memory ran out. */
struct lanes *lanes_new(struct event_base *base, const struct options *options,
                        lanes_principal_fn *principal_changed, void *owner);

/* Queues a call. route: what competes for one grant has the same; NULL: any lane. */
void lanes_submit(struct lanes *lanes, struct lane_call *call, const char *route);

/* Another database and other limits, from the next connection on. */
void lanes_reload(struct lanes *lanes, const struct options *options);

/* Fills in the part of facts that is about lanes; good until the next call. */
void lanes_facts(struct lanes *lanes, struct own_facts *facts);

void lanes_free(struct lanes *lanes);

#endif
