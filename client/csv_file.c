/* libcsv, fed line by line so that each row's line is known. */
#include "client/csv_file.h"
#include "client/memory.h"
#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct csv_file {
    FILE *stream;
    char *path;
    struct csv_parser parser;
    char *text; /* the line that is being read */
    size_t text_size;
    size_t line;  /* its number */
    size_t begun; /* the line on which the row in hand begins */
    size_t read;  /* bytes */
    size_t whole; /* bytes; 0: not known */
    struct csv_row row;
    size_t room;   /* of row.fields */
    bool complete; /* row is whole */
    bool ended;
};

static void row_clear(struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        free(row->fields[i]);
    row->count = 0;
    row->problem = 0;
}

static void field_take(void *bytes, size_t length, void *data)
{
    struct csv_file *file = data;
    struct csv_row *row = &file->row;

    if (row->count == file->room) {
        file->room = file->room * 2 + 16;
        row->fields = memory_resize(row->fields, file->room, sizeof *row->fields);
    }
    if (length > 0 && memchr(bytes, '\0', length) != NULL)
        row->problem = 'n';
    row->fields[row->count++] = memory_format("%.*s", (int)length, length == 0 ? "" : (char *)bytes);
}

static void row_end(int by, void *data)
{
    struct csv_file *file = data;

    (void)by;
    file->complete = true;
    file->row.line = file->begun;
    file->begun = 0;
}

/* Spaces belong to their field (RFC 4180). */
static int space_is_none(unsigned char byte)
{
    (void)byte;
    return 0;
}

struct csv_file *csv_file_open(const char *path, char *why, size_t why_size)
{
    FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct stat facts;

    if (stream == NULL) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct csv_file *file = memory_new(1, sizeof *file);
    file->stream = stream;
    file->path = memory_copy(path);
    if (csv_init(&file->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        snprintf(why, why_size, "memory ran out");
        csv_file_close(file);
        return NULL;
    }
    csv_set_space_func(&file->parser, space_is_none);
    if (fstat(fileno(stream), &facts) == 0 && S_ISREG(facts.st_mode))
        file->whole = (size_t)facts.st_size;
    return file;
}

/* Feeds one line of text, or the end. False with a sentence. */
static bool line_feed(struct csv_file *file, char *why, size_t why_size)
{
    errno = 0;
    ssize_t got = getline(&file->text, &file->text_size, file->stream);
    const char *bytes = file->text;
    size_t length = got < 0 ? 0 : (size_t)got;

    if (got < 0 && ferror(file->stream)) {
        snprintf(why, why_size, "%s:%zu: %s", file->path, file->line, strerror(errno));
        return false;
    }
    if (got < 0) {
        file->ended = true;
        if (csv_fini(&file->parser, field_take, row_end, file) == 0)
            return true;
        snprintf(why, why_size, "%s:%zu: the quotes that open in this row do not close", file->path, file->begun);
        return false;
    }
    file->line++;
    file->read += length;
    if (file->line == 1 && length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        length -= 3;
    }
    if (file->begun == 0)
        file->begun = file->line;
    if (csv_parse(&file->parser, bytes, length, field_take, row_end, file) != length) {
        snprintf(why, why_size, "%s:%zu: a quote stands where none may (the row begins on line %zu)", file->path,
                 file->line, file->begun);
        return false;
    }
    if (file->row.count == 0 && !file->complete) /* an empty line: no row has begun */
        file->begun = length > 0 && bytes[strspn(bytes, "\r\n")] == '\0' ? 0 : file->begun;
    return true;
}

enum csv_outcome csv_file_next(struct csv_file *file, struct csv_row *row, char *why, size_t why_size)
{
    row_clear(&file->row);
    file->complete = false;
    while (!file->complete && !file->ended)
        if (!line_feed(file, why, why_size))
            return CSV_BROKEN;
    if (!file->complete)
        return CSV_END_OF_FILE;
    *row = file->row;
    return CSV_ROW;
}

void csv_file_progress(const struct csv_file *file, size_t *read, size_t *whole)
{
    *whole = file->whole;
    *read = file->whole == 0 ? 0 : file->read;
}

void csv_file_close(struct csv_file *file)
{
    if (file == NULL)
        return;
    row_clear(&file->row);
    free(file->row.fields);
    free(file->text);
    free(file->path);
    csv_free(&file->parser);
    if (file->stream != stdin)
        fclose(file->stream);
    free(file);
}
