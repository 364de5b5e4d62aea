/* A window of slots; each holds its line until it is answered. */
#include "client/pipeline.h"
#include "client/memory.h"
#include "common/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIPELINE_BUSY_TRIES_MAX 10
#define PIPELINE_TURN_MS 200 /* how long one wait may keep us from noticing `stop` */

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_SENT };

struct slot {
    enum slot_state state;
    json_int_t id; /* its number modulo window is the slot's; it grows with each use */
    char *line;
    void *context;
    int tries;
    int64_t due_ms; /* of a waiting one */
};

struct pipeline {
    struct call *call;
    const struct pipeline_work *work;
    struct slot *slots;
    size_t in_use;
    bool exhausted;   /* next() has no more */
    int losses;       /* connections lost since the last answer */
    int64_t heard_ms; /* when the last answer came */
    char *out;        /* lines to be sent together */
    size_t out_length, out_size;
};

static void slot_free(struct pipeline *pipeline, struct slot *slot)
{
    free(slot->line);
    slot->line = NULL;
    slot->context = NULL;
    slot->tries = 0;
    slot->state = SLOT_FREE;
    pipeline->in_use--;
}

/* Gives free slots something to do. */
static void slots_fill(struct pipeline *pipeline)
{
    const struct pipeline_work *work = pipeline->work;
    json_int_t window = (json_int_t)work->window, highest = 0;

    for (size_t i = 0; i < work->window; i++)
        if (pipeline->slots[i].id > highest)
            highest = pipeline->slots[i].id;
    for (size_t i = 0; i < work->window && !pipeline->exhausted; i++) {
        struct slot *slot = &pipeline->slots[i];
        if (slot->state != SLOT_FREE)
            continue;
        void *context = NULL;
        json_t *params = work->next(work->data, &context);
        if (params == NULL) {
            pipeline->exhausted = true;
            break;
        }
        /* The next number above all others that falls on this slot: numbers tell the order of requests. */
        highest += (((json_int_t)i - highest - 1) % window + window) % window + 1;
        slot->id = highest;
        slot->line = call_line(slot->id, work->method != NULL ? work->method : work->method_of(context), params);
        slot->context = context;
        slot->state = SLOT_WAITING;
        slot->due_ms = 0;
        pipeline->in_use++;
        json_decref(params);
    }
}

static int slots_by_number(const void *one, const void *other)
{
    json_int_t a = (*(struct slot *const *)one)->id, b = (*(struct slot *const *)other)->id;

    return (a > b) - (a < b);
}

/* Gathers the lines that are due in pipeline->out, in the order in which they were asked for. */
static void slots_gather(struct pipeline *pipeline)
{
    struct slot *due[PIPELINE_WINDOW_MAX] = {NULL};
    int64_t now_ms = clock_monotonic_ms();
    size_t count = 0;

    for (size_t i = 0; i < pipeline->work->window; i++)
        if (pipeline->slots[i].state == SLOT_WAITING && pipeline->slots[i].due_ms <= now_ms)
            due[count++] = &pipeline->slots[i];
    qsort(due, count, sizeof due[0], slots_by_number);
    pipeline->out_length = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(due[i]->line);
        if (pipeline->out_length + length > pipeline->out_size) {
            pipeline->out_size = (pipeline->out_length + length) * 2;
            pipeline->out = memory_resize(pipeline->out, pipeline->out_size, 1);
        }
        memcpy(pipeline->out + pipeline->out_length, due[i]->line, length);
        pipeline->out_length += length;
        due[i]->state = SLOT_SENT;
    }
}

/* Takes an answer. False with a sentence (and a status) where the connection as a whole was refused. */
static bool answer_take(struct pipeline *pipeline, const char *line, size_t length, enum status *status, char *why,
                        size_t why_size)
{
    const struct pipeline_work *work = pipeline->work;
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *id = json_object_get(object, "id"), *error = json_object_get(object, "error");
    json_int_t number = json_integer_value(id);
    struct slot *slot =
        json_is_integer(id) && number > 0 ? &pipeline->slots[number % (json_int_t)work->window] : NULL;
    bool good = object != NULL && (slot != NULL || error == NULL);

    if (!good) {
        const char *message = json_string_value(json_object_get(error, "message"));
        *status = error == NULL ? STATUS_FAILED : call_error_status(error);
        snprintf(why, why_size, "%s", message == NULL ? "the server's answer is not JSON" : message);
    } else if (slot != NULL && slot->state == SLOT_SENT && slot->id == number) {
        pipeline->losses = 0;
        pipeline->heard_ms = clock_monotonic_ms();
        if (error != NULL && call_error_passes(error) && ++slot->tries < PIPELINE_BUSY_TRIES_MAX) {
            slot->state = SLOT_WAITING;
            slot->due_ms = pipeline->heard_ms + call_pause_ms(slot->tries);
        } else {
            work->done(work->data, slot->context, json_object_get(object, "result"), error);
            slot_free(pipeline, slot);
        }
    }
    json_decref(object);
    return good;
}

/* Sends what is due and takes what has come. */
static enum connection_outcome turn(struct pipeline *pipeline, enum status *status, char *why, size_t why_size)
{
    int timeout_ms = call_timeout_ms(pipeline->call), wait_ms = PIPELINE_TURN_MS;
    struct connection *connection = NULL;
    size_t length = 0;
    char *line = NULL;

    enum connection_outcome outcome = call_connect(pipeline->call, &connection, why, why_size);
    if (outcome != CONNECTION_DONE)
        return outcome;
    slots_gather(pipeline);
    outcome = connection_send(connection, pipeline->out, pipeline->out_length, timeout_ms, why, why_size);
    while (outcome == CONNECTION_DONE) {
        outcome = connection_receive(connection, wait_ms, &line, &length, why, why_size);
        if (outcome == CONNECTION_DONE && !answer_take(pipeline, line, length, status, why, why_size))
            return CONNECTION_BROKEN;
        wait_ms = 0;
    }
    if (outcome == CONNECTION_LATE && clock_monotonic_ms() - pipeline->heard_ms < timeout_ms)
        return CONNECTION_DONE;
    return outcome;
}

/* After a loss: all that is unanswered waits for the next connection. False where it is the last. */
static bool loss_bear(struct pipeline *pipeline)
{
    call_disconnect(pipeline->call);
    for (size_t i = 0; i < pipeline->work->window; i++)
        if (pipeline->slots[i].state == SLOT_SENT) {
            pipeline->slots[i].state = SLOT_WAITING;
            pipeline->slots[i].due_ms = 0;
        }
    if (++pipeline->losses > CALL_TRIES_MAX)
        return false;
    call_pause(call_pause_ms(pipeline->losses));
    pipeline->heard_ms = clock_monotonic_ms();
    return true;
}

enum status pipeline_run(struct call *call, const struct pipeline_work *work, char *why, size_t why_size)
{
    struct pipeline pipeline = {.call = call, .work = work, .heard_ms = clock_monotonic_ms()};
    enum status status = STATUS_DONE;

    pipeline.slots = memory_new(work->window, sizeof *pipeline.slots);
    while (status == STATUS_DONE) {
        if (*work->stop) {
            snprintf(why, why_size, "interrupted");
            status = STATUS_INTERRUPTED;
            break;
        }
        slots_fill(&pipeline);
        if (pipeline.in_use == 0)
            break;
        enum connection_outcome outcome = turn(&pipeline, &status, why, why_size);
        if (outcome == CONNECTION_DONE)
            continue;
        bool passing = outcome == CONNECTION_LOST || outcome == CONNECTION_LATE;
        if (status == STATUS_DONE && (!passing || !loss_bear(&pipeline)))
            status = call_outcome_status(outcome);
    }
    for (size_t i = 0; i < work->window; i++)
        if (pipeline.slots[i].state != SLOT_FREE) {
            if (work->drop != NULL)
                work->drop(work->data, pipeline.slots[i].context);
            slot_free(&pipeline, &pipeline.slots[i]);
        }
    free(pipeline.slots);
    free(pipeline.out);
    return status;
}
