/* An error of the server (or of the way to it) as sentences for a person, on stderr. */
#ifndef CLIENT_REFUSAL_H
#define CLIENT_REFUSAL_H

#include <jansson.h>

/* Writes the sentence, and what its data adds: the pools looked at, when it opens, what would help. */
void refusal_print(const json_t *error);

/* The same in one line, for a report; for free(). */
char *refusal_line(const json_t *error);

#endif
