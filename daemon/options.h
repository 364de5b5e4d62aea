/*
 * The daemon's options: a typed table (options.def) with range, default and text, read with libConfuse.
 * Nothing else in the daemon knows a default.
 */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
#define OPTION_INTEGER(name, ...) long name;
#define OPTION_STRING(name, ...) char *name;
#include "daemon/options.def"
#undef OPTION_INTEGER
#undef OPTION_STRING
};

/*
 * Reads a configuration file; path NULL: all defaults. Returns the options (options_free()), or NULL
 * with a sentence in why that names file, line, option and what is allowed.
 */
struct options *options_load(const char *path, char *why, size_t why_size);

void options_free(struct options *options);

/*
 * Takes the values of all reloadable options from fresh into current (swaps them: fresh is still to be
 * freed). Returns the name of the first option that differs but needs a restart, or NULL if none does.
 */
const char *options_reload(struct options *current, struct options *fresh);

#endif
