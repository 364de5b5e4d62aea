/*
 * What is read on a standby instead of the primary: reports, and what else may take minutes.  A call goes there
 * only once the standby has replayed all that was committed when the call came, so that nobody reads less there
 * than on the primary; if it lags, is not there, or cannot answer, the call is given back and goes to the primary.
 */
#ifndef DAEMON_STANDBY_H
#define DAEMON_STANDBY_H

#include "daemon/lane.h"
#include <event2/event.h>

struct standby;

struct standby_settings {
    const char *name;     /* of its lane, for the log: "standby.0" */
    const char *conninfo; /* libpq's connection string */
    int batch_max;
    int connect_timeout_ms;
    int backoff_max_ms;
    /* Asks the primary a call of the standby's own. */
    void (*ask_primary)(void *owner, struct lane_call *call);
    /* A call that is the primary's after all; its deadline is what it was. */
    void (*give_back)(void *owner, struct lane_call *call);
    void *owner;
};

/* A lane to a standby, connecting at once. The strings are copied. NULL if memory ran out. */
struct standby *standby_new(struct event_base *base, const struct standby_settings *settings);

/* Queues a call that reads; while the standby is not connected it is given back at once. */
void standby_submit(struct standby *standby, struct lane_call *call);

void standby_stats(const struct standby *standby, struct lane_stats *stats);

/* Frees it; what waits is answered ERROR_UNAVAILABLE. */
void standby_free(struct standby *standby);

#endif
