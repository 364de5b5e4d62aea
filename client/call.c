/* Requests over one connection, with the patience that the protocol's keys make safe. */
#include "client/call.h"
#include "client/memory.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/line.h"
#include "common/methods.h"
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALL_WHY_MAX 512
#define CALL_SLOW_MS 660000 /* for what may take minutes; the server ends it sooner (slow_timeout_ms) */

struct call {
    struct connection_target target;
    struct connection *connection;
    json_int_t last_id;
    int timeout_ms;
};

struct call *call_new(const struct profile *profile, int timeout_ms)
{
    struct call *call = memory_new(1, sizeof *call);

    call->target = (struct connection_target){
        .address = profile->address,
        .server_name = profile->server_name,
        .files = {.ca = profile->ca, .certificate = profile->certificate, .key = profile->key},
    };
    call->timeout_ms = timeout_ms;
    return call;
}

void call_free(struct call *call)
{
    if (call == NULL)
        return;
    call_disconnect(call);
    free(call);
}

enum connection_outcome call_connect(struct call *call, struct connection **connection, char *why, size_t why_size)
{
    if (call->connection == NULL) {
        enum connection_outcome outcome =
            connection_open(&call->target, call->timeout_ms, &call->connection, why, why_size);
        if (outcome != CONNECTION_DONE)
            return outcome;
    }
    *connection = call->connection;
    return CONNECTION_DONE;
}

int call_timeout_ms(const struct call *call)
{
    return call->timeout_ms;
}

void call_disconnect(struct call *call)
{
    connection_free(call->connection);
    call->connection = NULL;
}

bool call_key_new(char key[CALL_KEY_MAX])
{
    unsigned char bytes[16];

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        sprintf(key + 2 * i, "%02x", bytes[i]);
    return true;
}

char *call_line(json_int_t id, const char *method, json_t *params)
{
    json_t *object = json_pack("{s:s, s:I, s:s}", "jsonrpc", "2.0", "id", id, "method", method);

    if (object != NULL && params != NULL)
        json_object_set(object, "params", params);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    json_decref(object);
    char *line = memory_format("%s\n", text == NULL ? "" : text);
    free(text);
    return line;
}

enum status call_error_status(const json_t *error)
{
    const char *reason = json_string_value(json_object_get(json_object_get(error, "data"), "reason"));
    json_int_t code = json_integer_value(json_object_get(error, "code"));
    const struct error_spec *spec = reason == NULL ? NULL : error_find(reason);

    for (int id = 0; spec == NULL && id < ERROR_COUNT; id++)
        if (error_spec((enum error_id)id)->code == code)
            spec = error_spec((enum error_id)id);
    return spec == NULL ? STATUS_FAILED : (enum status)spec->exit_code;
}

bool call_error_passes(const json_t *error)
{
    const char *reason = json_string_value(json_object_get(json_object_get(error, "data"), "reason"));

    return call_error_status(error) == STATUS_AWAY && (reason == NULL || strcmp(reason, "unreachable") != 0);
}

int call_pause_ms(int try)
{
    unsigned char dice = 0;

    RAND_bytes(&dice, 1);
    return (100 << (try > 5 ? 5 : try)) * (192 + dice / 2) / 256;
}

json_t *call_error_new(const char *reason, const char *message)
{
    json_t *error = json_pack("{s:s, s:{s:s}}", "message", message, "data", "reason", reason);

    return error == NULL ? json_pack("{s:s}", "message", "the server's answer cannot be read") : error;
}

enum status call_outcome_status(enum connection_outcome outcome)
{
    switch (outcome) {
    case CONNECTION_DONE:
        return STATUS_DONE;
    case CONNECTION_LOST:
    case CONNECTION_LATE:
        return STATUS_AWAY;
    case CONNECTION_REJECTED:
        return STATUS_FORBIDDEN;
    case CONNECTION_BROKEN:
        break;
    }
    return STATUS_FAILED;
}

static void reply_fail(struct reply *reply, enum connection_outcome outcome, const char *why)
{
    reply_release(reply);
    reply->error = call_error_new(outcome == CONNECTION_REJECTED ? "forbidden" : "unreachable", why);
    reply->status = call_outcome_status(outcome);
}

/* Takes one line from the server. True if it answers the request `id`, or the connection as a whole. */
static bool reply_read(struct reply *reply, json_int_t id, const char *line, size_t length)
{
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    json_t *its_id = json_object_get(object, "id");
    bool ours = (json_is_integer(its_id) && json_integer_value(its_id) == id) ||
                (json_is_null(its_id) && json_object_get(object, "error") != NULL);

    if (object == NULL) {
        reply->error = call_error_new("internal", "the server's answer is not JSON");
        reply->status = STATUS_FAILED;
        return true;
    }
    if (ours) {
        reply->result = json_incref(json_object_get(object, "result"));
        reply->error = json_incref(json_object_get(object, "error"));
        if (reply->result == NULL && reply->error == NULL)
            reply->error = call_error_new("internal", "the server's answer has neither result nor error");
        reply->status = reply->error == NULL ? STATUS_DONE : call_error_status(reply->error);
    }
    json_decref(object);
    return ours;
}

/* How long the answer to a method is waited for. */
static int call_patience_ms(const struct call *call, const char *method)
{
    enum method_id id = method_find(method, strlen(method));
    bool slow = id != METHOD_COUNT && method_spec(id)->slow;

    return slow && call->timeout_ms < CALL_SLOW_MS ? CALL_SLOW_MS : call->timeout_ms;
}

/* One try: connects if need be, sends, waits. sent: whether the server may have seen it. */
static enum connection_outcome request_try(struct call *call, json_int_t id, const char *text, int patience_ms,
                                           struct reply *reply, bool *sent, char *why, size_t why_size)
{
    int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    struct connection *connection = NULL;
    size_t length = 0;
    char *line = NULL;

    enum connection_outcome outcome = call_connect(call, &connection, why, why_size);
    if (outcome != CONNECTION_DONE)
        return outcome;
    *sent = true;
    outcome = connection_send(connection, text, strlen(text), call->timeout_ms, why, why_size);
    while (outcome == CONNECTION_DONE) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        outcome = connection_receive(connection, left_ms < 1 ? 1 : (int)left_ms, &line, &length, why, why_size);
        if (outcome == CONNECTION_DONE && reply_read(reply, id, line, length))
            return outcome;
    }
    return outcome;
}

void call_pause(int pause_ms)
{
    struct timespec pause = {.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

void call_request(struct call *call, const char *method, json_t *params, struct reply *reply)
{
    char why[CALL_WHY_MAX] = "";
    json_int_t id = ++call->last_id;
    char *text = call_line(id, method, params);
    bool sent = false;

    *reply = (struct reply){0};
    if (strlen(text) > LINE_BYTES_MAX) {
        snprintf(why, sizeof why, "this request is too long: %zu bytes, %d are allowed", strlen(text),
                 LINE_BYTES_MAX);
        reply->error = call_error_new("invalid_params", why);
        reply->status = STATUS_USAGE;
        free(text);
        return;
    }
    for (int try = 1;; try++) {
        enum connection_outcome outcome =
            request_try(call, id, text, call_patience_ms(call, method), reply, &sent, why, sizeof why);
        if (outcome != CONNECTION_DONE) {
            call_disconnect(call);
            reply_fail(reply, outcome, why);
        }
        bool again = outcome == CONNECTION_DONE ? reply->error != NULL && call_error_passes(reply->error)
                                                : sent && outcome == CONNECTION_LOST;
        if (!again || try >= CALL_TRIES_MAX)
            break;
        reply_release(reply);
        call_pause(call_pause_ms(try));
    }
    free(text);
}

void reply_release(struct reply *reply)
{
    json_decref(reply->result);
    json_decref(reply->error);
    *reply = (struct reply){0};
}
