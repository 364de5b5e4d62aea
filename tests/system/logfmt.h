/* The form of the daemon's log, as a reader of it would check. */
#ifndef TESTS_SYSTEM_LOGFMT_H
#define TESTS_SYSTEM_LOGFMT_H

#include <stdbool.h>
#include <stddef.h>

/* True if the line is name=value pairs that begin with time, level, process and event; else a sentence in why. */
bool logfmt_line(const char *line, char *why, size_t why_size);

#endif
