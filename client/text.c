/* Escapes what a terminal would obey, and writes the client's own sentences. */
#include "config.h"

#include "client/memory.h"
#include "client/text.h"
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest escape of one byte or character: <U+10FFFF>. */
#define TEXT_ESCAPE_MAX 10

unsigned text_character(const char *text, unsigned *point)
{
    static const unsigned lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    unsigned length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    unsigned value = length == 1 ? first : first & (0x7fU >> length);

    if (length == 0 || first > 0xf4)
        return 0;
    for (unsigned i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)text[i] & 0x3f);
    }
    if (value < lowest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *point = value;
    return length;
}

static bool point_obeyed(unsigned point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x061c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
           point == 0xfeff;
}

char *text_safe(const char *text, bool lines)
{
    if (text == NULL)
        text = "";
    char *safe = memory_new(strlen(text) * TEXT_ESCAPE_MAX + 1, 1);
    char *to = safe;

    while (*text != '\0') {
        unsigned point = 0;
        unsigned length = text_character(text, &point);
        if (length == 0) {
            to += sprintf(to, "<0x%02x>", (unsigned char)*text++);
            continue;
        }
        if (point == '\n' || point == '\t')
            *to++ = lines ? (char)point : ' ';
        else if (!point_obeyed(point))
            to = mempcpy(to, text, length);
        else if (point < 0x100)
            to += sprintf(to, "<0x%02x>", point);
        else
            to += sprintf(to, "<U+%04X>", point);
        text += length;
    }
    return safe;
}

char *text_safe_json(const char *json)
{
    char *safe = memory_new(strlen(json) * TEXT_ESCAPE_MAX + 1, 1);
    char *to = safe;

    while (*json != '\0') {
        unsigned point = 0;
        unsigned length = text_character(json, &point);
        if (length != 0 && point_obeyed(point) && point != '\n' && point != '\t')
            to += sprintf(to, "\\u%04x", point);
        else
            to = mempcpy(to, json, length == 0 ? 1 : length);
        json += length == 0 ? 1 : length;
    }
    return safe;
}

__attribute__((format(printf, 2, 0))) static void stderr_write(const char *before, const char *format, va_list list)
{
    char *text = memory_format_list(format, list);
    char *safe = text_safe(text, true);

    fflush(stdout);
    fprintf(stderr, "%s%s\n", before, safe);
    free(safe);
    free(text);
}

void text_complain(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    stderr_write("entitle: ", format, list);
    va_end(list);
}

void text_hint(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    stderr_write("  ", format, list);
    va_end(list);
}

void text_locale(void)
{
    if (setlocale(LC_ALL, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}
