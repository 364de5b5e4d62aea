/* Lists that come in pages: asked for one after the other, and shown as they come. */
#ifndef CLIENT_PAGES_H
#define CLIENT_PAGES_H

#include "client/command.h"

/* Rows that a page has at the most; the protocol's bound. */
#define PAGES_ROWS_MAX 500

/* The options of a list that is whole by default, and of one that is not. */
extern const struct option_spec pages_options[], pages_options_few[];

/*
 * The run of a command with `list` set, which has those options and, of the method's, is without "limit": asks
 * page after page until there is no more, or enough.
 */
enum status pages_run(struct session *session, const struct command *command);

#endif
