/* usage record: minutes, days, seats taken from their pools. */
#ifndef CLIENT_COMMAND_USAGE_H
#define CLIENT_COMMAND_USAGE_H

#include "client/command.h"

extern const struct command command_usage_record;

#endif
