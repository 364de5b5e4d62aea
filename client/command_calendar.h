/* calendar show, apply: business hours and holidays. */
#ifndef CLIENT_COMMAND_CALENDAR_H
#define CLIENT_COMMAND_CALENDAR_H

#include "client/command.h"

extern const struct command command_calendar_show, command_calendar_apply;

#endif
