/*
 * Prints events as they come, a line each.  A lost connection, a silent server and a gap all end the same way: with
 * a new watch from the last cursor, so that every event is printed once.
 */
#include "client/command_watch.h"
#include "client/memory.h"
#include "client/refusal.h"
#include "client/text.h"
#include "common/clock.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS 200      /* how soon ^C is noticed */
#define SILENCE_MS 95000 /* three beats of the server and a little */

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

enum heard { HEARD_NOTHING, HEARD_LINE, HEARD_GAP, HEARD_LOSS };

/* An event in a line: when, which, whose, how bad, what, who, and its text. */
static void event_print(struct render *render, json_t *event)
{
    static const char *const order[] = {"incident", "partner", "severity", "event", "actor"};
    static const int widths[] = {10, 16, 1, 10, 12};
    char *at = render_cell(json_object_get(event, "at"), CELL_TIME, false);
    const char *text = render_string(event, "text", render_string(event, "title", ""));
    char *safe = text_safe(text, false);

    fprintf(render->stream, "%s", at);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        char *cell = text_safe(render_string(event, order[i], "-"), false);
        fprintf(render->stream, "  %-*s", widths[i], cell);
        free(cell);
    }
    fprintf(render->stream, "  %s%s%s\n",
            strcmp(render_string(event, "visibility", "public"), "internal") == 0 ? "(internal) " : "",
            render_member(event, "entered_at") == NULL ? "" : "(entered late) ", safe);
    free(safe);
    free(at);
}

/* Takes a line from the server: prints an event of ours, remembers where we are. */
static enum heard line_take(struct session *session, json_t *params, json_int_t watch, const char *line,
                            size_t length)
{
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    json_t *told = json_object_get(object, "params");
    json_t *event = json_object_get(told, "event"), *cursor = json_object_get(told, "cursor");
    enum heard heard = HEARD_LINE;

    if (strcmp(render_string(object, "method", ""), "event") == 0 &&
        json_integer_value(json_object_get(told, "watch")) == watch && json_is_string(cursor)) {
        json_object_set(params, "since", cursor);
        if (json_is_object(event) && session->render.format == RENDER_JSON) {
            json_object_set(event, "cursor", cursor);
            render_json(&session->render, event, true);
        } else if (json_is_object(event)) {
            event_print(&session->render, event);
        }
        heard = json_is_true(json_object_get(told, "gap")) ? HEARD_GAP : HEARD_LINE;
    }
    json_decref(object);
    return heard;
}

/* Prints what comes until the watch ends or is interrupted. why: of a loss, a sentence. */
static enum heard watch_hear(struct session *session, json_t *params, json_int_t watch, char *why, size_t why_size)
{
    int64_t heard_ms = clock_monotonic_ms();
    struct connection *connection = NULL;
    enum heard heard = HEARD_LINE;
    size_t length = 0;
    char *line = NULL;

    while (!interrupted && heard == HEARD_LINE) {
        if (call_connect(session->call, &connection, why, why_size) != CONNECTION_DONE)
            return HEARD_LOSS;
        switch (connection_receive(connection, LOOK_MS, &line, &length, why, why_size)) {
        case CONNECTION_DONE:
            heard_ms = clock_monotonic_ms();
            heard = line_take(session, params, watch, line, length);
            if (fflush(session->render.stream) != 0)
                return HEARD_NOTHING;
            break;
        case CONNECTION_LATE:
            if (clock_monotonic_ms() - heard_ms < SILENCE_MS)
                break;
            snprintf(why, why_size, "the server has gone silent");
            return HEARD_LOSS;
        case CONNECTION_LOST:
        case CONNECTION_REJECTED:
        case CONNECTION_BROKEN:
            return HEARD_LOSS;
        }
    }
    return interrupted ? HEARD_NOTHING : heard;
}

/* Asks for the watch; patient: as often as it takes. On STATUS_DONE *watch is its number. */
static enum status watch_start(struct session *session, json_t *params, bool patient, json_int_t *watch)
{
    struct reply reply;
    enum status status = STATUS_INTERRUPTED;

    for (int try = 1; !interrupted; try++) {
        call_request(session->call, "watch.start", params, &reply);
        status = reply.status;
        if (status == STATUS_DONE) {
            *watch = json_integer_value(json_object_get(reply.result, "watch"));
            json_object_set(params, "since", json_object_get(reply.result, "cursor"));
        } else if (!patient || status != STATUS_AWAY) {
            refusal_print(reply.error);
        }
        reply_release(&reply);
        if (!patient || status != STATUS_AWAY)
            return status;
        call_pause(call_pause_ms(try));
    }
    return STATUS_INTERRUPTED;
}

static void watch_stop(struct session *session, json_int_t watch)
{
    json_t *params = json_pack("{s:I}", "watch", watch);
    struct reply reply;

    call_request(session->call, "watch.stop", params, &reply);
    reply_release(&reply);
    json_decref(params);
}

static enum status watch_follow(struct session *session, json_t *params)
{
    char why[COMMAND_WHY_MAX] = "";
    json_int_t watch = 0;

    enum status status = watch_start(session, params, false, &watch);
    while (status == STATUS_DONE) {
        enum heard heard = watch_hear(session, params, watch, why, sizeof why);
        if (heard == HEARD_NOTHING)
            break;
        if (heard == HEARD_GAP)
            text_complain("more happened than could be sent at once; catching up");
        else
            text_complain("%s; trying again", why);
        if (heard == HEARD_LOSS)
            call_disconnect(session->call);
        status = watch_start(session, params, true, &watch);
        if (status == STATUS_DONE && heard == HEARD_LOSS)
            text_complain("connected again; what happened meanwhile follows");
    }
    if (status == STATUS_DONE && interrupted)
        watch_stop(session, watch);
    return interrupted ? STATUS_INTERRUPTED : status;
}

/* --mine: those of whom the server says that we are. */
static enum status mine_add(struct session *session, json_t *params)
{
    struct reply reply;

    if (session_value(session, "mine") == NULL)
        return STATUS_DONE;
    call_request(session->call, "hello", NULL, &reply);
    enum status status = reply.status;
    if (reply.error != NULL)
        refusal_print(reply.error);
    else
        json_object_set_new(params, "owner", json_string(render_string(reply.result, "principal.name", "")));
    reply_release(&reply);
    return status;
}

static enum status watch_run(struct session *session, const struct command *command)
{
    struct sigaction action = {.sa_handler = interrupt}, before;

    if (session->render.format == RENDER_CSV)
        return command_misused(command, "--format: events are lines for a person, or json");
    if (session_value(session, "mine") != NULL && json_object_get(session->params, "owner") != NULL)
        return command_misused(command, "--mine and --owner: one of them is enough");
    if (session_call(session) == NULL)
        return STATUS_USAGE;
    interrupted = 0;
    sigaction(SIGINT, &action, &before);
    enum status status = mine_add(session, session->params);
    if (status == STATUS_DONE)
        status = watch_follow(session, session->params);
    sigaction(SIGINT, &before, NULL);
    return status;
}

static const struct option_spec watch_options[] = {
    {"mine", 'm', NULL, "only those of incidents that are ours"},
    {NULL, 0, NULL, NULL},
};

const struct command command_watch = {
    .name = "watch",
    .method = METHOD_WATCH_START,
    .letters = "p=partner i=incident o=owner",
    .options = watch_options,
    .example = "entitle watch --partner contoso",
    .details = "Goes on until it is interrupted (^C). A lost connection is made again; what happened meanwhile "
               "comes then.\n"
               "With --json each event has its `cursor`: --since goes on after it.",
    .run = watch_run,
};
