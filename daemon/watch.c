/*
 * Owns the watches of a worker and hands them the feed's events.
 *
 * A watch is CHECKED by the database (may it, and what do the names stand for), WAITS until the feed has asked
 * once more (so that the feed is not behind the watch's cursor), is BEHIND while it gets the pages between its
 * cursor and the feed's, and LIVE from then on. Where the feed keeps running away, it is held for the last of those
 * pages. OVER: only its gap notice is left, until the client has room for it.
 */
#include "config.h"

#include "daemon/watch.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/rpc.h"
#include "daemon/feed.h"
#include "daemon/watch_page.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_PAGE_EVENTS 100
#define WATCH_SEND_BYTES 65536 /* handed to the session at once */
#define WATCH_LEGS_FREE 2      /* windows that it goes through before it holds the feed */

enum watch_state { WATCH_CHECKED, WATCH_WAITING, WATCH_BEHIND, WATCH_LIVE, WATCH_OVER };

struct watch {
    TAILQ_ENTRY(watch) all;
    LIST_ENTRY(watch) link; /* of its client */
    struct watches *watches;
    struct watch_client *client; /* NULL: it has left */
    struct lane_call page;
    char *page_params;       /* of the question in flight; NULL: there is none */
    struct lane_call *start; /* the request for it, until it is answered */
    json_t *wanted;          /* partner, incident, owner: for the pages */
    struct watch_filter filter;
    char *cursor; /* up to where its client has been told; NULL: it is to begin with the feed */
    char *until;  /* where the window ends in which it is BEHIND */
    int64_t caller, scope;
    uint64_t after; /* WAITING for a window of the feed after this number */
    int64_t told_ms;
    int number, legs;
    enum watch_state state;
    bool holds, starved; /* starved: BEHIND, and waits for room */
};

struct watches {
    TAILQ_HEAD(, watch) all;
    const struct options *options;
    struct lanes *lanes;
    const struct watches_hooks *hooks;
    struct feed *feed;
    struct evbuffer *out;
    int count;
    uint64_t events, gaps;
};

/* ---- one watch ---- */

static void text_set(char **text, const char *value)
{
    char *copy = value ? strdup(value) : NULL;

    if (value && !copy)
        return; /* without memory it stays behind: some events may come twice, none is lost */
    free(*text);
    *text = copy;
}

static void watch_hold(struct watch *watch, bool hold)
{
    if (watch->holds == hold)
        return;
    watch->holds = hold;
    feed_hold(watch->watches->feed, hold);
}

/* Answers the request for the watch, if that is still to be done. */
static void watch_answer(struct watch *watch, enum error_id error, bool ok, const char *body, size_t length)
{
    struct lane_call *start = watch->start;

    watch->start = NULL;
    if (start)
        start->done(start, error, ok, body, length);
}

static void watch_detach(struct watch *watch)
{
    if (!watch->client)
        return;
    LIST_REMOVE(watch, link);
    watch->client->count--;
    watch->client = NULL;
}

/* Ends it, whatever it is doing; only a question in flight keeps its memory until it is answered. */
static void watch_end(struct watch *watch)
{
    struct watches *watches = watch->watches;

    watch_detach(watch);
    watch_hold(watch, false);
    watch_answer(watch, ERROR_UNAVAILABLE, false, NULL, 0);
    if (watch->page_params)
        return;
    TAILQ_REMOVE(&watches->all, watch, all);
    if (--watches->count == 0)
        feed_run(watches->feed, false);
    json_decref(watch->wanted);
    free(watch->cursor);
    free(watch->until);
    free(watch);
}

static bool watch_room(const struct watch *watch)
{
    return watch->watches->hooks->room(watch->client->owner);
}

static void watch_send(struct watch *watch)
{
    watch->told_ms = clock_monotonic_ms();
    watch->watches->hooks->send(watch->client->owner, watch->watches->out);
}

/* Says that the watch ends here, now or when there is room. */
static void watch_gap(struct watch *watch)
{
    watch_hold(watch, false);
    if (watch->state != WATCH_OVER) {
        watch->watches->gaps++;
        log_info("watch.gap", "principal", log_number(watch->caller), "watch", log_number(watch->number));
    }
    watch->state = WATCH_OVER;
    if (watch->page_params || !watch_room(watch))
        return;
    watch_line_gap(watch->watches->out, watch->number, watch->cursor);
    watch_send(watch);
    watch_end(watch);
}

/* Sends those of the events that it wants. */
static void watch_tell(struct watch *watch, const struct watch_event *events, size_t count)
{
    struct evbuffer *out = watch->watches->out;
    const char *cursor = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!watch_filter_takes(&watch->filter, &events[i]))
            continue;
        watch_line_event(out, watch->number, &events[i]);
        watch->watches->events++;
        cursor = events[i].cursor;
        if (evbuffer_get_length(out) >= WATCH_SEND_BYTES)
            watch_send(watch);
    }
    if (evbuffer_get_length(out) > 0)
        watch_send(watch);
    if (cursor)
        text_set(&watch->cursor, cursor);
}

/* Whether it wants any of the events. */
static bool watch_wants(const struct watch *watch, const struct watch_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (watch_filter_takes(&watch->filter, &events[i]))
            return true;
    return false;
}

/* ---- between its cursor and the feed's ---- */

static void on_page(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length);

/* Asks for a page; limit 0: only whether it may, and what the names stand for. False if memory ran out. */
static bool watch_ask_page(struct watch *watch, int limit, int64_t deadline_ms)
{
    json_t *params = json_copy(watch->wanted);

    if (params && watch->cursor)
        json_object_set_new(params, "since", json_string(watch->cursor));
    if (params && watch->until)
        json_object_set_new(params, "until", json_string(watch->until));
    json_object_set_new(params, "limit", json_integer(limit));
    watch->page_params = params ? json_dumps(params, JSON_COMPACT) : NULL;
    json_decref(params);
    if (!watch->page_params)
        return false;
    watch->page = (struct lane_call){.what = LANE_EVENTS,
                                     .caller = watch->caller,
                                     .scope = watch->scope,
                                     .params = watch->page_params,
                                     .params_length = strlen(watch->page_params),
                                     .deadline_ms = deadline_ms,
                                     .done = on_page};
    lanes_submit(watch->watches->lanes, &watch->page, NULL);
    return true;
}

/* The next page, if the client has room for it. */
static void watch_page_next(struct watch *watch)
{
    watch->starved = !watch_room(watch);
    if (watch->starved) {
        watch_hold(watch, false);
        watch->legs = 0;
    } else if (!watch->until ||
               !watch_ask_page(watch, WATCH_PAGE_EVENTS,
                               clock_monotonic_ms() + watch->watches->options->request_timeout_ms)) {
        watch_gap(watch);
    }
}

static void watch_wait(struct watch *watch, uint64_t after)
{
    watch_hold(watch, false);
    watch->state = WATCH_WAITING;
    watch->after = after;
    feed_poke(watch->watches->feed);
}

/* It has all up to a cursor of the feed. */
static void watch_caught_up(struct watch *watch)
{
    struct feed *feed = watch->watches->feed;

    if (!feed_settled(feed) || !feed_cursor(feed)) {
        watch_wait(watch, feed_windows(feed) - 1); /* the end of this window will do */
    } else if (strcmp(watch->cursor, feed_cursor(feed)) == 0) {
        watch->state = WATCH_LIVE;
        watch_hold(watch, false);
    } else {
        watch->legs++;
        watch_hold(watch, watch->legs >= WATCH_LEGS_FREE);
        text_set(&watch->until, feed_cursor(feed));
        watch_page_next(watch);
    }
}

/* The feed stands at a cursor that is not before the watch's. */
static void watch_join(struct watch *watch)
{
    const char *cursor = feed_cursor(watch->watches->feed);
    bool older = watch->cursor;

    if (!watch->cursor)
        text_set(&watch->cursor, cursor);
    if (!watch->cursor) {
        watch_end(watch);
        return;
    }
    if (watch->start) {
        char *body = NULL;
        int length = asprintf(&body, "{\"watch\":%d,\"cursor\":\"%s\"}", watch->number, watch->cursor);

        watch_answer(watch, length < 0 ? ERROR_INTERNAL : ERROR_COUNT, true, body, length < 0 ? 0 : (size_t)length);
        if (length < 0)
            watch_end(watch);
        else
            free(body);
        if (length < 0)
            return;
    }
    watch->told_ms = clock_monotonic_ms();
    watch->state = older ? WATCH_BEHIND : WATCH_LIVE;
    watch->legs = 0;
    if (!older)
        return;
    text_set(&watch->until, cursor);
    watch_page_next(watch);
}

static void watch_take_page(struct watch *watch, const struct watch_page *page)
{
    struct watch_event *events = watch_page_events(page);

    if (!events) {
        watch_gap(watch);
        return;
    }
    watch_tell(watch, events, page->count);
    free(events);
    text_set(&watch->cursor, page->cursor);
    if (page->more || strcmp(page->cursor, watch->until) != 0)
        watch_page_next(watch);
    else
        watch_caught_up(watch);
}

/* The answer whether it may. */
static void watch_checked(struct watch *watch, const struct watch_page *page)
{
    watch->filter.partner_id = page->partner_id;
    watch->filter.incident_id = page->incident_id;
    feed_run(watch->watches->feed, true);
    watch_wait(watch, feed_windows(watch->watches->feed));
}

static void on_page(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length)
{
    struct watch *watch = (struct watch *)((char *)call - offsetof(struct watch, page));
    struct watch_page page = {0};
    bool good = error == ERROR_COUNT && ok && watch_page_read(&page, body, length);

    free(watch->page_params);
    watch->page_params = NULL;
    if (!watch->client)
        watch_end(watch);
    else if (watch->state == WATCH_OVER)
        watch_gap(watch);
    else if (watch->state == WATCH_CHECKED && good)
        watch_checked(watch, &page);
    else if (watch->state == WATCH_CHECKED) {
        watch_answer(watch, error == ERROR_COUNT && ok ? ERROR_INTERNAL : error, ok, body, length);
        watch_end(watch);
    } else if (good)
        watch_take_page(watch, &page);
    else if (error == ERROR_UNAVAILABLE)
        watch_wait(watch, feed_windows(watch->watches->feed));
    else
        watch_gap(watch);
    if (good)
        watch_page_release(&page);
}

/* ---- all of them ---- */

/* Calls a function for each; it may end the watch. */
static void watches_each(struct watches *watches, void (*each)(struct watch *watch, void *context), void *context)
{
    struct watch *watch = TAILQ_FIRST(&watches->all), *next;

    for (; watch; watch = next) {
        next = TAILQ_NEXT(watch, all);
        each(watch, context);
    }
}

struct page_context {
    struct watch_event *events;
    size_t count;
};

static void watch_feed(struct watch *watch, void *context)
{
    const struct page_context *page = context;

    if (watch->state != WATCH_LIVE || !watch->client || !watch_wants(watch, page->events, page->count))
        return;
    if (watch_room(watch)) /* before the page, not within it: what comes in one turn cannot have been read yet */
        watch_tell(watch, page->events, page->count);
    else
        watch_gap(watch);
}

/* After the events of a window: those that waited for it join, those that were told nothing for long hear a beat.
 */
static void watch_settle(struct watch *watch, void *context)
{
    const struct watches *watches = context;
    const char *cursor = feed_cursor(watches->feed);

    if (watch->state == WATCH_WAITING && watch->after < feed_windows(watches->feed)) {
        if (watch->client)
            watch_join(watch);
        else
            watch_end(watch);
    } else if (watch->state == WATCH_LIVE && watch->client &&
               clock_monotonic_ms() - watch->told_ms >= watches->options->watch_beat_ms && watch_room(watch)) {
        text_set(&watch->cursor, cursor);
        watch_line_beat(watches->out, watch->number, watch->cursor);
        watch_send(watch);
    }
}

static void watch_break(struct watch *watch, void *context)
{
    (void)context;
    if (!watch->client)
        return;
    if (watch->state == WATCH_LIVE || watch->state == WATCH_BEHIND ||
        (watch->state == WATCH_WAITING && !watch->start))
        watch_gap(watch);
}

static void on_feed_page(void *owner, const struct watch_page *page)
{
    struct watches *watches = owner;
    struct page_context context = {.events = watch_page_events(page), .count = page->count};

    if (!context.events) {
        log_error("feed.failed", "why", "a page of events could not be read");
        watches_each(watches, watch_break, NULL);
    } else {
        if (page->count > 0)
            watches_each(watches, watch_feed, &context);
        if (feed_settled(watches->feed))
            watches_each(watches, watch_settle, watches);
    }
    free(context.events);
}

/* The database is away: who asks for a watch is told; who has one, waits. */
static void watch_refuse(struct watch *watch, void *context)
{
    (void)context;
    if (watch->state == WATCH_WAITING && (watch->start || !watch->client))
        watch_end(watch);
}

static void on_feed_away(void *owner)
{
    watches_each(owner, watch_refuse, NULL);
}

static void on_feed_broken(void *owner)
{
    watches_each(owner, watch_break, NULL);
}

static const struct feed_hooks feed_hooks = {.page = on_feed_page, .away = on_feed_away, .broken = on_feed_broken};

/* ---- the methods ---- */

static void answer_text(struct lane_call *call, bool ok, char *text)
{
    call->done(call, text ? ERROR_COUNT : ERROR_INTERNAL, ok, text, text ? strlen(text) : 0);
    free(text);
}

static struct watch *watch_new(struct watches *watches, const struct watch_ask *ask)
{
    struct watch *watch = calloc(1, sizeof *watch);
    const char *since = json_string_value(json_object_get(ask->params, "since"));
    const char *owner = json_string_value(json_object_get(ask->params, "owner"));

    if (!watch)
        return NULL;
    watch->wanted = ask->params ? json_copy(ask->params) : json_object();
    text_set(&watch->cursor, since);
    if (!watch->wanted || (since && !watch->cursor)) {
        json_decref(watch->wanted);
        free(watch);
        return NULL;
    }
    json_object_del(watch->wanted, "since");
    snprintf(watch->filter.owner, sizeof watch->filter.owner, "%s", owner ? owner : "");
    watch->watches = watches;
    watch->client = ask->client;
    watch->start = ask->call;
    watch->caller = ask->who->id;
    watch->scope = watch->filter.scope = ask->who->partner_id;
    watch->number = ++ask->client->last_number;
    TAILQ_INSERT_TAIL(&watches->all, watch, all);
    watches->count++;
    LIST_INSERT_HEAD(&ask->client->list, watch, link);
    ask->client->count++;
    return watch;
}

void watches_start(struct watches *watches, const struct watch_ask *ask)
{
    struct watch *watch;
    char why[RPC_WHY_MAX];

    if (ask->client->count >= watches->options->watches_max) {
        snprintf(why, sizeof why, "a connection may have %ld watches; stop one first",
                 watches->options->watches_max);
        answer_text(ask->call, false, rpc_error_text(ERROR_INVALID_STATE, why));
        return;
    }
    watch = watch_new(watches, ask);
    if (!watch)
        ask->call->done(ask->call, ERROR_INTERNAL, false, NULL, 0);
    else if (!watch_ask_page(watch, 0, ask->call->deadline_ms))
        watch_end(watch);
}

void watches_stop(struct watches *watches, const struct watch_ask *ask)
{
    int number = (int)json_integer_value(json_object_get(ask->params, "watch"));
    struct watch *watch = LIST_FIRST(&ask->client->list), *next;
    char *text = NULL;
    int stopped = 0;

    (void)watches;
    for (; watch; watch = next) {
        next = LIST_NEXT(watch, link);
        if (watch->start || (number && watch->number != number))
            continue;
        watch_end(watch);
        stopped++;
    }
    if (number && !stopped) {
        answer_text(ask->call, false, rpc_error_text(ERROR_NOT_FOUND, "this connection has no such watch"));
        return;
    }
    if (asprintf(&text, "{\"stopped\":%d}", stopped) < 0)
        text = NULL;
    answer_text(ask->call, true, text);
}

/* ---- clients ---- */

void watches_room(struct watches *watches, struct watch_client *client)
{
    struct watch *watch = LIST_FIRST(&client->list), *next;

    (void)watches;
    for (; watch; watch = next) {
        next = LIST_NEXT(watch, link);
        if (watch->state == WATCH_OVER)
            watch_gap(watch);
        else if (watch->state == WATCH_BEHIND && watch->starved)
            watch_page_next(watch);
    }
}

void watches_leave(struct watch_client *client)
{
    struct watch *watch;

    while ((watch = LIST_FIRST(&client->list))) {
        if (watch->start) /* its request is answered in time, by the loop */
            watch_detach(watch);
        else
            watch_end(watch);
    }
}

/* ---- the whole ---- */

void watches_happened(struct watches *watches)
{
    feed_poke(watches->feed);
}

void watches_wrote(struct watches *watches)
{
    feed_wrote(watches->feed);
}

void watches_facts(const struct watches *watches, struct own_facts *facts)
{
    facts->watches = watches->count;
    facts->events = watches->events;
    facts->gaps = watches->gaps;
}

void watches_reload(struct watches *watches, const struct options *options)
{
    watches->options = options;
    feed_reload(watches->feed, options);
}

struct watches *watches_new(struct event_base *base, const struct options *options, struct lanes *lanes,
                            const struct watches_hooks *hooks)
{
    struct watches *watches = calloc(1, sizeof *watches);

    if (!watches)
        return NULL;
    TAILQ_INIT(&watches->all);
    watches->options = options;
    watches->lanes = lanes;
    watches->hooks = hooks;
    watches->out = evbuffer_new();
    watches->feed = feed_new(base, options, lanes, &feed_hooks, watches);
    if (watches->out && watches->feed)
        return watches;
    watches_free(watches);
    return NULL;
}

void watches_free(struct watches *watches)
{
    struct watch *watch;

    if (!watches)
        return;
    while ((watch = TAILQ_FIRST(&watches->all)))
        watch_end(watch);
    feed_free(watches->feed);
    if (watches->out)
        evbuffer_free(watches->out);
    free(watches);
}
