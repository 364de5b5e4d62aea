/* catalogue show, apply: the plans on offer. */
#ifndef CLIENT_COMMAND_CATALOGUE_H
#define CLIENT_COMMAND_CATALOGUE_H

#include "client/command.h"

extern const struct command command_catalogue_show, command_catalogue_apply;

#endif
