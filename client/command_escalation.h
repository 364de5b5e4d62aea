/* The subcommands of escalations. */
#ifndef CLIENT_COMMAND_ESCALATION_H
#define CLIENT_COMMAND_ESCALATION_H

#include "client/command.h"

extern const struct command command_escalate, command_escalation_list, command_escalation_acknowledge,
    command_escalation_resolve, command_escalation_withdraw;

#endif
