/* A deadline against the clock; in the largest two units that are not zero. */
#include "client/due.h"
#include "client/memory.h"
#include "common/clock.h"
#include <inttypes.h>
#include <stddef.h>

#define MINUTE_US INT64_C(60000000)

char *due_text(const char *text, bool *over)
{
    int64_t due_us;

    if (!clock_parse(text, &due_us))
        return NULL;
    int64_t left_us = due_us - clock_wall_us();
    int64_t minutes = (left_us < 0 ? -left_us : left_us) / MINUTE_US;
    const char *after = left_us < 0 ? " over" : "";
    if (over != NULL)
        *over = left_us < 0;
    if (minutes >= (int64_t)24 * 60)
        return memory_format("%" PRId64 "d %" PRId64 "h%s", minutes / (24 * 60), minutes / 60 % 24, after);
    if (minutes >= 60)
        return memory_format("%" PRId64 "h %02" PRId64 "m%s", minutes / 60, minutes % 60, after);
    return memory_format("%" PRId64 "m%s", minutes, after);
}
