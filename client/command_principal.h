/* principal create, disable, enable, list: who is enrolled. */
#ifndef CLIENT_COMMAND_PRINCIPAL_H
#define CLIENT_COMMAND_PRINCIPAL_H

#include "client/command.h"

extern const struct command command_principal_create, command_principal_disable, command_principal_enable,
    command_principal_list;

#endif
