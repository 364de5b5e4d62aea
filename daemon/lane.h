/*
 * A lane: one PostgreSQL connection with a queue.  When it is free it takes everything that waits (to
 * a bound) and sends it as one transaction; what arrives meanwhile forms the next.  So an idle system
 * answers one request at once, and a busy one shares a commit among hundreds.
 */
#ifndef DAEMON_LANE_H
#define DAEMON_LANE_H

#include "common/error.h"
#include "common/methods.h"
#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/*
 * What a lane can be asked: every method that is SQL's; and what only the daemon asks: who a certificate's owner
 * is, a page of events, to tell all workers that something was written, what time has made due; how far the primary
 * has written, and whether a standby has replayed that.
 */
enum {
    LANE_IDENTIFY = METHOD_COUNT,
    LANE_EVENTS,
    LANE_ANNOUNCE,
    LANE_TICK,
    LANE_POSITION,
    LANE_REPLAYED,
    LANE_CALL_COUNT
};

/* What a listening lane hears of: a principal was changed (its name), something was written (""). */
#define LANE_CHANNEL_PRINCIPAL "entitled_principal"
#define LANE_CHANNEL_EVENT "entitled_event"

struct lane;
struct lane_call;

/*
 * The answer to a call, exactly once, from the event loop (never from within lane_submit()).
 * error ERROR_COUNT: SQL answered; ok tells a result from an error object, body is its JSON text
 * (length bytes, good during the call only). Any other error: what became of it instead
 * (ERROR_UNAVAILABLE, ERROR_UNKNOWN_OUTCOME, ERROR_INTERNAL), body is NULL.
 * After it the lane no longer knows the call.
 */
typedef void lane_done_fn(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length);

/* One call; it is embedded in what the caller keeps for it, and stays the caller's memory. */
struct lane_call {
    TAILQ_ENTRY(lane_call) link;
    int what;           /* an enum method_id, or one of the above */
    int64_t caller;     /* principal's id; 0: the daemon itself */
    int64_t scope;      /* the caller's partner id, 0 for the program's: calls of one scope share a batch */
    const char *params; /* JSON text, borrowed until done */
    size_t params_length;
    int64_t deadline_ms; /* clock_monotonic_ms() by which it must be answered */
    int64_t patience_ms; /* so long without a connection it waits for one; 0: to its deadline */
    lane_done_fn *done;
    /* The lane's own: */
    int64_t submitted_ms;
    bool lost; /* was on the wire when the connection fell: its outcome is unknown */
    int alone; /* times it was asked by itself after a failed batch */
};

struct lane_settings {
    const char *name;     /* for the log: "write.0" */
    const char *conninfo; /* libpq's connection string */
    bool writes;          /* a write lane; the others are read-only */
    bool listens;         /* also LISTENs; then the two hooks are called */
    int batch_max;        /* calls a transaction */
    int connect_timeout_ms;
    int backoff_max_ms; /* between attempts to connect */
    void (*notified)(void *owner, const char *channel, const char *payload);
    void (*connected)(void *owner); /* connected anew: what was cached may be stale */
    void (*wrote)(void *owner);     /* a batch of a write lane was committed */
    void (*read_only)(void *owner); /* a write met a standby (25006): all lanes should be dropped */
    /*
     * Set: it is a lane to a standby. What it cannot answer in time (the connection fell, replay cancelled the
     * statement) is given back, unanswered, and no longer the lane's.
     */
    void (*give_back)(void *owner, struct lane_call *call);
    void *owner;
};

/* Counters since the start, and the gauges of now. */
struct lane_stats {
    uint64_t calls, batches, alone, connects;
    int queued, in_flight;
    bool up;
};

/* A lane on this loop, connecting at once. The strings are copied. NULL if memory ran out. */
struct lane *lane_new(struct event_base *base, const struct lane_settings *settings);

/* Whether a call (its `what`) is for the lanes that write. */
bool lane_call_writes(int what);

/* Whether a call may take minutes, and is for a lane of such. */
bool lane_call_is_slow(int what);

/* Queues a call; all that is not the lane's own is set. */
void lane_submit(struct lane *lane, struct lane_call *call);

/* Drops the connection and connects anew; calls in flight are sent again, or end as their deadline says. */
void lane_drop(struct lane *lane);

/* Another database from the next connection on. The string is copied. False if memory ran out. */
bool lane_set_conninfo(struct lane *lane, const char *conninfo);

void lane_stats(const struct lane *lane, struct lane_stats *stats);

/* Frees the lane. Nothing may be queued or in flight (drain first); what is, is answered ERROR_UNAVAILABLE. */
void lane_free(struct lane *lane);

#endif
