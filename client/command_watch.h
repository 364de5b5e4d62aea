/* watch: events as they happen. */
#ifndef CLIENT_COMMAND_WATCH_H
#define CLIENT_COMMAND_WATCH_H

#include "client/command.h"

extern const struct command command_watch;

#endif
