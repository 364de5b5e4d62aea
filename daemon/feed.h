/*
 * The feed of a worker: asks the database for what has happened since it asked last, when a notification says that
 * something has, or a while has passed; and tells the other workers when this one has written.
 */
#ifndef DAEMON_FEED_H
#define DAEMON_FEED_H

#include "common/error.h"
#include "daemon/lanes.h"
#include "daemon/options.h"
#include "daemon/watch_page.h"
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct feed;

struct feed_hooks {
    /* Events, of all partners. feed_cursor() and feed_settled() are those after this page. */
    void (*page)(void *owner, const struct watch_page *page);
    /* The database is away; the feed goes on asking. */
    void (*away)(void *owner);
    /* The feed's cursor has lost its meaning (a failover): it begins anew, what happened meanwhile is not told. */
    void (*broken)(void *owner);
};

/* A feed that does not run. Lanes and hooks are borrowed. NULL if memory ran out. */
struct feed *feed_new(struct event_base *base, const struct options *options, struct lanes *lanes,
                      const struct feed_hooks *hooks, void *owner);

/* From now on, or no more (its cursor is then forgotten). */
void feed_run(struct feed *feed, bool run);

/* Something may have happened: asks soon. */
void feed_poke(struct feed *feed);

/* This worker has written something: tells all, itself too. */
void feed_wrote(struct feed *feed);

/* Asks nothing while it is held; each true is undone by a false. */
void feed_hold(struct feed *feed, bool hold);

/* Up to where it is; NULL before its first answer. Settled: not in the middle of a window that has more pages. */
const char *feed_cursor(const struct feed *feed);
bool feed_settled(const struct feed *feed);

/* Windows begun so far: what was visible before this was read is in the next one, or before it. */
uint64_t feed_windows(const struct feed *feed);

void feed_reload(struct feed *feed, const struct options *options);

/* After the lanes: no answer may come any more. NULL is allowed. */
void feed_free(struct feed *feed);

#endif
