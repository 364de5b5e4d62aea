/* Owns the table of errors that error.def declares, and finds a row by id or by reason. */
#include "common/error.h"

#include <stddef.h>
#include <string.h>

static const struct error_spec specs[] = {
#define ERROR(id, code, reason, exit, text) {code, reason, exit, text},
#include "common/error.def"
#undef ERROR
};

const struct error_spec *error_spec(enum error_id id)
{
    return &specs[id < ERROR_COUNT ? id : ERROR_INTERNAL];
}

const struct error_spec *error_find(const char *reason)
{
    for (size_t i = 0; i < ERROR_COUNT; i++)
        if (strcmp(specs[i].reason, reason) == 0)
            return &specs[i];
    return NULL;
}
