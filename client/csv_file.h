/*
 * Rows of a CSV file (RFC 4180: quoted fields with commas, quotes and newlines; LF or CRLF; a BOM is
 * skipped), one at a time, each with the line on which it begins.
 */
#ifndef CLIENT_CSV_FILE_H
#define CLIENT_CSV_FILE_H

#include <stddef.h>

struct csv_file;

struct csv_row {
    char **fields; /* NUL-terminated */
    size_t count;
    size_t line;  /* from 1 */
    char problem; /* 0: none; 'n': a field has a NUL byte, which ended it */
};

enum csv_outcome { CSV_ROW, CSV_END_OF_FILE, CSV_BROKEN };

/* Opens path ("-": standard input). NULL with a sentence. */
struct csv_file *csv_file_open(const char *path, char *why, size_t why_size);

/*
 * The next row, good until the next call. CSV_BROKEN with a sentence that names file and line: quotes that
 * do not close, or a file that cannot be read; nothing after it can be trusted.
 */
enum csv_outcome csv_file_next(struct csv_file *file, struct csv_row *row, char *why, size_t why_size);

/* Bytes read so far, and of the whole file; 0 of 0 where that is not known. */
void csv_file_progress(const struct csv_file *file, size_t *read, size_t *whole);

void csv_file_close(struct csv_file *file);

#endif
