/*
 * What a subcommand is: a row with its name, its method, its words, its example and how its answer is
 * shown; and the one way in which all of them read their arguments, ask, and answer --help.
 */
#ifndef CLIENT_COMMAND_H
#define CLIENT_COMMAND_H

#include "client/call.h"
#include "client/options.h"
#include "client/profile.h"
#include "client/render.h"
#include "client/status.h"
#include "common/methods.h"
#include <stdbool.h>

#define COMMAND_WHY_MAX 512

struct session;

struct command {
    const char *name;                  /* "open", "partner create" */
    enum method_id method;             /* METHOD_COUNT: none of its own */
    const char *words;                 /* its positional words, "partner title?"; '?': may be left out */
    const char *letters;               /* "c=class s=severity": short options of parameters */
    const char *without;               /* "reason duplicate_of": parameters that it sets itself */
    const struct option_spec *options; /* of the client's own */
    const char *summary;               /* NULL: the method's */
    const char *example;
    const char *details; /* a paragraph under the options of --help, or NULL */
    const char *formats; /* the words that --format takes; NULL: table, csv and json */
    const char *usage;   /* what --help has for the words, where there is more than one way; or NULL */
    const char *list;    /* of a list that comes in pages: the member that has its rows; or NULL */
    int list_limit;      /* how many of them by default; 0: all */
    /* Shows a result (not called for --format json); NULL: as JSON. */
    void (*render)(struct render *render, const json_t *result);
    /* Does it; NULL: command_ask() with the parameters as they were typed. */
    enum status (*run)(struct session *session, const struct command *command);
};

/* What one run of the client has in hand. */
struct session {
    const struct command *const *commands; /* all of them; ends with NULL */
    struct render render;
    json_t *params; /* of the method, as typed */
    json_t *values; /* of the client's own options and words: strings */
    struct profile profile;
    struct call *call; /* NULL until session_call() */
};

/* Options that every command has; command_globals ends with name NULL. */
extern const struct option_spec command_globals[];

/*
 * Runs a command with argv[1..] as its words and options; session->values may hold common options that
 * stood before the command. Everything that is to be said has been said when it returns.
 */
enum status command_run(struct session *session, const struct command *command, int argc, char **argv);

/*
 * Reads --format (one of these words, "table csv json") and --json out of session->values. False with a sentence.
 */
bool session_format(struct session *session, const char *formats, char *why, size_t why_size);

/* The call to the server of the chosen profile; NULL where there is none (it has been said why). */
struct call *session_call(struct session *session);

void session_release(struct session *session);

/* An option or word of the client's own; NULL where it was not given. Borrowed. */
const char *session_value(const struct session *session, const char *name);

/*
 * Asks a method with session->params (adds a key where it writes and has none; checks them first), shows
 * the error if there is one. On STATUS_DONE *result is the caller's.
 */
enum status command_request(struct session *session, enum method_id method, json_t **result);

/* Shows a result as the format wants it. */
void command_show(struct session *session, const struct command *command, const json_t *result);

/* The two above. */
enum status command_ask(struct session *session, const struct command *command);

/* Says which parameter of the method is missing. True if none is. */
bool command_complete(const struct session *session, enum method_id method, char *why, size_t why_size);

/* Says what is wrong with the arguments and how to get help. Always STATUS_USAGE. */
enum status command_misused(const struct command *command, const char *why);

/* The command of this name (words with a space between); NULL for none. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* Its summary. */
const char *command_summary(const struct command *command);

/* Fills a set with all options of a command (options_release()). */
void command_options(const struct command *command, struct options *options);

/* What --help says. */
void command_help(const struct command *command, FILE *stream);

#endif
