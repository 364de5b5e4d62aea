/* hello, stats and call: the server itself. */
#ifndef CLIENT_COMMAND_SERVER_H
#define CLIENT_COMMAND_SERVER_H

#include "client/command.h"

extern const struct command command_hello, command_stats, command_call;

#endif
