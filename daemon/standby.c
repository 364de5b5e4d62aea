/*
 * Owns a lane to a standby, and the calls that wait until it has replayed enough.  They go in rounds: all that came
 * since the last round began share one question for the primary's position, and one answer that the standby has
 * reached it. It is asked in short statements, again and again: one that waited within PostgreSQL would hold a
 * snapshot, and with it the replay that it waits for.
 */
#include "daemon/standby.h"

#include "common/clock.h"
#include "common/log.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STANDBY_LAG_MAX_MS 2000 /* a standby that is further behind is not waited for */
#define STANDBY_POLL_MS 5       /* between two questions whether it is there */
#define POSITION_MAX 128        /* bytes of the primary's position, as JSON */

TAILQ_HEAD(call_list, lane_call);

struct standby {
    struct standby_settings settings;
    struct lane *lane;
    struct call_list arrived; /* since the round began: for the next */
    struct call_list round;   /* wait for the position that is asked for, or waited for */
    int waiting;              /* of both */
    bool asking;
    struct lane_call position, replayed;
    char reached[POSITION_MAX]; /* the primary's position when the round began: what `replayed` asks for */
    int64_t round_ends_ms;
    struct event *again;
};

static void round_begin(struct standby *standby);

/* Ends the round: its calls go to the standby, or back. */
static void round_end(struct standby *standby, bool there)
{
    struct lane_call *call;

    standby->asking = false;
    while ((call = TAILQ_FIRST(&standby->round))) {
        TAILQ_REMOVE(&standby->round, call, link);
        standby->waiting--;
        if (there)
            lane_submit(standby->lane, call);
        else
            standby->settings.give_back(standby->settings.owner, call);
    }
    if (!TAILQ_EMPTY(&standby->arrived))
        round_begin(standby);
}

static void replayed_ask(struct standby *standby)
{
    standby->replayed.deadline_ms = standby->round_ends_ms;
    standby->replayed.params = standby->reached;
    standby->replayed.params_length = strlen(standby->reached);
    lane_submit(standby->lane, &standby->replayed);
}

static void on_again(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    replayed_ask(context);
}

static void on_replayed(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length)
{
    struct standby *standby = (struct standby *)((char *)call - offsetof(struct standby, replayed));
    struct timeval pause = {.tv_usec = STANDBY_POLL_MS * 1000};
    json_t *answer = error == ERROR_COUNT && ok ? json_loadb(body, length, 0, NULL) : NULL;
    bool answered = answer != NULL, there = json_is_true(json_object_get(answer, "replayed"));

    json_decref(answer);
    if (answered && !there && clock_monotonic_ms() < standby->round_ends_ms) {
        evtimer_add(standby->again, &pause);
        return;
    }
    if (!there)
        log_warn("standby.behind", "lane", standby->settings.name, "action", "the primary is read");
    round_end(standby, there);
}

static void on_position(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length)
{
    struct standby *standby = (struct standby *)((char *)call - offsetof(struct standby, position));

    if (error != ERROR_COUNT || !ok || length >= sizeof standby->reached) {
        round_end(standby, false);
        return;
    }
    memcpy(standby->reached, body, length);
    standby->reached[length] = '\0';
    replayed_ask(standby);
}

static void round_begin(struct standby *standby)
{
    standby->asking = true;
    TAILQ_CONCAT(&standby->round, &standby->arrived, link);
    standby->round_ends_ms = clock_monotonic_ms() + STANDBY_LAG_MAX_MS;
    standby->position.deadline_ms = standby->round_ends_ms;
    standby->settings.ask_primary(standby->settings.owner, &standby->position);
}

void standby_submit(struct standby *standby, struct lane_call *call)
{
    struct lane_stats stats;

    lane_stats(standby->lane, &stats);
    if (!stats.up) {
        standby->settings.give_back(standby->settings.owner, call);
        return;
    }
    TAILQ_INSERT_TAIL(&standby->arrived, call, link);
    standby->waiting++;
    if (!standby->asking)
        round_begin(standby);
}

void standby_stats(const struct standby *standby, struct lane_stats *stats)
{
    lane_stats(standby->lane, stats);
    stats->queued += standby->waiting;
}

static void on_given_back(void *owner, struct lane_call *call)
{
    const struct standby *standby = owner;

    standby->settings.give_back(standby->settings.owner, call);
}

struct standby *standby_new(struct event_base *base, const struct standby_settings *settings)
{
    struct standby *standby = calloc(1, sizeof *standby);
    struct lane_settings lane = {.name = settings->name,
                                 .conninfo = settings->conninfo,
                                 .batch_max = settings->batch_max,
                                 .connect_timeout_ms = settings->connect_timeout_ms,
                                 .backoff_max_ms = settings->backoff_max_ms,
                                 .give_back = on_given_back,
                                 .owner = standby};

    if (!standby)
        return NULL;
    TAILQ_INIT(&standby->arrived);
    TAILQ_INIT(&standby->round);
    standby->settings = *settings;
    standby->settings.name = strdup(settings->name);
    standby->position =
        (struct lane_call){.what = LANE_POSITION, .params = "{}", .params_length = 2, .done = on_position};
    standby->replayed = (struct lane_call){.what = LANE_REPLAYED, .done = on_replayed};
    standby->again = evtimer_new(base, on_again, standby);
    if (standby->settings.name && standby->again && (standby->lane = lane_new(base, &lane)))
        return standby;
    standby_free(standby);
    return NULL;
}

void standby_free(struct standby *standby)
{
    struct lane_call *call;

    if (!standby)
        return;
    TAILQ_CONCAT(&standby->round, &standby->arrived, link);
    while ((call = TAILQ_FIRST(&standby->round))) {
        TAILQ_REMOVE(&standby->round, call, link);
        call->done(call, ERROR_UNAVAILABLE, false, NULL, 0);
    }
    lane_free(standby->lane);
    if (standby->again)
        event_free(standby->again);
    free((char *)standby->settings.name);
    free(standby);
}
