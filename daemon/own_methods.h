/* The methods that the daemon answers itself (METHOD_DAEMON in methods.def): hello and server.stats. */
#ifndef DAEMON_OWN_METHODS_H
#define DAEMON_OWN_METHODS_H

#include "common/methods.h"
#include "daemon/lane.h"
#include "daemon/options.h"
#include "daemon/principal.h"
#include <stdint.h>

/* What they tell of. */
struct own_facts {
    const struct principal *caller;
    const struct options *options;
    int64_t started_ms; /* clock_monotonic_ms() */
    uint64_t requests, refused, errors, busy, accepted, turned_away;
    uint64_t events, gaps; /* told to those who watch; watches that ended with a gap */
    int connections, in_flight, watches;
    int lanes_count;
    const char *const *lane_names;
    const struct lane_stats *lanes;
};

/* The result of such a method as JSON text, for free(); NULL if memory ran out or the method is not one. */
char *own_method_result(enum method_id method, const struct own_facts *facts);

#endif
