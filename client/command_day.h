/* Whose turn it is: incidents handed over, changed, taken from the queue, and listed by what burns first. */
#ifndef CLIENT_COMMAND_DAY_H
#define CLIENT_COMMAND_DAY_H

#include "client/command.h"

extern const struct command command_assign, command_update, command_take, command_next, command_list;

#endif
