/* Parses a file with libConfuse; what is wrong with it becomes a sentence with file and line. */
#ifndef CLIENT_CONFIG_FILE_H
#define CLIENT_CONFIG_FILE_H

#include <confuse.h>
#include <stddef.h>

/*
 * Adds what libConfuse cannot know to a parser before it runs (validate functions, which complain with
 * cfg_error() and return -1).
 */
typedef void config_prepare(cfg_t *cfg);

/*
 * Parses path by opts. The parser is the caller's (cfg_free()); NULL with a sentence in why that names file and
 * line. prepare may be NULL.
 */
cfg_t *config_parse(cfg_opt_t *opts, const char *path, config_prepare *prepare, char *why, size_t why_size);

/* The file of the latest parse, for validate functions: a cfg_t that is parsed from memory has no name. */
const char *config_path(void);

#endif
