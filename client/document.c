/* Tells JSON from libConfuse's syntax. */
#include "client/document.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

json_t *document_read(const char *path, document_reader *reader, char *why, size_t why_size)
{
    FILE *file = fopen(path, "re");
    json_error_t error;
    int first;

    if (file == NULL) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    do
        first = fgetc(file);
    while (first != EOF && isspace(first));
    rewind(file);
    json_t *document = first == '{' ? json_loadf(file, JSON_REJECT_DUPLICATES, &error) : NULL;
    fclose(file);
    if (first != '{')
        return reader(path, why, why_size);
    if (document == NULL)
        snprintf(why, why_size, "%s:%d: %s", path, error.line, error.text);
    return document;
}
