/*
 * Owns a queue of calls and the connection that works it off.  A batch is one pipeline with one sync, which is
 * the commit: on a writing lane one statement, on a reading one a statement for each run of calls of one
 * method and scope.  Nothing is answered before the sync has come back clean.  If a batch fails, nothing of it was
 * done, and its calls are asked again one at a time.  If the connection falls meanwhile, they are sent again on the
 * next one: their keys make that safe.
 */
#include "daemon/lane.h"

#include "common/clock.h"
#include "common/log.h"
#include "daemon/call_array.h"
#include "daemon/connection.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LANE_ALONE_MAX 5        /* a call is asked by itself so often before it is given up */
#define LANE_BACKOFF_MIN_MS 50  /* the first pause between attempts to connect; doubled each time */
#define LANE_WATCH_MS 50        /* how often deadlines are looked at while anything waits */
#define LANE_LOOK_AHEAD 4       /* times batch_max: how far down the queue a batch looks for what may join it */
#define LANE_BUFFER_KEEP 262144 /* bytes of a parameter buffer that are kept for the next batch */

enum lane_state { LANE_DOWN, LANE_CONNECTING, LANE_PREPARING, LANE_IDLE, LANE_BUSY };

TAILQ_HEAD(call_list, lane_call);

/* A run of calls of one batch that share a statement. */
struct group {
    int first, count;
    PGresult *result;
};

struct lane {
    struct event_base *base;
    struct lane_settings settings;
    struct connection_settings connection_settings;
    struct connection *connection;
    enum lane_state state;
    struct call_list queue;
    int queued;
    int alone_left;           /* so many calls at the head of the queue are to be asked one at a time */
    struct lane_call **calls; /* the batch in flight */
    int calls_count;
    struct group *groups;
    int groups_count, groups_answered;
    char sqlstate[6]; /* of the batch's first error; "" while it goes well */
    char error[256];
    int64_t down_since_ms; /* while it is not connected */
    int backoff_ms;
    struct event *kick;   /* starts a batch, at the end of the turn in which calls came */
    struct event *reopen; /* after a pause */
    struct event *watch;  /* deadlines */
    struct call_array callers, requests;
    struct lane_stats stats;
};

static void ms_to_timeval(int ms, struct timeval *time)
{
    time->tv_sec = ms / 1000;
    time->tv_usec = ms % 1000 * 1000;
}

/* What only the daemon asks. */
static const char *const own_calls[] = {"identify", "events", "announce", "tick", "position", "replayed"};
_Static_assert(sizeof own_calls / sizeof own_calls[0] == LANE_CALL_COUNT - METHOD_COUNT, "a name each");

/* Whether a call is for the lanes that write. */
bool lane_call_writes(int what)
{
    return what >= METHOD_COUNT ? what == LANE_TICK : method_spec((enum method_id)what)->access == METHOD_WRITES;
}

/* Whether a call may take minutes. */
bool lane_call_is_slow(int what)
{
    return what < METHOD_COUNT && method_spec((enum method_id)what)->slow;
}

static const char *statement_name(int what, char *name, size_t size)
{
    snprintf(name, size, "%s",
             what >= METHOD_COUNT ? own_calls[what - METHOD_COUNT] : method_spec((enum method_id)what)->name);
    for (char *c = name; *c; c++)
        if (*c == '.')
            *c = '_';
    return name;
}

/* ---- the queue ---- */

static void lane_watch(struct lane *lane)
{
    struct timeval soon;

    ms_to_timeval(LANE_WATCH_MS, &soon);
    if (!evtimer_pending(lane->watch, NULL))
        evtimer_add(lane->watch, &soon);
}

static void lane_push(struct lane *lane, struct lane_call *call, bool first)
{
    if (first)
        TAILQ_INSERT_HEAD(&lane->queue, call, link);
    else
        TAILQ_INSERT_TAIL(&lane->queue, call, link);
    lane->queued++;
    lane_watch(lane);
}

static void lane_take(struct lane *lane, struct lane_call *call)
{
    TAILQ_REMOVE(&lane->queue, call, link);
    lane->queued--;
}

/* Gives a call up: what was on the wire when the connection fell may have been done. A standby's goes back. */
static void call_give_up(struct lane *lane, struct lane_call *call, enum error_id error)
{
    if (lane->settings.give_back && call->what < METHOD_COUNT && call->deadline_ms > clock_monotonic_ms()) {
        lane->settings.give_back(lane->settings.owner, call);
        return;
    }
    if (lane->settings.writes && call->lost)
        error = ERROR_UNKNOWN_OUTCOME;
    call->done(call, error, false, NULL, 0);
}

void lane_submit(struct lane *lane, struct lane_call *call)
{
    call->submitted_ms = clock_monotonic_ms();
    call->lost = false;
    call->alone = 0;
    lane_push(lane, call, false);
    if (lane->state == LANE_IDLE)
        event_active(lane->kick, 0, 0);
}

/* ---- sending a batch ---- */

/* True if a call may join the batch that `first` has begun. */
static bool call_joins(const struct lane *lane, const struct lane_call *first, const struct lane_call *call)
{
    /*
     * A transaction of several writing statements would hold the locks of one while it waits for those of the
     * next: two lanes would stop each other dead. So it is one statement, and that locks in order.
     */
    if (lane->settings.writes)
        return call->what == first->what && call->scope == first->scope && call->what < METHOD_COUNT &&
               method_spec((enum method_id)call->what)->batched;
    return true;
}

static void batch_add(struct lane *lane, struct lane_call *call)
{
    const struct lane_call *before = lane->calls_count > 0 ? lane->calls[lane->calls_count - 1] : NULL;

    lane_take(lane, call);
    if (!before || before->what != call->what || before->scope != call->scope)
        lane->groups[lane->groups_count++] = (struct group){.first = lane->calls_count};
    lane->groups[lane->groups_count - 1].count++;
    lane->calls[lane->calls_count++] = call;
}

/* Moves calls from the queue to the batch, and cuts it into groups: the first, and what may join it. */
static void batch_gather(struct lane *lane)
{
    int limit = lane->alone_left > 0 ? 1 : lane->settings.batch_max;
    int looked_at = 0;
    struct lane_call *call, *next;

    lane->calls_count = lane->groups_count = lane->groups_answered = 0;
    lane->sqlstate[0] = '\0';
    for (call = TAILQ_FIRST(&lane->queue); call; call = next) {
        next = TAILQ_NEXT(call, link);
        if (lane->calls_count == limit || looked_at++ == LANE_LOOK_AHEAD * limit)
            break;
        if (lane->calls_count == 0 || call_joins(lane, lane->calls[0], call))
            batch_add(lane, call);
    }
    if (lane->alone_left > 0)
        lane->alone_left--;
}

static bool group_send(struct lane *lane, const struct group *group)
{
    bool built = call_array_begin_int8(&lane->callers, group->count) &&
                 call_array_begin_jsonb(&lane->requests, group->count);
    char name[64];

    for (int i = group->first; built && i < group->first + group->count; i++)
        built = call_array_add_int8(&lane->callers, lane->calls[i]->caller) &&
                call_array_add_jsonb(&lane->requests, lane->calls[i]->params, lane->calls[i]->params_length);
    if (!built)
        return false;
    return PQsendQueryPrepared(
               connection_pg(lane->connection), statement_name(lane->calls[group->first]->what, name, sizeof name),
               2, (const char *const[]){lane->callers.bytes, lane->requests.bytes},
               (const int[]){(int)lane->callers.length, (int)lane->requests.length}, (const int[]){1, 1}, 0) == 1;
}

static void lane_lose(struct lane *lane, const char *why);

/* Starts a batch, if the lane is free and anything waits. */
static void lane_start(struct lane *lane)
{
    bool sent = true;

    if (lane->state != LANE_IDLE || lane->queued == 0)
        return;
    batch_gather(lane);
    lane->state = LANE_BUSY;
    for (int i = 0; sent && i < lane->groups_count; i++)
        sent = group_send(lane, &lane->groups[i]);
    if (!sent || PQpipelineSync(connection_pg(lane->connection)) != 1) {
        lane_lose(lane, "the batch could not be sent");
        return;
    }
    if (lane->requests.size > LANE_BUFFER_KEEP)
        call_array_release(&lane->requests);
    lane->stats.batches++;
    connection_flush(lane->connection);
}

static void on_kick(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    lane_start(context);
}

/* ---- a batch has been answered ---- */

static void group_answer(struct lane *lane, const struct group *group)
{
    for (int row = 0; row < PQntuples(group->result); row++) {
        int ordinal = atoi(PQgetvalue(group->result, row, 0));
        bool ok = PQgetvalue(group->result, row, 1)[0] == 't';
        struct lane_call *call;

        if (ordinal < 1 || ordinal > group->count || !(call = lane->calls[group->first + ordinal - 1]))
            continue;
        lane->calls[group->first + ordinal - 1] = NULL;
        lane->stats.calls++;
        call->done(call, ERROR_COUNT, ok, PQgetvalue(group->result, row, 2),
                   (size_t)PQgetlength(group->result, row, 2));
    }
}

static void groups_clear(struct lane *lane)
{
    for (int i = 0; i < lane->groups_count; i++)
        PQclear(lane->groups[i].result);
    lane->groups_count = 0;
}

/* Forgets the batch; a call that a function has left without an answer is the function's fault. */
static void batch_end(struct lane *lane)
{
    groups_clear(lane);
    for (int i = 0; i < lane->calls_count; i++)
        if (lane->calls[i])
            call_give_up(lane, lane->calls[i], ERROR_INTERNAL);
    lane->calls_count = 0;
}

/* Puts the batch back at the head of the queue, in its order. */
static void batch_put_back(struct lane *lane)
{
    groups_clear(lane);
    for (int i = lane->calls_count - 1; i >= 0; i--)
        lane_push(lane, lane->calls[i], true);
    lane->alone_left += lane->calls_count;
    lane->calls_count = 0;
}

static bool sqlstate_is(const struct lane *lane, const char *prefix)
{
    return strncmp(lane->sqlstate, prefix, strlen(prefix)) == 0;
}

/*
 * Errors that asking again can cure: a key that another lane answers at this moment (23505, seen the next
 * time), a lost race for locks (40001, 40P01), a batch whose members harm each other.
 */
static bool call_may_try_again(const struct lane *lane, const struct lane_call *call)
{
    return call->alone < LANE_ALONE_MAX && (sqlstate_is(lane, "23505") || sqlstate_is(lane, "40"));
}

/* A call that failed by itself. */
static void call_failed(struct lane *lane, struct lane_call *call)
{
    char name[64];

    call->alone++;
    if (call_may_try_again(lane, call)) {
        batch_put_back(lane);
        return;
    }
    log_error("request.failed", "lane", lane->settings.name, "function",
              statement_name(call->what, name, sizeof name), "sqlstate", lane->sqlstate, "message", lane->error);
    lane->calls[0] = NULL;
    /* Cancelled, or out of something: it was undone, and may go better later. */
    call_give_up(lane, call,
                 sqlstate_is(lane, "57014") || sqlstate_is(lane, "53") ? ERROR_UNAVAILABLE : ERROR_INTERNAL);
    batch_end(lane);
}

/* The sync is here: the batch is committed, or undone as a whole. */
static void batch_finish(struct lane *lane)
{
    bool wrote =
        lane->settings.writes && lane->calls[0]->what < METHOD_COUNT; /* a tick seldom has; it is polled for */

    lane->state = LANE_IDLE;
    if (!lane->sqlstate[0]) {
        for (int i = 0; i < lane->groups_count; i++)
            group_answer(lane, &lane->groups[i]);
        batch_end(lane);
        if (wrote)
            lane->settings.wrote(lane->settings.owner);
    } else if (sqlstate_is(lane, "25006")) { /* a standby: the primary is elsewhere now */
        batch_put_back(lane);
        if (lane->settings.read_only)
            lane->settings.read_only(lane->settings.owner);
        return;
    } else if (lane->settings.give_back) {
        log_warn("standby.failed", "lane", lane->settings.name, "sqlstate", lane->sqlstate, "message", lane->error,
                 "calls", log_number(lane->calls_count));
        batch_end(lane);
    } else if (lane->calls_count == 1) {
        call_failed(lane, lane->calls[0]);
    } else {
        log_warn("batch.failed", "lane", lane->settings.name, "sqlstate", lane->sqlstate, "message", lane->error,
                 "calls", log_number(lane->calls_count));
        lane->stats.alone += (uint64_t)lane->calls_count;
        batch_put_back(lane);
    }
    if (lane->queued > 0)
        event_active(lane->kick, 0, 0);
}

static void lane_note_error(struct lane *lane, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (lane->sqlstate[0])
        return; /* the first tells the cause */
    snprintf(lane->sqlstate, sizeof lane->sqlstate, "%s", sqlstate ? sqlstate : "XX000");
    snprintf(lane->error, sizeof lane->error, "%s", message ? message : PQresultErrorMessage(result));
}

static void on_result(void *owner, PGresult *result)
{
    struct lane *lane = owner;
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK && lane->state == LANE_BUSY && lane->groups_answered < lane->groups_count) {
        lane->groups[lane->groups_answered++].result = result;
        return;
    }
    if (status == PGRES_FATAL_ERROR || status == PGRES_NONFATAL_ERROR)
        lane_note_error(lane, result);
    PQclear(result);
    if (status != PGRES_PIPELINE_SYNC)
        return;
    if (lane->state == LANE_BUSY) {
        batch_finish(lane);
    } else if (lane->state == LANE_PREPARING && lane->sqlstate[0]) {
        lane_lose(lane, lane->error);
    } else if (lane->state == LANE_PREPARING) {
        log_info("lane.up", "lane", lane->settings.name, "queued", log_number(lane->queued));
        lane->state = LANE_IDLE;
        lane->backoff_ms = LANE_BACKOFF_MIN_MS;
        if (lane->settings.listens)
            lane->settings.connected(lane->settings.owner);
        event_active(lane->kick, 0, 0);
    }
}

/* ---- the connection's life ---- */

/* Prepares what this lane may be asked; a function that is missing shows now. */
static void on_ready(void *owner)
{
    struct lane *lane = owner;
    PGconn *pg = connection_pg(lane->connection);
    static const Oid types[] = {CALL_ARRAY_OID_INT8, CALL_ARRAY_OID_JSONB};
    char name[64], text[160];
    bool sent = true;

    lane->state = LANE_PREPARING;
    lane->sqlstate[0] = '\0';
    lane->stats.connects++;
    for (int what = 0; sent && what < LANE_CALL_COUNT; what++) {
        bool daemons = what < METHOD_COUNT && method_spec((enum method_id)what)->access == METHOD_DAEMON;
        bool ours = !daemons && lane_call_writes(what) == lane->settings.writes;

        statement_name(what, name, sizeof name);
        snprintf(text, sizeof text, "SELECT ordinal, ok, body FROM api.%s($1, $2)", name);
        sent = !ours || PQsendPrepare(pg, name, text, 2, types) == 1;
    }
    if (sent && lane->settings.listens)
        sent = PQsendQueryParams(pg, "LISTEN " LANE_CHANNEL_PRINCIPAL, 0, NULL, NULL, NULL, NULL, 0) == 1 &&
               PQsendQueryParams(pg, "LISTEN " LANE_CHANNEL_EVENT, 0, NULL, NULL, NULL, NULL, 0) == 1;
    if (!sent || PQpipelineSync(pg) != 1)
        lane_lose(lane, "the statements could not be prepared");
    else
        connection_flush(lane->connection);
}

static void on_notified(void *owner, const char *channel, const char *payload)
{
    struct lane *lane = owner;

    if (lane->settings.listens)
        lane->settings.notified(lane->settings.owner, channel, payload);
}

/* Gives up all that waits. */
static void queue_give_up(struct lane *lane)
{
    struct lane_call *call;

    while ((call = TAILQ_FIRST(&lane->queue))) {
        lane_take(lane, call);
        call_give_up(lane, call, ERROR_UNAVAILABLE);
    }
}

/* Closes, and connects anew after a pause that doubles. What was in flight waits for that, or is given back. */
static void lane_lose(struct lane *lane, const char *why)
{
    struct timeval pause;

    log_warn("lane.down", "lane", lane->settings.name, "why", why, "in_flight", log_number(lane->calls_count),
             "retry_ms", log_number(lane->backoff_ms));
    connection_close(lane->connection);
    if (lane->state >= LANE_IDLE)
        lane->down_since_ms = clock_monotonic_ms();
    lane->state = LANE_DOWN;
    for (int i = 0; i < lane->calls_count; i++)
        lane->calls[i]->lost = true;
    batch_put_back(lane);
    lane->alone_left = 0; /* the next attempt may take them together */
    if (lane->settings.give_back)
        queue_give_up(lane);
    ms_to_timeval(lane->backoff_ms, &pause);
    evtimer_add(lane->reopen, &pause);
    lane->backoff_ms =
        lane->backoff_ms * 2 < lane->settings.backoff_max_ms ? lane->backoff_ms * 2 : lane->settings.backoff_max_ms;
}

static void on_lost(void *owner, const char *why)
{
    lane_lose(owner, why);
}

static void on_reopen(evutil_socket_t fd, short what, void *context)
{
    struct lane *lane = context;

    (void)fd;
    (void)what;
    lane->state = LANE_CONNECTING;
    connection_open(lane->connection);
}

void lane_drop(struct lane *lane)
{
    if (lane->state == LANE_DOWN)
        return;
    lane->backoff_ms = LANE_BACKOFF_MIN_MS;
    lane_lose(lane, "dropped");
}

/* True where a call has been without a connection for as long as it waits for one. */
static bool call_is_impatient(const struct lane *lane, const struct lane_call *call, int64_t now_ms)
{
    int64_t since_ms = call->submitted_ms > lane->down_since_ms ? call->submitted_ms : lane->down_since_ms;

    return lane->state < LANE_IDLE && call->patience_ms > 0 && now_ms - since_ms >= call->patience_ms;
}

/* Ends what is past its deadline; if that is in flight, the connection with it. */
static void on_watch(evutil_socket_t fd, short what, void *context)
{
    struct lane *lane = context;
    int64_t now_ms = clock_monotonic_ms();
    struct lane_call *call, *next;
    bool overdue = false;

    (void)fd;
    (void)what;
    for (int i = 0; i < lane->calls_count; i++)
        overdue = overdue || lane->calls[i]->deadline_ms <= now_ms;
    if (overdue)
        lane_lose(lane, "no answer within request_timeout_ms");
    for (call = TAILQ_FIRST(&lane->queue); call; call = next) {
        next = TAILQ_NEXT(call, link);
        if (call->deadline_ms > now_ms && !call_is_impatient(lane, call, now_ms))
            continue;
        lane_take(lane, call);
        call_give_up(lane, call, ERROR_UNAVAILABLE);
    }
    if (lane->queued > 0 || lane->calls_count > 0)
        lane_watch(lane);
}

/* ---- the lane's own life ---- */

static const struct connection_hooks connection_hooks = {
    .ready = on_ready, .result = on_result, .notified = on_notified, .lost = on_lost};

bool lane_set_conninfo(struct lane *lane, const char *conninfo)
{
    char *copy = strdup(conninfo);

    if (!copy)
        return false;
    free((char *)lane->settings.conninfo);
    lane->settings.conninfo = lane->connection_settings.conninfo = copy;
    return true;
}

struct lane *lane_new(struct event_base *base, const struct lane_settings *settings)
{
    struct lane *lane = calloc(1, sizeof *lane);

    if (!lane)
        return NULL;
    TAILQ_INIT(&lane->queue);
    lane->base = base;
    lane->settings = *settings;
    lane->settings.name = strdup(settings->name);
    lane->settings.conninfo = NULL;
    lane->backoff_ms = LANE_BACKOFF_MIN_MS;
    lane->connection_settings = (struct connection_settings){.name = lane->settings.name,
                                                             .server = settings->writes      ? CONNECTION_WRITES
                                                                       : settings->give_back ? CONNECTION_STANDBY
                                                                                             : CONNECTION_READS,
                                                             .connect_timeout_ms = settings->connect_timeout_ms};
    lane->calls = calloc((size_t)settings->batch_max, sizeof *lane->calls);
    lane->groups = calloc((size_t)settings->batch_max, sizeof *lane->groups);
    lane->kick = event_new(base, -1, 0, on_kick, lane);
    lane->reopen = evtimer_new(base, on_reopen, lane);
    lane->watch = evtimer_new(base, on_watch, lane);
    lane->connection = connection_new(base, &lane->connection_settings, &connection_hooks, lane);
    if (lane_set_conninfo(lane, settings->conninfo) && lane->settings.name && lane->calls && lane->groups &&
        lane->kick && lane->reopen && lane->watch && lane->connection) {
        on_reopen(-1, 0, lane);
        return lane;
    }
    lane_free(lane);
    return NULL;
}

void lane_stats(const struct lane *lane, struct lane_stats *stats)
{
    *stats = lane->stats;
    stats->queued = lane->queued;
    stats->in_flight = lane->calls_count;
    stats->up = lane->state >= LANE_IDLE;
}

void lane_free(struct lane *lane)
{
    if (!lane)
        return;
    connection_free(lane->connection);
    for (int i = 0; i < lane->calls_count; i++)
        lane->calls[i]->lost = true;
    batch_put_back(lane);
    queue_give_up(lane);
    if (lane->kick)
        event_free(lane->kick);
    if (lane->reopen)
        event_free(lane->reopen);
    if (lane->watch)
        event_free(lane->watch);
    call_array_release(&lane->callers);
    call_array_release(&lane->requests);
    free(lane->calls);
    free(lane->groups);
    free((char *)lane->settings.name);
    free((char *)lane->settings.conninfo);
    free(lane);
}
