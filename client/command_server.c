/* What the server says of itself, and any method by its name. */
#include "client/command_server.h"
#include "client/refusal.h"
#include "client/text.h"
#include "client/value.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALL_INPUT_MAX (1024 * 1024UL)

static const struct column hello_columns[] = {
    {"server", "server", CELL_TEXT},
    {"version", "version", CELL_TEXT},
    {"name", "principal.name", CELL_TEXT},
    {"role", "principal.role", CELL_TEXT},
    {"partner", "principal.partner", CELL_TEXT},
    {"time", "time", CELL_TIME},
    {"limits", "limits", CELL_LIST},
    {NULL, NULL, CELL_TEXT},
};

static void hello_render(struct render *render, const json_t *result)
{
    render_facts(render, hello_columns, result);
}

/* Adds a row {name, value} for each number in value, named by its path. */
static void stats_collect(json_t *rows, const char *path, json_t *value)
{
    const char *name;
    char longer[256];
    json_t *member;
    size_t i;

    if (!json_is_object(value) && !json_is_array(value))
        json_array_append_new(rows, json_pack("{s:s, s:O}", "name", path, "value", value));
    json_object_foreach(value, name, member)
    {
        snprintf(longer, sizeof longer, "%s%s%s", path, path[0] == '\0' ? "" : ".", name);
        stats_collect(rows, longer, member);
    }
    json_array_foreach(value, i, member)
    {
        snprintf(longer, sizeof longer, "%s.%zu", path, i);
        stats_collect(rows, longer, member);
    }
}

static void stats_render(struct render *render, const json_t *result)
{
    static const struct column columns[] = {
        {"NAME", "name", CELL_TEXT},
        {"VALUE", "value", CELL_NUMBER},
        {NULL, NULL, CELL_TEXT},
    };
    json_t *rows = json_array();

    stats_collect(rows, "", (json_t *)result);
    render_rows(render, columns, rows);
    json_decref(rows);
}

/* The parameters as typed, or from standard input; NULL with a sentence. */
static json_t *params_read(const char *text, char *why, size_t why_size)
{
    json_error_t error;
    char *input = NULL;

    if (strcmp(text, "-") == 0) {
        text = input = value_stream(STDIN_FILENO, CALL_INPUT_MAX, why, why_size);
        if (input == NULL)
            return NULL;
    }
    json_t *params = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (params == NULL)
        snprintf(why, why_size, "JSON: %s at %d:%d", error.text, error.line, error.column);
    else if (!json_is_object(params)) {
        snprintf(why, why_size, "JSON: the parameters are an object, such as {\"partner\": \"contoso\"}");
        json_decref(params);
        params = NULL;
    }
    free(input);
    return params;
}

static enum status call_run(struct session *session, const struct command *command)
{
    const char *method = session_value(session, "method"), *text = session_value(session, "json-params");
    enum method_id id = method_find(method, strlen(method));
    char why[COMMAND_WHY_MAX] = "", key[CALL_KEY_MAX];
    struct reply reply;

    json_t *params = params_read(text == NULL ? "{}" : text, why, sizeof why);
    if (params == NULL)
        return command_misused(command, why);
    const char *given = session_value(session, "key");
    if (given == NULL && id != METHOD_COUNT && method_spec(id)->access == METHOD_WRITES && call_key_new(key))
        given = key;
    if (given != NULL && json_object_get(params, "key") == NULL)
        json_object_set_new(params, "key", json_string(given));
    json_decref(session->params);
    session->params = params;
    if (session_call(session) == NULL)
        return STATUS_USAGE;
    call_request(session->call, method, params, &reply);
    enum status status = reply.status;
    if (reply.error != NULL) {
        json_t *object = json_pack("{s:O}", "error", reply.error);
        render_json(&session->render, object, true);
        json_decref(object);
        refusal_print(reply.error);
        if (id == METHOD_COUNT && method_suggest(method) != NULL)
            text_hint("did you mean: %s", method_suggest(method));
    } else {
        render_json(&session->render, reply.result, true);
    }
    reply_release(&reply);
    return status;
}

static const struct option_spec call_options[] = {
    {"key", 0, "KEY", "the key of a method that writes; a new one is the default"},
    {NULL, 0, NULL, NULL},
};

const struct command command_hello = {
    .name = "hello",
    .method = METHOD_HELLO,
    .example = "entitle hello",
    .render = hello_render,
};

const struct command command_stats = {
    .name = "stats",
    .method = METHOD_SERVER_STATS,
    .example = "entitle stats --json",
    .render = stats_render,
};

const struct command command_call = {
    .name = "call",
    .method = METHOD_COUNT,
    .words = "method json-params?",
    .options = call_options,
    .summary = "call any method; its result, or {\"error\": ...}, is one line of JSON",
    .example = "entitle call balance.get '{\"partner\": \"contoso\"}'",
    .details = "JSON-PARAMS is an object, or - for standard input; entitle-protocol(7) has the methods.",
    .run = call_run,
};
