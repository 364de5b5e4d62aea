/* The errors of the protocol (error.def) as data: code, reason, exit code and sentence of each. */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

enum error_id {
#define ERROR(id, ...) ERROR_##id,
#include "common/error.def"
#undef ERROR
    ERROR_COUNT
};

struct error_spec {
    int code;           /* JSON-RPC error code */
    const char *reason; /* data.reason */
    int exit_code;      /* what the client exits with */
    const char *text;
};

/* The row of an error. Never NULL. */
const struct error_spec *error_spec(enum error_id id);

/* The row by data.reason; NULL where there is none (an error of a newer server, say). */
const struct error_spec *error_find(const char *reason);

#endif
