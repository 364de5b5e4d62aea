/* Allocation that does not fail: the client owns nothing that another would lose with it. */
#include "config.h"

#include "client/memory.h"
#include "client/status.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *memory_kept(void *memory)
{
    if (memory == NULL) {
        fputs("entitle: memory ran out\n", stderr);
        exit(STATUS_FAILED);
    }
    return memory;
}

void *memory_new(size_t count, size_t size)
{
    return memory_kept(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *memory_resize(void *old, size_t count, size_t size)
{
    if (count == 0)
        count = 1;
    return memory_kept(reallocarray(old, count, size));
}

char *memory_copy(const char *text)
{
    return text == NULL ? NULL : memory_kept(strdup(text));
}

char *memory_format_list(const char *format, va_list list)
{
    char *text = NULL;

    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    return memory_kept(text);
}

char *memory_format(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *text = memory_format_list(format, list);
    va_end(list);
    return text;
}
