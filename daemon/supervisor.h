/*
 * The supervisor: the daemon's first process.  It opens the sockets, forks the workers, restarts those
 * that fall, passes signals on, and speaks with systemd.
 */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include "daemon/options.h"
#include <stdbool.h>

/* True if standard error is systemd's journal. */
bool supervisor_journal(void);

/*
 * Runs until SIGTERM or SIGINT and all workers have ended. config is the file that options came from,
 * to be read again on SIGHUP; options is changed then, and stays the caller's. Returns the exit code:
 * 0 after an orderly end, 1 if it could not start or a worker had to be killed (the log says why). In
 * the workers, which it forks, it does not return.
 */
int supervisor_run(const char *config, struct options *options);

#endif
