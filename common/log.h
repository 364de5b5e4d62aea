/*
 * The log: one line an event, logfmt ("time=… level=… event=… name=value …"), to stderr or, where
 * systemd reads it, with its priority prefix.  No secrets: callers pass identifiers, never contents.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdarg.h>
#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Sets the lowest level that is written, the name of this process in each line, and the priority prefix. */
void log_setup(enum log_level level, const char *process, bool journal);

bool log_wants(enum log_level level);

/* "error", "warn", "info", "debug"; false for any other word. */
bool log_level_find(const char *name, enum log_level *level);

/*
 * Writes one event. The fields are name, value pairs of strings, ended by NULL; a value that needs it
 * is quoted, a NULL value left out. Numbers: see log_number().
 */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

#define log_error(...) log_event(LOG_LEVEL_ERROR, __VA_ARGS__, NULL)
#define log_warn(...) log_event(LOG_LEVEL_WARN, __VA_ARGS__, NULL)
#define log_info(...) log_event(LOG_LEVEL_INFO, __VA_ARGS__, NULL)
#define log_debug(...)                                                                                             \
    do {                                                                                                           \
        if (log_wants(LOG_LEVEL_DEBUG))                                                                            \
            log_event(LOG_LEVEL_DEBUG, __VA_ARGS__, NULL);                                                         \
    } while (0)

/* A number as text, good until eight more calls. */
const char *log_number(long long number);

#endif
