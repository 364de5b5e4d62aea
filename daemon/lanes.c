/* Owns a worker's lanes, and the choice among them. */
#include "daemon/lanes.h"

#include "common/log.h"
#include "daemon/standby.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kinds of lanes, in the order in which they stand. */
enum lane_kind { KIND_WRITE, KIND_READ, KIND_REPORT, KIND_SLOW, KIND_STANDBY, KIND_COUNT };

static const char *const kind_names[] = {"write", "read", "report", "slow", "standby"};

struct lanes {
    int first[KIND_COUNT + 1]; /* where each kind begins; the last: how many there are */
    struct lane **lanes;       /* all but the standby's */
    struct standby **standbys;
    struct lane_stats *stats;
    char (*names)[24];
    const char **name_list;
    char *conninfo;
    bool closing;
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

static int kind_count(const struct lanes *lanes, enum lane_kind kind)
{
    return lanes->first[kind + 1] - lanes->first[kind];
}

static void stats_read(const struct lanes *lanes, int i, struct lane_stats *stats)
{
    if (i < lanes->first[KIND_STANDBY])
        lane_stats(lanes->lanes[i], stats);
    else
        standby_stats(lanes->standbys[i - lanes->first[KIND_STANDBY]], stats);
}

/* Of a kind, the one that is connected and has the fewest calls; the first where none is connected. */
static int lane_shortest(const struct lanes *lanes, enum lane_kind kind)
{
    int shortest = lanes->first[kind], length, least = -1;
    struct lane_stats stats;

    for (int i = lanes->first[kind]; i < lanes->first[kind + 1]; i++) {
        stats_read(lanes, i, &stats);
        length = stats.queued + stats.in_flight;
        if (stats.up && (least < 0 || length < least)) {
            least = length;
            shortest = i;
        }
    }
    return shortest;
}

void lanes_submit(struct lanes *lanes, struct lane_call *call, const char *route)
{
    bool slow = lane_call_is_slow(call->what);

    if (lane_call_writes(call->what))
        lane_submit(lanes->lanes[slow    ? lanes->first[KIND_SLOW]
                                 : route ? (int)(route_hash(route) % (unsigned)kind_count(lanes, KIND_WRITE))
                                         : 0],
                    call);
    else if (!slow)
        lane_submit(lanes->lanes[lane_shortest(lanes, KIND_READ)], call);
    else if (kind_count(lanes, KIND_STANDBY) > 0)
        standby_submit(lanes->standbys[lane_shortest(lanes, KIND_STANDBY) - lanes->first[KIND_STANDBY]], call);
    else
        lane_submit(lanes->lanes[lane_shortest(lanes, KIND_REPORT)], call);
}

/* A standby asks the primary how far it is, or cannot answer a call. (Lanes that are being freed answer no more.)
 */
static void primary_submit(struct lanes *lanes, struct lane_call *call, enum lane_kind kind)
{
    if (lanes->closing)
        call->done(call, ERROR_UNAVAILABLE, false, NULL, 0);
    else
        lane_submit(lanes->lanes[lane_shortest(lanes, kind)], call);
}

static void on_ask_primary(void *owner, struct lane_call *call)
{
    primary_submit(owner, call, KIND_READ);
}

static void on_give_back(void *owner, struct lane_call *call)
{
    primary_submit(owner, call, KIND_REPORT);
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
    for (int i = 0; i < lanes->first[KIND_STANDBY]; i++)
        lane_drop(lanes->lanes[i]);
}

void lanes_reload(struct lanes *lanes, const struct options *options)
{
    char *conninfo;

    if (strcmp(lanes->conninfo, options->database) == 0 || !(conninfo = strdup(options->database)))
        return;
    free(lanes->conninfo);
    lanes->conninfo = conninfo;
    for (int i = 0; i < lanes->first[KIND_STANDBY]; i++) {
        lane_set_conninfo(lanes->lanes[i], conninfo);
        lane_drop(lanes->lanes[i]);
    }
}

void lanes_facts(struct lanes *lanes, struct own_facts *facts)
{
    for (int i = 0; i < lanes->first[KIND_COUNT]; i++)
        stats_read(lanes, i, &lanes->stats[i]);
    facts->lanes_count = lanes->first[KIND_COUNT];
    facts->lane_names = lanes->name_list;
    facts->lanes = lanes->stats;
}

static bool lane_fill(struct lanes *lanes, enum lane_kind kind, int i, struct event_base *base,
                      const struct options *options)
{
    struct lane_settings settings = {.name = lanes->names[i],
                                     .conninfo = options->database,
                                     .writes = kind == KIND_WRITE || kind == KIND_SLOW,
                                     .listens = i == lanes->first[KIND_READ],
                                     .batch_max = (int)options->batch_max,
                                     .connect_timeout_ms = (int)options->connect_timeout_ms,
                                     .backoff_max_ms = (int)options->backoff_max_ms,
                                     .notified = on_notified,
                                     .connected = on_connected,
                                     .wrote = on_wrote,
                                     .read_only = on_read_only,
                                     .owner = lanes};

    return (lanes->lanes[i] = lane_new(base, &settings)) != NULL;
}

static bool standby_fill(struct lanes *lanes, int i, struct event_base *base, const struct options *options)
{
    struct standby_settings settings = {.name = lanes->names[i],
                                        .conninfo = options->standby,
                                        .batch_max = (int)options->batch_max,
                                        .connect_timeout_ms = (int)options->connect_timeout_ms,
                                        .backoff_max_ms = (int)options->backoff_max_ms,
                                        .ask_primary = on_ask_primary,
                                        .give_back = on_give_back,
                                        .owner = lanes};

    return (lanes->standbys[i - lanes->first[KIND_STANDBY]] = standby_new(base, &settings)) != NULL;
}

static bool lanes_fill(struct lanes *lanes, struct event_base *base, const struct options *options)
{
    bool filled = true;

    for (int kind = 0; kind < KIND_COUNT; kind++)
        for (int i = lanes->first[kind]; filled && i < lanes->first[kind + 1]; i++) {
            snprintf(lanes->names[i], sizeof lanes->names[i], "%s.%d", kind_names[kind], i - lanes->first[kind]);
            lanes->name_list[i] = lanes->names[i];
            filled = kind == KIND_STANDBY ? standby_fill(lanes, i, base, options)
                                          : lane_fill(lanes, (enum lane_kind)kind, i, base, options);
        }
    return filled;
}

struct lanes *lanes_new(struct event_base *base, const struct options *options, const struct lanes_hooks *hooks,
                        void *owner)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);
    const long counts[] = {[KIND_WRITE] = options->write_lanes,
                           [KIND_READ] = options->read_lanes,
                           [KIND_REPORT] = options->report_lanes,
                           [KIND_SLOW] = 1,
                           [KIND_STANDBY] = options->standby[0] ? options->report_lanes : 0};

    if (!lanes)
        return NULL;
    for (int kind = 0; kind < KIND_COUNT; kind++)
        lanes->first[kind + 1] = lanes->first[kind] + (int)counts[kind];
    size_t count = (size_t)lanes->first[KIND_COUNT];
    lanes->hooks = hooks;
    lanes->owner = owner;
    lanes->lanes = calloc(count, sizeof *lanes->lanes);
    lanes->standbys = calloc(count, sizeof *lanes->standbys);
    lanes->stats = calloc(count, sizeof *lanes->stats);
    lanes->names = calloc(count, sizeof *lanes->names);
    lanes->name_list = calloc(count, sizeof *lanes->name_list);
    lanes->conninfo = strdup(options->database);
    if (lanes->lanes && lanes->standbys && lanes->stats && lanes->names && lanes->name_list && lanes->conninfo &&
        lanes_fill(lanes, base, options))
        return lanes;
    lanes_free(lanes);
    return NULL;
}

void lanes_free(struct lanes *lanes)
{
    if (!lanes)
        return;
    lanes->closing = true;
    for (int i = 0; lanes->lanes && i < lanes->first[KIND_STANDBY]; i++)
        lane_free(lanes->lanes[i]);
    for (int i = 0; lanes->standbys && i < kind_count(lanes, KIND_STANDBY); i++)
        standby_free(lanes->standbys[i]);
    free(lanes->lanes);
    free(lanes->standbys);
    free(lanes->stats);
    free(lanes->names);
    free(lanes->name_list);
    free(lanes->conninfo);
    free(lanes);
}
