/* advise: which plans would cover what a partner asks for, and at what fee. */
#ifndef CLIENT_COMMAND_ADVISE_H
#define CLIENT_COMMAND_ADVISE_H

#include "client/command.h"

extern const struct command command_advise;

#endif
