/*
 * The tick: asks the database, once every tick_ms, to do what time alone makes due (warnings of clocks, escalations
 * that take effect or go up). Every worker of every daemon asks; the database lets one of them do it.
 */
#ifndef DAEMON_TICKER_H
#define DAEMON_TICKER_H

#include "daemon/lanes.h"
#include "daemon/options.h"
#include <event2/event.h>

struct ticker;

/* A ticker that runs. Lanes and options are borrowed. NULL if memory ran out. */
struct ticker *ticker_new(struct event_base *base, const struct options *options, struct lanes *lanes);

void ticker_reload(struct ticker *ticker, const struct options *options);

/* After the lanes: no answer may come any more. NULL is allowed. */
void ticker_free(struct ticker *ticker);

#endif
