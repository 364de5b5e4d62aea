/* contract upgrade: to a higher plan in mid-term, with its effect shown first. */
#ifndef CLIENT_COMMAND_UPGRADE_H
#define CLIENT_COMMAND_UPGRADE_H

#include "client/command.h"

extern const struct command command_contract_upgrade;

#endif
