/* The one way in which a page's HTML gets its texts. */
#include "client/report_markup.h"
#include "client/text.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void markup_text(const char *text, FILE *stream)
{
    static const char *const entities[][2] = {
        {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}};
    char *safe = text_safe(text, false);

    for (const char *at = safe; *at != '\0';) {
        size_t plain = strcspn(at, "&<>\"'");
        fwrite(at, 1, plain, stream);
        at += plain;
        for (size_t i = 0; *at != '\0' && i < sizeof entities / sizeof entities[0]; i++)
            if (*at == entities[i][0][0]) {
                fputs(entities[i][1], stream);
                at++;
                break;
            }
    }
    free(safe);
}

void markup(FILE *stream, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            fputc(*at, stream);
            continue;
        }
        at++;
        if (*at == 's')
            markup_text(va_arg(list, const char *), stream);
        else if (*at == 'z')
            fprintf(stream, "%zu", va_arg(list, size_t));
        else
            fputc(*at, stream);
        at += *at == 'z';
    }
    va_end(list);
}
