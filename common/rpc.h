/*
 * JSON-RPC 2.0 envelopes: takes requests apart, and builds replies by splicing (the result is JSON
 * text that is put in as it is).  Pure.
 */
#ifndef COMMON_RPC_H
#define COMMON_RPC_H

#include "common/error.h"
#include "common/methods.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define RPC_BATCH_MAX 1000
#define RPC_ID_MAX 128  /* bytes of an id */
#define RPC_WHY_MAX 512 /* bytes of a sentence, with its NUL */

/* One request out of a line. Where error is not ERROR_COUNT it must be answered with that and why. */
struct rpc_request {
    char id[RPC_ID_MAX * 6 + 3]; /* as JSON text; "null" where it could not be read */
    bool notification;           /* a request without id: carry out, do not answer */
    enum method_id method;
    json_t *params; /* borrowed from the parsed line; NULL for none */
    enum error_id error;
    char why[RPC_WHY_MAX];
};

/*
 * Parses a line (strictly: UTF-8, no duplicate keys, an object or an array of 1..RPC_BATCH_MAX).
 * Returns the value, owned by the caller, or NULL with ERROR_PARSE_ERROR or ERROR_INVALID_REQUEST in
 * *error and a sentence in why: then the connection is to be closed after the answer.
 */
json_t *rpc_parse(const char *line, size_t length, enum error_id *error, char *why, size_t why_size);

/* Takes one request apart: envelope, method, parameters by the method's row. Roles are not looked at. */
void rpc_request_read(json_t *object, struct rpc_request *request);

/*
 * The text of an error object: {"code":…,"message":…,"data":{"reason":…}}. why NULL: the error's own
 * sentence. Returns memory for free(), or NULL if there is none.
 */
char *rpc_error_text(enum error_id error, const char *why);

#endif
