/* What a person types, into the value that a parameter takes. Pure, but that "-" reads standard input. */
#ifndef CLIENT_VALUE_H
#define CLIENT_VALUE_H

#include "common/methods.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The JSON value of text for a parameter, checked against its row. Friendlier than the protocol: a TIME
 * may be "2004-08-23" or "2004-08-23 14:00" in the local time zone, a BOOLEAN yes or no (NULL: yes), an
 * OBJECT "a=1,b=2", words of a CHOICE in any case, and a long TEXT "-" for standard input.
 * Owned by the caller; NULL with a sentence.
 */
json_t *value_read(const struct param_spec *param, const char *text, char *why, size_t why_size);

/* All of a stream, for free(), without the newline at its end; NULL with a sentence if more than bytes_max. */
char *value_stream(int fd, size_t bytes_max, char *why, size_t why_size);

/* What a parameter's value is called in a usage line: "PARTNER", "WORD", "N" … */
const char *value_word(const struct param_spec *param);

#endif
