/*
 * Owns a worker's place in the stream of events.  A notification says no more than that it is worth asking: many
 * are one question, and a lost one costs watch_poll_ms.  What is asked for are the entries of transactions that
 * the last snapshot did not see, so nothing is lost or repeated whatever order they commit in.
 *
 * Notifications are sent here, after the commit and for all that was committed meanwhile: within the writing
 * transactions they would make PostgreSQL commit these one after the other.
 */
#include "daemon/feed.h"

#include "common/clock.h"
#include "common/log.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FEED_PAGE_EVENTS 100 /* what a reader is sent in one turn, whatever room it has */
#define FEED_PAUSE_MS 10     /* between two questions, and between two notifications */
#define FEED_SCOPE (-1)      /* shares its statement with nobody */

struct feed {
    const struct options *options;
    struct lanes *lanes;
    const struct feed_hooks *hooks;
    void *owner;
    char *cursor;
    bool running, settled;
    bool again; /* something happened while it was asking */
    int held;
    uint64_t windows;
    int64_t asked_ms, told_ms;
    struct lane_call ask, tell;
    char *ask_params; /* of the question in flight; NULL: there is none */
    bool telling, untold;
    struct event *turn;   /* the next question */
    struct event *notify; /* the next notification */
};

static void timer_set(struct event *timer, int64_t wait_ms)
{
    struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000), .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};

    evtimer_add(timer, &wait);
}

/* What is left of the pause after a moment. */
static int64_t pause_left(int64_t since_ms)
{
    int64_t left_ms = since_ms + FEED_PAUSE_MS - clock_monotonic_ms();

    return left_ms > 0 ? left_ms : 0;
}

/* ---- asking ---- */

static void feed_take(struct feed *feed, const struct watch_page *page)
{
    char *cursor = strdup(page->cursor);

    if (!cursor) {
        log_error("feed.failed", "why", "memory ran out");
        return; /* asked again from where it was: nobody has been told of the page */
    }
    free(feed->cursor);
    feed->cursor = cursor;
    feed->settled = !page->more;
    feed->hooks->page(feed->owner, page);
}

static void on_asked(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length)
{
    struct feed *feed = (struct feed *)((char *)call - offsetof(struct feed, ask));
    struct watch_page page;

    free(feed->ask_params);
    feed->ask_params = NULL;
    if (!feed->running)
        return;
    if (error == ERROR_COUNT && ok && watch_page_read(&page, body, length)) {
        feed_take(feed, &page);
        watch_page_release(&page);
    } else if (error == ERROR_COUNT && !ok) {
        log_warn("feed.broken", "why", "the database does not know the cursor any more");
        free(feed->cursor);
        feed->cursor = NULL;
        feed->settled = true;
        feed->again = true;
        feed->hooks->broken(feed->owner);
    } else {
        feed->hooks->away(feed->owner);
    }
    if (!feed->running)
        return;
    timer_set(feed->turn, !feed->settled ? 0
                          : feed->again  ? pause_left(feed->asked_ms)
                                         : feed->options->watch_poll_ms);
}

static void feed_ask(struct feed *feed)
{
    json_t *params = json_pack("{s:i, s:s*}", "limit", FEED_PAGE_EVENTS, "since", feed->cursor);
    int64_t now_ms = clock_monotonic_ms();

    feed->ask_params = params ? json_dumps(params, JSON_COMPACT) : NULL;
    json_decref(params);
    if (!feed->ask_params) {
        timer_set(feed->turn, feed->options->watch_poll_ms);
        return;
    }
    if (feed->settled)
        feed->windows++;
    feed->again = false;
    feed->asked_ms = now_ms;
    feed->ask = (struct lane_call){.what = LANE_EVENTS,
                                   .scope = FEED_SCOPE,
                                   .params = feed->ask_params,
                                   .params_length = strlen(feed->ask_params),
                                   .deadline_ms = now_ms + feed->options->request_timeout_ms,
                                   .done = on_asked};
    lanes_submit(feed->lanes, &feed->ask, NULL);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    struct feed *feed = context;

    (void)fd;
    (void)what;
    if (feed->running && !feed->ask_params && feed->held == 0)
        feed_ask(feed);
}

void feed_poke(struct feed *feed)
{
    feed->again = true;
    if (feed->running && !feed->ask_params && feed->held == 0)
        timer_set(feed->turn, pause_left(feed->asked_ms));
}

void feed_hold(struct feed *feed, bool hold)
{
    feed->held += hold ? 1 : -1;
    if (feed->held == 0)
        feed_poke(feed);
}

void feed_run(struct feed *feed, bool run)
{
    if (feed->running == run)
        return;
    feed->running = run;
    free(feed->cursor);
    feed->cursor = NULL;
    feed->settled = true;
    if (run)
        feed_poke(feed);
    else
        evtimer_del(feed->turn);
}

/* ---- telling ---- */

static void on_told(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length)
{
    struct feed *feed = (struct feed *)((char *)call - offsetof(struct feed, tell));

    (void)ok;
    (void)body;
    (void)length;
    feed->telling = false;
    /* Where the database is away nobody can ask it either, and everybody does when it is back. */
    if (feed->untold && error == ERROR_COUNT)
        timer_set(feed->notify, pause_left(feed->told_ms));
}

static void on_notify(evutil_socket_t fd, short what, void *context)
{
    struct feed *feed = context;

    (void)fd;
    (void)what;
    if (feed->telling)
        return;
    feed->telling = true;
    feed->untold = false;
    feed->told_ms = clock_monotonic_ms();
    feed->tell = (struct lane_call){.what = LANE_ANNOUNCE,
                                    .scope = FEED_SCOPE,
                                    .params = "{}",
                                    .params_length = 2,
                                    .deadline_ms = feed->told_ms + feed->options->request_timeout_ms,
                                    .done = on_told};
    lanes_submit(feed->lanes, &feed->tell, NULL);
}

void feed_wrote(struct feed *feed)
{
    feed->untold = true;
    if (!feed->telling && !evtimer_pending(feed->notify, NULL))
        timer_set(feed->notify, pause_left(feed->told_ms));
}

/* ---- the feed's own life ---- */

const char *feed_cursor(const struct feed *feed)
{
    return feed->cursor;
}

bool feed_settled(const struct feed *feed)
{
    return feed->settled;
}

uint64_t feed_windows(const struct feed *feed)
{
    return feed->windows;
}

void feed_reload(struct feed *feed, const struct options *options)
{
    feed->options = options;
}

struct feed *feed_new(struct event_base *base, const struct options *options, struct lanes *lanes,
                      const struct feed_hooks *hooks, void *owner)
{
    struct feed *feed = calloc(1, sizeof *feed);

    if (!feed)
        return NULL;
    feed->options = options;
    feed->lanes = lanes;
    feed->hooks = hooks;
    feed->owner = owner;
    feed->settled = true;
    feed->turn = evtimer_new(base, on_turn, feed);
    feed->notify = evtimer_new(base, on_notify, feed);
    if (feed->turn && feed->notify)
        return feed;
    feed_free(feed);
    return NULL;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    if (feed->turn)
        event_free(feed->turn);
    if (feed->notify)
        event_free(feed->notify);
    free(feed->ask_params);
    free(feed->cursor);
    free(feed);
}
