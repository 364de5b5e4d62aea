/* balance: what a partner has left. */
#ifndef CLIENT_COMMAND_BALANCE_H
#define CLIENT_COMMAND_BALANCE_H

#include "client/command.h"

extern const struct command command_balance;

#endif
