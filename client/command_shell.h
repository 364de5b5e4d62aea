/* shell: commands typed one after the other, over one connection. */
#ifndef CLIENT_COMMAND_SHELL_H
#define CLIENT_COMMAND_SHELL_H

#include "client/command.h"

extern const struct command command_shell;

#endif
