/* Owns what the daemon can say without the database: who it is, its limits, its counters. */
#include "daemon/own_methods.h"

#include "common/clock.h"
#include "common/line.h"
#include "common/rpc.h"
#include "config.h"
#include <jansson.h>
#include <unistd.h>

static json_t *hello(const struct own_facts *facts)
{
    const struct principal *caller = facts->caller;
    json_t *principal = json_pack("{s:s, s:s}", "name", caller->name, "role", role_name(caller->role));
    char now[CLOCK_TEXT_MAX];

    if (principal && caller->partner[0])
        json_object_set_new(principal, "partner", json_string(caller->partner));
    return json_pack("{s:s, s:s, s:s, s:o, s:{s:i, s:i, s:I, s:I}, s:s}", "server", PACKAGE_NAME, "version",
                     PACKAGE_VERSION, "protocol", "entitle/1", "principal", principal, "limits", "line_bytes",
                     LINE_BYTES_MAX, "batch", RPC_BATCH_MAX, "in_flight",
                     (json_int_t)facts->options->in_flight_connection_max, "request_timeout_ms",
                     (json_int_t)facts->options->request_timeout_ms, "time", clock_format(clock_wall_us(), now));
}

static json_t *lane_object(const char *name, const struct lane_stats *lane)
{
    return json_pack("{s:s, s:b, s:i, s:i, s:I, s:I, s:I, s:I}", "lane", name, "up", lane->up, "queued",
                     lane->queued, "in_flight", lane->in_flight, "calls", (json_int_t)lane->calls, "batches",
                     (json_int_t)lane->batches, "alone", (json_int_t)lane->alone, "connects",
                     (json_int_t)lane->connects);
}

static json_t *server_stats(const struct own_facts *facts)
{
    json_t *lanes = json_array();

    for (int i = 0; i < facts->lanes_count; i++)
        json_array_append_new(lanes, lane_object(facts->lane_names[i], &facts->lanes[i]));
    return json_pack("{s:i, s:I, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:I, s:I, s:o}", "worker",
                     (int)getpid(), "uptime_s", (json_int_t)((clock_monotonic_ms() - facts->started_ms) / 1000),
                     "connections", facts->connections, "in_flight", facts->in_flight, "accepted",
                     (json_int_t)facts->accepted, "turned_away", (json_int_t)facts->turned_away, "requests",
                     (json_int_t)facts->requests, "refused", (json_int_t)facts->refused, "errors",
                     (json_int_t)facts->errors, "busy", (json_int_t)facts->busy, "watches", facts->watches,
                     "events", (json_int_t)facts->events, "gaps", (json_int_t)facts->gaps, "lanes", lanes);
}

static json_t *(*const methods[METHOD_COUNT])(const struct own_facts *facts) = {
    [METHOD_HELLO] = hello, [METHOD_SERVER_STATS] = server_stats};

char *own_method_result(enum method_id method, const struct own_facts *facts)
{
    json_t *result = method < METHOD_COUNT && methods[method] ? methods[method](facts) : NULL;
    char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;

    json_decref(result);
    return text;
}
