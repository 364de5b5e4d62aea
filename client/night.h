/*
 * report --nightly: makes up every night whose report is not made, in order: keeps its figures, writes its files,
 * sends its mails, and only then calls it finished. Killed at any moment and run again, it ends as if it had run
 * once.
 */
#ifndef CLIENT_NIGHT_H
#define CLIENT_NIGHT_H

#include "client/command.h"

/*
 * Runs with session->values: "out" (a folder; required), "mail" (a flag), "config" (report.conf's path; NULL: the
 * default). STATUS_DONE: all is done; STATUS_AWAY: something is left, and the next run goes on with it.
 */
enum status night_run(struct session *session, const struct command *command);

#endif
