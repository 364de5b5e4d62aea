/* contract create, activate, renew, cancel, top-up, show, list: what partners have bought. */
#ifndef CLIENT_COMMAND_CONTRACT_H
#define CLIENT_COMMAND_CONTRACT_H

#include "client/command.h"

extern const struct command command_contract_create, command_contract_activate, command_contract_renew,
    command_contract_cancel, command_contract_top_up, command_contract_show, command_contract_list;

#endif
