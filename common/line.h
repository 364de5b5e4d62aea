/*
 * Cuts a stream of bytes into lines, for both ends of the wire: remembers how far it has searched (a
 * trickling peer costs nothing), bounds the line, and gives its memory back when it is empty.
 */
#ifndef COMMON_LINE_H
#define COMMON_LINE_H

#include <stddef.h>

#define LINE_BYTES_MAX 65536 /* with its LF: the protocol's bound */

struct line_buffer {
    char *bytes;
    size_t start, end, size; /* unread bytes are [start, end) of size */
    size_t searched;         /* [start, searched) has no LF */
};

enum line_status { LINE_FOUND, LINE_MORE, LINE_TOO_LONG };

/* Appends a copy of length bytes. Returns 0, or -1 if memory ran out (nothing is lost). */
int line_append(struct line_buffer *buffer, const char *bytes, size_t length);

/*
 * The next line without its LF or CRLF, NUL-terminated, in *line (good until the next call on the
 * buffer). LINE_MORE: no whole line yet. LINE_TOO_LONG: more than bytes_max without LF; the stream
 * cannot go on.
 */
enum line_status line_next(struct line_buffer *buffer, size_t bytes_max, char **line, size_t *length);

/* Bytes that wait, whole lines or not. */
size_t line_pending(const struct line_buffer *buffer);

/* Frees what the buffer holds; it can be used again. */
void line_clear(struct line_buffer *buffer);

#endif
