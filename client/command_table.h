/* All subcommands, in the order in which help shows them. */
#ifndef CLIENT_COMMAND_TABLE_H
#define CLIENT_COMMAND_TABLE_H

#include "client/command.h"

/* Ends with NULL. */
extern const struct command *const command_table[];

#endif
