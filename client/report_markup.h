/* Text on its way into HTML: nothing in it is ever taken for markup, nor for a character that turns the text
 * around. */
#ifndef CLIENT_REPORT_MARKUP_H
#define CLIENT_REPORT_MARKUP_H

#include <stdio.h>

/* Writes text escaped, fit for content and for quoted attributes. NULL is nothing. */
void markup_text(const char *text, FILE *stream);

/* As fprintf(), but what stands for %s is escaped; it knows %s, %zu and %%. */
void markup(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
