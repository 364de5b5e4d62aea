/* partner create, update, list, show: the companies in the program. */
#ifndef CLIENT_COMMAND_PARTNER_H
#define CLIENT_COMMAND_PARTNER_H

#include "client/command.h"

extern const struct command command_partner_create, command_partner_update, command_partner_list,
    command_partner_show;

#endif
