/* ledger, ledger verify: each debit and credit, and the proof that none was tampered with. */
#ifndef CLIENT_COMMAND_LEDGER_H
#define CLIENT_COMMAND_LEDGER_H

#include "client/command.h"

extern const struct command command_ledger, command_ledger_verify;

#endif
