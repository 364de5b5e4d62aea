/* help and completion: what the client knows of itself. */
#ifndef CLIENT_COMMAND_HELP_H
#define CLIENT_COMMAND_HELP_H

#include "client/command.h"

extern const struct command command_help_topic, command_completion;

#endif
