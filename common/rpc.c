/* Owns the envelope of JSON-RPC 2.0: what a request must look like, and how an error is written. */
#include "common/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const envelope_members[] = {"jsonrpc", "method", "params", "id"};

/* The first byte rule: spares a peer that speaks another protocol a lecture on JSON. */
static bool line_begins_json(const char *line, size_t length)
{
    size_t blank = 0;

    while (blank < length && (line[blank] == ' ' || line[blank] == '\t'))
        blank++;
    return blank < length && (line[blank] == '{' || line[blank] == '[');
}

json_t *rpc_parse(const char *line, size_t length, enum error_id *error, char *why, size_t why_size)
{
    json_error_t problem;
    json_t *value;

    *error = ERROR_PARSE_ERROR;
    if (!line_begins_json(line, length)) {
        snprintf(why, why_size, "a line must begin with { or [: this port speaks JSON-RPC 2.0, a line a request");
        return NULL;
    }
    value = json_loadb(line, length, JSON_REJECT_DUPLICATES, &problem);
    if (!value) {
        snprintf(why, why_size, "not valid JSON at byte %d: %s", problem.position, problem.text);
        return NULL;
    }
    if (json_is_array(value) && (json_array_size(value) < 1 || json_array_size(value) > RPC_BATCH_MAX)) {
        snprintf(why, why_size, "a batch has 1 to %d requests, this one %zu", RPC_BATCH_MAX,
                 json_array_size(value));
        *error = ERROR_INVALID_REQUEST;
        json_decref(value);
        return NULL;
    }
    *error = ERROR_COUNT;
    return value;
}

static void request_fail(struct rpc_request *request, enum error_id error, const char *why)
{
    request->error = error;
    if (error == ERROR_INVALID_REQUEST)
        request->notification = false; /* what is no request is no notification either */
    if (why != request->why)
        snprintf(request->why, sizeof request->why, "%s", why);
}

/* Takes the id over as JSON text; false if it is not one. */
static bool request_read_id(const json_t *id, struct rpc_request *request)
{
    size_t length;

    if (!id)
        return true;
    request->notification = false;
    if (!json_is_string(id) && !json_is_integer(id))
        return false;
    if (json_is_string(id) && json_string_length(id) > RPC_ID_MAX)
        return false;
    length = json_dumpb(id, request->id, sizeof request->id - 1, JSON_ENCODE_ANY);
    request->id[length] = '\0';
    return true;
}

static bool envelope_is_known(json_t *object, struct rpc_request *request)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        size_t i = 0;

        (void)value;
        while (i < 4 && strcmp(name, envelope_members[i]) != 0)
            i++;
        if (i == 4) {
            snprintf(request->why, sizeof request->why, "a request has no member `%.64s`", name);
            return false;
        }
    }
    return true;
}

static void request_read_method(const json_t *method, struct rpc_request *request)
{
    const char *name = json_string_value(method), *near;

    request->method = method_find(name, json_string_length(method));
    if (request->method != METHOD_COUNT)
        return;
    near = method_suggest(name);
    snprintf(request->why, sizeof request->why, "there is no method `%.64s`%s%s%s", name,
             near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
    request_fail(request, ERROR_METHOD_NOT_FOUND, request->why);
}

void rpc_request_read(json_t *object, struct rpc_request *request)
{
    const json_t *version, *method;

    memcpy(request->id, "null", sizeof "null");
    request->notification = json_is_object(object);
    request->method = METHOD_COUNT;
    request->params = NULL;
    request->error = ERROR_COUNT;
    request->why[0] = '\0';
    if (!json_is_object(object)) {
        request_fail(request, ERROR_INVALID_REQUEST, "a request is an object");
        return;
    }
    if (!request_read_id(json_object_get(object, "id"), request)) {
        request_fail(request, ERROR_INVALID_REQUEST,
                     "`id` must be a whole number or a string of at most 128 bytes");
        return;
    }
    version = json_object_get(object, "jsonrpc");
    method = json_object_get(object, "method");
    request->params = json_object_get(object, "params");
    if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0)
        request_fail(request, ERROR_INVALID_REQUEST, "`jsonrpc` must be \"2.0\"");
    else if (!json_is_string(method))
        request_fail(request, ERROR_INVALID_REQUEST, "`method` must be a string");
    else if (!envelope_is_known(object, request))
        request_fail(request, ERROR_INVALID_REQUEST, request->why);
    else if (request->params && !json_is_object(request->params))
        request_fail(request, ERROR_INVALID_PARAMS, "`params` must be an object: parameters have names here");
    else
        request_read_method(method, request);
    if (request->error == ERROR_COUNT &&
        !method_params_check(method_spec(request->method), request->params, request->why, sizeof request->why))
        request_fail(request, ERROR_INVALID_PARAMS, request->why);
}

char *rpc_error_text(enum error_id error, const char *why)
{
    const struct error_spec *spec = error_spec(error);
    json_t *object = json_pack("{s:i, s:s, s:{s:s}}", "code", spec->code, "message", why ? why : spec->text, "data",
                               "reason", spec->reason);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    return text;
}
