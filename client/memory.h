/* Memory for a program that has nothing better to do without it than to end with a sentence. */
#ifndef CLIENT_MEMORY_H
#define CLIENT_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* count * size zeroed bytes, for free(). Never NULL: without memory the program ends. */
void *memory_new(size_t count, size_t size);

/* An array of count elements of size bytes out of an older one (or NULL); as realloc(). Never NULL. */
void *memory_resize(void *old, size_t count, size_t size);

/* A copy of a string, for free(); NULL of NULL. */
char *memory_copy(const char *text);

/* As asprintf(), for free(). Never NULL. */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *memory_format_list(const char *format, va_list list) __attribute__((format(printf, 1, 0)));

#endif
