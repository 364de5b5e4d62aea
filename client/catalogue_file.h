/* The catalogue of plans as a file for people (conf/catalogue.conf), into the document of catalogue.apply. */
#ifndef CLIENT_CATALOGUE_FILE_H
#define CLIENT_CATALOGUE_FILE_H

#include <jansson.h>
#include <stddef.h>

/*
 * Reads the file; checks that names are declared before they are used, and that each section has what it
 * needs. Owned by the caller; NULL with a sentence that names file and line.
 */
json_t *catalogue_file_read(const char *path, char *why, size_t why_size);

#endif
