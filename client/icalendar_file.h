/* Holidays out of an iCalendar file (RFC 5545), read by libical. */
#ifndef CLIENT_ICALENDAR_FILE_H
#define CLIENT_ICALENDAR_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Adds the days of a file's events to the array holidays, as {"day", "name"}: whole days only, several where an
 * event ends later, again where it recurs, none where it is cancelled; of the years first to last (1583 to 9999).
 * Days that are in the array stay as they are. False with a sentence that names file and line; then some may have
 * been added.
 */
bool icalendar_file_read(const char *path, int first, int last, json_t *holidays, char *why, size_t why_size);

#endif
