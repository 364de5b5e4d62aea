/*
 * Owns the way of a request through the worker: line, envelope, role, lane, answer, reply.  It also owns
 * what a worker knows of its clients' principals, and asks anew when the database says they changed.
 *
 * A reply is spliced: the head with the request's id, the text that SQL gave, the end.  The replies of a
 * batch gather in its own buffer until the last is there.
 */
#include "daemon/dispatch.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/rpc.h"
#include "daemon/lanes.h"
#include "daemon/own_methods.h"
#include "daemon/ticker.h"
#include "daemon/watch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

struct dispatch {
    const struct options *options;
    const struct dispatch_hooks *hooks;
    struct lanes *lanes;
    struct ticker *ticker;
    struct watches *watches;
    struct evbuffer *reply; /* where single replies are put together */
    TAILQ_HEAD(, dispatch_client) clients;
    struct own_facts facts; /* the counters */
    int in_flight;
    unsigned request_number;
};

struct dispatch_client {
    TAILQ_ENTRY(dispatch_client) link;
    struct dispatch *dispatch;
    void *session;
    struct lane_call identify; /* waits for api.identify while `identifying` */
    char fingerprint_params[96];
    bool identifying, again; /* again: ask once more when that answer is there */
    bool identified;         /* the session has been told */
    bool leaving;
    int in_flight;
    struct watch_client watch;
    struct principal who;
};

/* The replies of one batch line. */
struct batch {
    struct evbuffer *out;
    int pending; /* requests without an answer, and one while the line is being read */
};

struct request {
    struct lane_call call;
    struct dispatch_client *client;
    struct batch *batch; /* NULL: a line of its own */
    char *params;        /* for the call */
    int64_t started_ms;
    unsigned number; /* with the worker's process id: the request's id in the log */
    bool notification;
    char id[]; /* as JSON text */
};

/* ---- replies ---- */

static void reply_put(struct evbuffer *out, const char *id, bool ok, const char *body, size_t length)
{
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":";

    evbuffer_add(out, head, sizeof head - 1);
    evbuffer_add(out, id, strlen(id));
    evbuffer_add(out, ok ? ",\"result\":" : ",\"error\":", ok ? 10 : 9);
    evbuffer_add(out, body, length);
    evbuffer_add(out, "}", 1);
}

/* One request of a batch is done; with the last one the batch goes out. Frees it then. */
static void batch_done(struct dispatch_client *client, struct batch *batch)
{
    if (--batch->pending > 0)
        return;
    if (evbuffer_get_length(batch->out) > 0 && !client->leaving) {
        evbuffer_add(batch->out, "]\n", 2);
        client->dispatch->hooks->reply(client->session, batch->out);
    }
    evbuffer_free(batch->out);
    free(batch);
}

/* Puts an answer where it belongs. batch NULL: a line of its own. */
static void client_reply(struct dispatch_client *client, struct batch *batch, const char *id, bool ok,
                         const char *body, size_t length)
{
    struct evbuffer *out = batch ? batch->out : client->dispatch->reply;

    if (client->leaving)
        return;
    if (batch)
        evbuffer_add(out, evbuffer_get_length(out) == 0 ? "[" : ",", 1);
    reply_put(out, id, ok, body, length);
    if (batch)
        return;
    evbuffer_add(out, "\n", 1);
    client->dispatch->hooks->reply(client->session, out);
}

static void client_reply_error(struct dispatch_client *client, struct batch *batch, const char *id,
                               enum error_id error, const char *why)
{
    char *text = rpc_error_text(error, why);

    client->dispatch->facts.errors++;
    if (text)
        client_reply(client, batch, id, false, text, strlen(text));
    free(text);
}

/* ---- requests ---- */

static void client_free_if_done(struct dispatch_client *client);

static void request_log(const struct request *request, const char *outcome)
{
    char id[32];

    snprintf(id, sizeof id, "%d-%u", (int)getpid(), request->number);
    log_debug("request.done", "request", id, "method", method_spec((enum method_id)request->call.what)->name,
              "principal", request->client->who.name, "outcome", outcome, "ms",
              log_number(clock_monotonic_ms() - request->started_ms));
}

static void request_free(struct request *request)
{
    struct dispatch_client *client = request->client;
    struct batch *batch = request->batch;
    bool notification = request->notification;

    client->in_flight--;
    client->dispatch->in_flight--;
    free(request->params);
    free(request);
    if (batch)
        batch_done(client, batch);
    else if (notification && !client->leaving) /* nothing to send, but there is room for more */
        client->dispatch->hooks->reply(client->session, client->dispatch->reply);
    client_free_if_done(client);
}

static void on_answer(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length)
{
    struct request *request = (struct request *)call; /* its first member */
    struct dispatch_client *client = request->client;

    request_log(request, error != ERROR_COUNT ? error_spec(error)->reason : ok ? "ok" : "refused");
    if (error == ERROR_COUNT && !ok)
        client->dispatch->facts.refused++;
    if (error != ERROR_COUNT && !request->notification)
        client_reply_error(client, request->batch, request->id, error, NULL);
    else if (!request->notification)
        client_reply(client, request->batch, request->id, ok, body, length);
    request_free(request);
}

/* Of the daemon's own methods those that are answered later, as if by a lane. */
static watch_method_fn *const watch_methods[METHOD_COUNT] = {
    [METHOD_WATCH_START] = watches_start, [METHOD_WATCH_STOP] = watches_stop};

/* Gives a request to who answers it. It may be answered at once, and be gone then. */
static void request_pass(struct request *request, const struct rpc_request *read)
{
    struct dispatch_client *client = request->client;
    const char *route = method_spec(read->method)->route;
    struct watch_ask ask = {
        .client = &client->watch, .who = &client->who, .params = read->params, .call = &request->call};

    if (watch_methods[read->method])
        watch_methods[read->method](client->dispatch->watches, &ask);
    else
        lanes_submit(client->dispatch->lanes, &request->call,
                     route ? json_string_value(json_object_get(read->params, route)) : NULL);
}

/* Makes the request and passes it on; false if memory ran out. */
static bool request_submit(struct dispatch_client *client, struct batch *batch, const struct rpc_request *read)
{
    struct dispatch *dispatch = client->dispatch;
    size_t id_size = strlen(read->id) + 1;
    struct request *request = calloc(1, sizeof *request + id_size);

    if (request)
        request->params = read->params ? json_dumps(read->params, JSON_COMPACT) : strdup("{}");
    if (!request || !request->params) {
        free(request);
        return false;
    }
    memcpy(request->id, read->id, id_size);
    request->client = client;
    request->batch = batch;
    request->notification = read->notification;
    request->started_ms = clock_monotonic_ms();
    request->number = ++dispatch->request_number;
    request->call =
        (struct lane_call){.what = (int)read->method,
                           .caller = client->who.id,
                           .scope = client->who.partner_id,
                           .params = request->params,
                           .params_length = strlen(request->params),
                           .deadline_ms = request->started_ms + (method_spec(read->method)->slow
                                                                     ? dispatch->options->slow_timeout_ms
                                                                     : dispatch->options->request_timeout_ms),
                           .patience_ms = dispatch->options->request_timeout_ms,
                           .done = on_answer};
    if (batch)
        batch->pending++;
    client->in_flight++;
    dispatch->in_flight++;
    request_pass(request, read);
    return true;
}

static void own_method_answer(struct dispatch_client *client, struct batch *batch, const struct rpc_request *read)
{
    struct dispatch *dispatch = client->dispatch;
    struct own_facts facts = dispatch->facts;
    char *text;

    facts.caller = &client->who;
    facts.options = dispatch->options;
    facts.in_flight = dispatch->in_flight;
    lanes_facts(dispatch->lanes, &facts);
    watches_facts(dispatch->watches, &facts);
    text = own_method_result(read->method, &facts);
    if (!text)
        client_reply_error(client, batch, read->id, ERROR_INTERNAL, NULL);
    else if (!read->notification)
        client_reply(client, batch, read->id, true, text, strlen(text));
    free(text);
}

/* What keeps a request from being carried out, or ERROR_COUNT. */
static enum error_id request_problem(const struct dispatch_client *client, const struct rpc_request *read)
{
    if (read->error != ERROR_COUNT)
        return read->error;
    if (!(method_spec(read->method)->roles & client->who.role))
        return ERROR_FORBIDDEN;
    if (client->dispatch->in_flight >= client->dispatch->options->in_flight_max)
        return ERROR_BUSY;
    return ERROR_COUNT;
}

static void request_take(struct dispatch_client *client, struct batch *batch, json_t *object)
{
    struct rpc_request read;
    enum error_id problem;
    char why[RPC_WHY_MAX];

    rpc_request_read(object, &read);
    client->dispatch->facts.requests++;
    problem = request_problem(client, &read);
    client->dispatch->facts.busy += problem == ERROR_BUSY;
    if (problem == ERROR_FORBIDDEN) {
        snprintf(why, sizeof why, "role %s may not call %s", role_name(client->who.role),
                 method_spec(read.method)->name);
        snprintf(read.why, sizeof read.why, "%s", why);
    }
    if (problem == ERROR_COUNT && method_spec(read.method)->access == METHOD_DAEMON &&
        !watch_methods[read.method]) {
        own_method_answer(client, batch, &read);
        return;
    }
    if (problem == ERROR_COUNT && !request_submit(client, batch, &read))
        problem = ERROR_INTERNAL;
    if (problem != ERROR_COUNT && !read.notification)
        client_reply_error(client, batch, read.id, problem, read.why[0] ? read.why : NULL);
}

static bool batch_take(struct dispatch_client *client, json_t *array)
{
    struct batch *batch = calloc(1, sizeof *batch);
    json_t *object;
    size_t i;

    if (!batch || !(batch->out = evbuffer_new())) {
        free(batch);
        client_reply_error(client, NULL, "null", ERROR_INTERNAL, NULL);
        return true;
    }
    batch->pending = 1;
    json_array_foreach(array, i, object) request_take(client, batch, object);
    batch_done(client, batch);
    return true;
}

bool dispatch_line(struct dispatch_client *client, const char *line, size_t length)
{
    enum error_id error;
    char why[RPC_WHY_MAX];
    json_t *value = rpc_parse(line, length, &error, why, sizeof why);

    if (!value) {
        client_reply_error(client, NULL, "null", error, why);
        return false;
    }
    if (json_is_array(value))
        batch_take(client, value);
    else
        request_take(client, NULL, value);
    json_decref(value);
    return true;
}

/* ---- principals ---- */

static void client_identify(struct dispatch_client *client);

/* The answer to a client's first question who it is. */
static void client_identified(struct dispatch_client *client, const struct principal *who, enum error_id error)
{
    client->identified = true;
    if (who)
        client->who = *who;
    client->dispatch->hooks->identified(client->session, who, error);
}

static void on_identified(struct lane_call *call, enum error_id error, bool ok, const char *body, size_t length)
{
    struct dispatch_client *client =
        (struct dispatch_client *)((char *)call - offsetof(struct dispatch_client, identify));
    struct principal who = {0};
    bool known = error == ERROR_COUNT && ok && principal_read(body, length, &who);

    client->identifying = false;
    if (client->leaving)
        client_free_if_done(client);
    else if (client->again)
        client_identify(client);
    else if (!client->identified)
        client_identified(client, known ? &who : NULL, error == ERROR_COUNT ? ERROR_FORBIDDEN : error);
    else if (error != ERROR_COUNT)
        return; /* the database is away; with its return every client is asked for again */
    else if (!known || who.id != client->who.id || who.role != client->who.role)
        client->dispatch->hooks->revoked(client->session);
}

static void client_identify(struct dispatch_client *client)
{
    if (client->identifying) {
        client->again = true;
        return;
    }
    client->again = false;
    client->identifying = true;
    client->identify =
        (struct lane_call){.what = LANE_IDENTIFY,
                           .params = client->fingerprint_params,
                           .params_length = strlen(client->fingerprint_params),
                           .deadline_ms = clock_monotonic_ms() + client->dispatch->options->request_timeout_ms,
                           .done = on_identified};
    lanes_submit(client->dispatch->lanes, &client->identify, NULL);
}

/* name NULL: any of them may have changed. */
static void on_principal_changed(void *owner, const char *name)
{
    struct dispatch *dispatch = owner;
    struct dispatch_client *client;

    TAILQ_FOREACH(client, &dispatch->clients, link)
    if (client->identified && !client->leaving && (!name || strcmp(client->who.name, name) == 0))
        client_identify(client);
}

/* ---- events ---- */

static void on_happened(void *owner)
{
    const struct dispatch *dispatch = owner;

    watches_happened(dispatch->watches);
}

static void on_wrote(void *owner)
{
    const struct dispatch *dispatch = owner;

    watches_wrote(dispatch->watches);
}

static const struct lanes_hooks lanes_hooks = {
    .principal_changed = on_principal_changed, .happened = on_happened, .wrote = on_wrote};

static bool client_room(void *client_owner)
{
    const struct dispatch_client *client = client_owner;

    return client->dispatch->hooks->room(client->session);
}

static void client_send(void *client_owner, struct evbuffer *out)
{
    const struct dispatch_client *client = client_owner;

    client->dispatch->hooks->reply(client->session, out);
}

static const struct watches_hooks watches_hooks = {.room = client_room, .send = client_send};

int dispatch_client_watches(const struct dispatch_client *client)
{
    return client->watch.count;
}

void dispatch_client_room(struct dispatch_client *client)
{
    watches_room(client->dispatch->watches, &client->watch);
}

/* ---- clients ---- */

static void client_free_if_done(struct dispatch_client *client)
{
    if (!client->leaving || client->in_flight > 0 || client->identifying)
        return;
    TAILQ_REMOVE(&client->dispatch->clients, client, link);
    client->dispatch->hooks->idle(client->session);
    free(client);
}

struct dispatch_client *dispatch_client_new(struct dispatch *dispatch, void *session, const char *fingerprint)
{
    struct dispatch_client *client = calloc(1, sizeof *client);

    if (!client)
        return NULL;
    client->dispatch = dispatch;
    client->session = session;
    client->watch.owner = client;
    snprintf(client->fingerprint_params, sizeof client->fingerprint_params, "{\"fingerprint\":\"%s\"}",
             fingerprint);
    TAILQ_INSERT_TAIL(&dispatch->clients, client, link);
    client_identify(client);
    return client;
}

int dispatch_client_in_flight(const struct dispatch_client *client)
{
    return client->in_flight;
}

void dispatch_client_leave(struct dispatch_client *client)
{
    client->leaving = true;
    watches_leave(&client->watch);
    client_free_if_done(client);
}

/* ---- the whole ---- */

int dispatch_in_flight(const struct dispatch *dispatch)
{
    return dispatch->in_flight;
}

void dispatch_note_connections(struct dispatch *dispatch, int open, uint64_t accepted, uint64_t refused)
{
    dispatch->facts.connections = open;
    dispatch->facts.accepted = accepted;
    dispatch->facts.turned_away = refused;
}

void dispatch_reload(struct dispatch *dispatch, const struct options *options)
{
    dispatch->options = options;
    lanes_reload(dispatch->lanes, options);
    watches_reload(dispatch->watches, options);
    ticker_reload(dispatch->ticker, options);
}

struct dispatch *dispatch_new(struct event_base *base, const struct options *options,
                              const struct dispatch_hooks *hooks)
{
    struct dispatch *dispatch = calloc(1, sizeof *dispatch);

    if (!dispatch)
        return NULL;
    TAILQ_INIT(&dispatch->clients);
    dispatch->options = options;
    dispatch->hooks = hooks;
    dispatch->facts.started_ms = clock_monotonic_ms();
    dispatch->reply = evbuffer_new();
    dispatch->lanes = lanes_new(base, options, &lanes_hooks, dispatch);
    if (dispatch->lanes) {
        dispatch->watches = watches_new(base, options, dispatch->lanes, &watches_hooks);
        dispatch->ticker = ticker_new(base, options, dispatch->lanes);
    }
    if (dispatch->reply && dispatch->watches && dispatch->ticker)
        return dispatch;
    dispatch_free(dispatch);
    return NULL;
}

void dispatch_free(struct dispatch *dispatch)
{
    if (!dispatch)
        return;
    lanes_free(dispatch->lanes);
    watches_free(dispatch->watches);
    ticker_free(dispatch->ticker);
    if (dispatch->reply)
        evbuffer_free(dispatch->reply);
    free(dispatch);
}
