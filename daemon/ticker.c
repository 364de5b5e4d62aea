/*
 * Owns the rhythm of the tick.  The next question comes tick_ms after the answer to the last, or at once where
 * there is more to do; so a slow database is asked less often, never twice at a time.
 */
#include "daemon/ticker.h"

#include "common/clock.h"
#include "common/log.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct ticker {
    const struct options *options;
    struct lanes *lanes;
    struct lane_call call;
    struct event *timer;
};

static void ticker_wait(struct ticker *ticker, long wait_ms)
{
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};

    evtimer_add(ticker->timer, &wait);
}

static void on_ticked(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length)
{
    struct ticker *ticker = (struct ticker *)((char *)call - offsetof(struct ticker, call));
    json_t *answer = error == ERROR_COUNT && ok ? json_loadb(body, length, 0, NULL) : NULL;
    json_int_t did = json_integer_value(json_object_get(answer, "did"));
    bool more = json_is_true(json_object_get(answer, "more"));

    json_decref(answer);
    if (did > 0)
        log_debug("tick.done", "did", log_number(did));
    ticker_wait(ticker, more ? 0 : ticker->options->tick_ms);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct ticker *ticker = context;

    (void)fd;
    (void)what;
    ticker->call = (struct lane_call){.what = LANE_TICK,
                                      .params = "{}",
                                      .params_length = 2,
                                      .deadline_ms = clock_monotonic_ms() + ticker->options->request_timeout_ms,
                                      .done = on_ticked};
    lanes_submit(ticker->lanes, &ticker->call, NULL);
}

void ticker_reload(struct ticker *ticker, const struct options *options)
{
    ticker->options = options;
}

struct ticker *ticker_new(struct event_base *base, const struct options *options, struct lanes *lanes)
{
    struct ticker *ticker = calloc(1, sizeof *ticker);

    if (!ticker)
        return NULL;
    ticker->options = options;
    ticker->lanes = lanes;
    ticker->timer = evtimer_new(base, on_timer, ticker);
    if (ticker->timer) {
        ticker_wait(ticker, options->tick_ms);
        return ticker;
    }
    free(ticker);
    return NULL;
}

void ticker_free(struct ticker *ticker)
{
    if (!ticker)
        return;
    event_free(ticker->timer);
    free(ticker);
}
