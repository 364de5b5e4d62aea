/*
 * The table of methods (methods.def) as data: look-up, validation of parameters, words for people.
 * Pure; used by the daemon (dispatch), the client (help, flags, completion) and the manual's generator.
 */
#ifndef COMMON_METHODS_H
#define COMMON_METHODS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum method_access { METHOD_READS, METHOD_WRITES, METHOD_DAEMON };

/* Bits of a set of roles; domain.md's words, in doc/architecture.md "who may do what". */
enum role {
    ROLE_PARTNER = 1 << 0,
    ROLE_COORDINATOR = 1 << 1,
    ROLE_MANAGER = 1 << 2,
    ROLE_REPORTER = 1 << 3,
    ROLE_ADMIN = 1 << 4,
};

enum param_type {
    PARAM_CODE,       /* [a-z0-9][a-z0-9-]{0,62} */
    PARAM_PARTNER,    /* a CODE that names a partner */
    PARAM_INCIDENT,   /* INC-000123 */
    PARAM_CONTRACT,   /* CON-000123 */
    PARAM_ESCALATION, /* ESC-000123 */
    PARAM_TEXT,       /* UTF-8, min..max characters, no control characters but tab and newline */
    PARAM_CHOICE,     /* one of the words in `choices` */
    PARAM_BOOLEAN,
    PARAM_INTEGER,     /* min..max */
    PARAM_TIME,        /* RFC 3339 with an offset */
    PARAM_DATE,        /* YYYY-MM-DD */
    PARAM_KEY,         /* 1..64 printable ASCII characters */
    PARAM_MONEY,       /* "1500.00 USD" */
    PARAM_FINGERPRINT, /* 64 hexadecimal digits */
    PARAM_OBJECT,
};

struct param_spec {
    const char *name; /* NULL ends a list */
    enum param_type type;
    bool required;
    long min, max;
    const char *choices;
    const char *help;
};

struct method_spec {
    const char *name;
    enum method_access access;
    bool batched; /* a writing one whose SQL function takes batches as a whole; others have a transaction each */
    bool slow;    /* may take minutes: on a lane of its own, up to slow_timeout_ms */
    unsigned roles;
    const char *route;
    const char *summary;
    const struct param_spec *params; /* without `key`; ends with name == NULL */
};

enum method_id {
#define METHOD(id, ...) METHOD_##id,
#include "common/methods.def"
#undef METHOD
    METHOD_COUNT
};

/* The row of a method; id 0..METHOD_COUNT-1. Never NULL. */
const struct method_spec *method_spec(enum method_id id);

/* The row of a method by name (length bytes); returns METHOD_COUNT where there is none. */
enum method_id method_find(const char *name, size_t length);

/* The method's name nearest to a mistyped one, or NULL if none is near. */
const char *method_suggest(const char *name);

/* The parameter `name` of a method, its `key` included where it WRITES; NULL where there is none. */
const struct param_spec *method_param(const struct method_spec *spec, const char *name);

/*
 * Checks params (an object, or NULL for none) against the row: no unknown, none missing, every type
 * and bound. Returns true, or false with a sentence in why (why_size bytes, always terminated) that
 * names the parameter and what is allowed.
 */
bool method_params_check(const struct method_spec *spec, const json_t *params, char *why, size_t why_size);

/* Checks one value against one parameter's row; as method_params_check(). */
bool param_value_check(const struct param_spec *param, const json_t *value, char *why, size_t why_size);

/* "partner" … of one role bit; NULL for anything else. And back: 0 for an unknown word. */
const char *role_name(unsigned role);
unsigned role_find(const char *name);

#endif
