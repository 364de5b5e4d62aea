/* open, show, list and note: what a coordinator does all day. */
#ifndef CLIENT_COMMAND_INCIDENT_H
#define CLIENT_COMMAND_INCIDENT_H

#include "client/command.h"

extern const struct command command_open, command_show_incident, command_list, command_note;

#endif
