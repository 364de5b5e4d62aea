/*
 * Text that grows: see text.h.
 */
#include "tests/model/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;
    size_t room = text->size - text->length;
    int wanted;

    va_start(arguments, format);
    wanted = vsnprintf(text->data ? text->data + text->length : NULL, room, format, arguments);
    va_end(arguments);
    if (wanted < 0)
        abort();
    if ((size_t)wanted >= room) {
        text->size = (text->length + (size_t)wanted + 1) * 2;
        text->data = realloc(text->data, text->size);
        if (!text->data)
            abort();
        va_start(arguments, format);
        vsnprintf(text->data + text->length, text->size - text->length, format, arguments);
        va_end(arguments);
    }
    text->length += (size_t)wanted;
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
}

void text_release(struct text *text)
{
    free(text->data);
    *text = (struct text){NULL, 0, 0};
}

const char *text_of(const struct text *text)
{
    return text->data ? text->data : "";
}
