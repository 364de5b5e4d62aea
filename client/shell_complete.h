/* What could stand where the cursor is: commands, options, their words, names of partners and incidents. Pure. */
#ifndef CLIENT_SHELL_COMPLETE_H
#define CLIENT_SHELL_COMPLETE_H

#include "client/command.h"
#include "client/shell_words.h"
#include <jansson.h>

/* Names that are known, as arrays of strings; NULL: none. */
struct shell_names {
    json_t *partners, *incidents;
};

/*
 * The words that could complete the last of a line's (or, where it ends with a space, be the next); for
 * json_decref(): an array of strings, sorted as they are known. *typed: how much of it is there already; good as
 * long as the words.
 */
json_t *shell_complete(const struct command *const *commands, const struct shell_names *names,
                       const struct shell_words *line, const char **typed);

/* How many bytes all of them begin with in common. */
size_t shell_common(const json_t *candidates);

#endif
