/* The business calendars as a file for people (conf/calendars.conf), into the document of calendar.apply. */
#ifndef CLIENT_CALENDAR_FILE_H
#define CLIENT_CALENDAR_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads the file, and the iCalendar files that it names. Owned by the caller; NULL with a sentence that names file
 * and line. */
json_t *calendar_file_read(const char *path, char *why, size_t why_size);

/* Adds what "Mon-Fri 09:00-12:00 13:00-17:00" means to the array hours. False if it means nothing. */
bool calendar_hours_read(json_t *hours, const char *text);

#endif
