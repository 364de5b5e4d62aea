/* Owns a worker's lanes, and the choice among them. */
#include "daemon/lanes.h"

#include "common/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lanes {
    struct lane **lanes; /* the writing ones first, then the reading ones, the slow one last */
    struct lane_stats *stats;
    char (*names)[24];
    const char **name_list;
    int writes, reads, count;
    char *conninfo;
    const struct lanes_hooks *hooks;
    void *owner;
};

/* FNV-1a: enough to spread partners. */
static unsigned route_hash(const char *route)
{
    unsigned hash = 2166136261u;

    for (; *route; route++)
        hash = (hash ^ (unsigned char)*route) * 16777619u;
    return hash;
}

static struct lane *lane_shortest(struct lane *const *lanes, int count)
{
    struct lane *shortest = lanes[0];
    struct lane_stats stats;
    int length, least = -1;

    for (int i = 0; i < count; i++) {
        lane_stats(lanes[i], &stats);
        length = stats.queued + stats.in_flight;
        if (stats.up && (least < 0 || length < least)) {
            least = length;
            shortest = lanes[i];
        }
    }
    return shortest;
}

void lanes_submit(struct lanes *lanes, struct lane_call *call, const char *route)
{
    if (lane_call_is_slow(call->what))
        lane_submit(lanes->lanes[lanes->count - 1], call);
    else if (!lane_call_writes(call->what))
        lane_submit(lane_shortest(lanes->lanes + lanes->writes, lanes->reads), call);
    else
        lane_submit(lanes->lanes[route ? route_hash(route) % (unsigned)lanes->writes : 0], call);
}

static void on_notified(void *owner, const char *channel, const char *payload)
{
    const struct lanes *lanes = owner;

    if (strcmp(channel, LANE_CHANNEL_EVENT) == 0)
        lanes->hooks->happened(lanes->owner);
    else
        lanes->hooks->principal_changed(lanes->owner, payload);
}

static void on_connected(void *owner)
{
    const struct lanes *lanes = owner;

    lanes->hooks->principal_changed(lanes->owner, NULL);
    lanes->hooks->happened(lanes->owner);
}

static void on_wrote(void *owner)
{
    const struct lanes *lanes = owner;

    lanes->hooks->wrote(lanes->owner);
}

/* The server of one lane has become a standby: none of them is where it should be. */
static void on_read_only(void *owner)
{
    struct lanes *lanes = owner;

    log_warn("lanes.read_only", "action", "all lanes connect anew");
    for (int i = 0; i < lanes->count; i++)
        lane_drop(lanes->lanes[i]);
}

void lanes_reload(struct lanes *lanes, const struct options *options)
{
    char *conninfo;

    if (strcmp(lanes->conninfo, options->database) == 0 || !(conninfo = strdup(options->database)))
        return;
    free(lanes->conninfo);
    lanes->conninfo = conninfo;
    for (int i = 0; i < lanes->count; i++) {
        lane_set_conninfo(lanes->lanes[i], conninfo);
        lane_drop(lanes->lanes[i]);
    }
}

void lanes_facts(struct lanes *lanes, struct own_facts *facts)
{
    for (int i = 0; i < lanes->count; i++)
        lane_stats(lanes->lanes[i], &lanes->stats[i]);
    facts->lanes_count = lanes->count;
    facts->lane_names = lanes->name_list;
    facts->lanes = lanes->stats;
}

static bool lanes_fill(struct lanes *lanes, struct event_base *base, const struct options *options)
{
    for (int i = 0; i < lanes->count; i++) {
        bool slow = i == lanes->count - 1, writes = slow || i < lanes->writes;
        struct lane_settings settings = {.name = lanes->names[i],
                                         .conninfo = options->database,
                                         .writes = writes,
                                         .listens = i == lanes->writes,
                                         .batch_max = (int)options->batch_max,
                                         .connect_timeout_ms = (int)options->connect_timeout_ms,
                                         .backoff_max_ms = (int)options->backoff_max_ms,
                                         .notified = on_notified,
                                         .connected = on_connected,
                                         .wrote = on_wrote,
                                         .read_only = on_read_only,
                                         .owner = lanes};

        snprintf(lanes->names[i], sizeof lanes->names[i], "%s.%d",
                 slow     ? "slow"
                 : writes ? "write"
                          : "read",
                 slow     ? 0
                 : writes ? i
                          : i - lanes->writes);
        lanes->name_list[i] = lanes->names[i];
        lanes->lanes[i] = lane_new(base, &settings);
        if (!lanes->lanes[i])
            return false;
    }
    return true;
}

struct lanes *lanes_new(struct event_base *base, const struct options *options, const struct lanes_hooks *hooks,
                        void *owner)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);
    size_t count = (size_t)(options->write_lanes + options->read_lanes + 1);

    if (!lanes)
        return NULL;
    lanes->writes = (int)options->write_lanes;
    lanes->reads = (int)options->read_lanes;
    lanes->count = (int)count;
    lanes->hooks = hooks;
    lanes->owner = owner;
    lanes->lanes = calloc(count, sizeof *lanes->lanes);
    lanes->stats = calloc(count, sizeof *lanes->stats);
    lanes->names = calloc(count, sizeof *lanes->names);
    lanes->name_list = calloc(count, sizeof *lanes->name_list);
    lanes->conninfo = strdup(options->database);
    if (lanes->lanes && lanes->stats && lanes->names && lanes->name_list && lanes->conninfo &&
        lanes_fill(lanes, base, options))
        return lanes;
    lanes_free(lanes);
    return NULL;
}

void lanes_free(struct lanes *lanes)
{
    if (!lanes)
        return;
    for (int i = 0; lanes->lanes && i < lanes->count; i++)
        lane_free(lanes->lanes[i]);
    free(lanes->lanes);
    free(lanes->stats);
    free(lanes->names);
    free(lanes->name_list);
    free(lanes->conninfo);
    free(lanes);
}
