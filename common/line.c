/*
 * Owns the bytes between the socket and the parser.  A peer that trickles costs one search per byte, not
 * one per line and byte: `searched` remembers how far the LF was looked for.
 */
#include "common/line.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BUFFER_MIN 1024

/* Makes room for `length` more bytes at the end: moves what is unread to the front, then grows. */
static int line_reserve(struct line_buffer *buffer, size_t length)
{
    size_t unread = buffer->end - buffer->start;
    size_t size = buffer->size ? buffer->size : LINE_BUFFER_MIN;
    char *bytes;

    if (buffer->bytes && buffer->size - buffer->end >= length)
        return 0;
    while (size - unread < length)
        size *= 2;
    if (size != buffer->size) {
        bytes = malloc(size);
        if (!bytes)
            return -1;
        if (unread)
            memcpy(bytes, buffer->bytes + buffer->start, unread);
        free(buffer->bytes);
        buffer->bytes = bytes;
        buffer->size = size;
    } else if (unread) {
        memmove(buffer->bytes, buffer->bytes + buffer->start, unread);
    }
    buffer->searched -= buffer->start;
    buffer->end = unread;
    buffer->start = 0;
    return 0;
}

int line_append(struct line_buffer *buffer, const char *bytes, size_t length)
{
    if (line_reserve(buffer, length))
        return -1;
    memcpy(buffer->bytes + buffer->end, bytes, length);
    buffer->end += length;
    return 0;
}

enum line_status line_next(struct line_buffer *buffer, size_t bytes_max, char **line, size_t *length)
{
    char *from, *newline;
    size_t raw;

    if (buffer->start == buffer->end) {
        line_clear(buffer);
        return LINE_MORE;
    }
    from = buffer->bytes + buffer->searched;
    newline = memchr(from, '\n', buffer->end - buffer->searched);
    raw = (newline ? (size_t)(newline - buffer->bytes) + 1 : buffer->end) - buffer->start;
    if (raw > bytes_max || (!newline && raw == bytes_max))
        return LINE_TOO_LONG;
    if (!newline) {
        buffer->searched = buffer->end;
        return LINE_MORE;
    }
    *line = buffer->bytes + buffer->start;
    *length = raw - 1;
    if (*length > 0 && (*line)[*length - 1] == '\r')
        (*length)--;
    (*line)[*length] = '\0';
    buffer->start += raw;
    buffer->searched = buffer->start;
    return LINE_FOUND;
}

size_t line_pending(const struct line_buffer *buffer)
{
    return buffer->end - buffer->start;
}

void line_clear(struct line_buffer *buffer)
{
    free(buffer->bytes);
    memset(buffer, 0, sizeof *buffer);
}
