/* open, show and note. (list: command_day.h.) */
#ifndef CLIENT_COMMAND_INCIDENT_H
#define CLIENT_COMMAND_INCIDENT_H

#include "client/command.h"

extern const struct command command_open, command_show_incident, command_note;

#endif
