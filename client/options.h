/*
 * The options of one command, for getopt_long: made out of the method's parameters (methods.def) and of
 * those that are the client's own. Nothing of a method's parameters stands in the client a second time.
 */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include "common/methods.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* An option of the client's own. */
struct option_spec {
    const char *name; /* as typed after "--"; NULL ends a list */
    char letter;      /* 0: none */
    const char *word; /* what its value is called; NULL: a flag */
    const char *help;
};

/* One option of a set; `param` is NULL where it is the client's own. */
struct option_entry {
    char *name; /* '_' of a parameter are '-' */
    char letter;
    const char *word;
    const char *help;
    const struct param_spec *param;
    bool common; /* of every command */
};

struct options {
    struct option_entry *entries;
    size_t count;
};

void options_release(struct options *options);

/*
 * Adds the client's own; common: those that every command has (help shows them apart), but for one of which the
 * command has its own of the same name.
 */
void options_add(struct options *options, const struct option_spec *specs, bool common);

/*
 * Adds the parameters of a method (its key too where it writes), but for one called "document".
 * letters: "c=class s=severity", or NULL; without: "limit", parameters that are not to be options, or NULL.
 */
void options_add_method(struct options *options, const struct method_spec *method, const char *letters,
                        const char *without);

/*
 * Reads argv[1..]: parameters become params[name] (JSON values by type), the client's own values[name]
 * (strings; "yes" for a flag). stop: at the first word that is no option; else words may stand among
 * options. *words is where the words begin in argv (permuted). False with a sentence that names the
 * option and, if one is near, what may have been meant.
 */
bool options_parse(const struct options *options, int argc, char **argv, bool stop, json_t *params, json_t *values,
                   int *words, char *why, size_t why_size);

/* Writes one line or more for each, as --help shows them; common: only those, or only the others. */
void options_print(const struct options *options, bool common, FILE *stream);

#endif
