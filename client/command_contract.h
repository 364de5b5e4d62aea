/* contract create, activate, list: what partners have bought. */
#ifndef CLIENT_COMMAND_CONTRACT_H
#define CLIENT_COMMAND_CONTRACT_H

#include "client/command.h"

extern const struct command command_contract_create, command_contract_activate, command_contract_list;

#endif
