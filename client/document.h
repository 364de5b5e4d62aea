/* A document that is applied as a whole, out of its file: libConfuse's syntax, or JSON where it starts with '{'. */
#ifndef CLIENT_DOCUMENT_H
#define CLIENT_DOCUMENT_H

#include <jansson.h>
#include <stddef.h>

/* Reads the file of one kind in libConfuse's syntax; NULL with a sentence that names file and line. */
typedef json_t *document_reader(const char *path, char *why, size_t why_size);

/* Reads path: JSON, or with reader. Owned by the caller; NULL with a sentence. */
json_t *document_read(const char *path, document_reader *reader, char *why, size_t why_size);

#endif
