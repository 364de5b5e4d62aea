/* resolve, close, reopen, credit, merge: what becomes of an incident, and of its unit. */
#ifndef CLIENT_COMMAND_MOVES_H
#define CLIENT_COMMAND_MOVES_H

#include "client/command.h"

extern const struct command command_resolve, command_close, command_reopen, command_credit, command_merge;

#endif
