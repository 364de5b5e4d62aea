/* report: the report of a day, of the program or one partner, on the terminal or in files. */
#ifndef CLIENT_COMMAND_REPORT_H
#define CLIENT_COMMAND_REPORT_H

#include "client/command.h"

extern const struct command command_report;

#endif
