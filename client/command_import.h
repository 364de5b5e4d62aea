/* import: incidents out of a CSV file. */
#ifndef CLIENT_COMMAND_IMPORT_H
#define CLIENT_COMMAND_IMPORT_H

#include "client/command.h"

extern const struct command command_import;

#endif
