/* The one source of time, and its public form (RFC 3339). Tests replace it with clock_set(). */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_MAX 40

/* Milliseconds of a clock that never goes back; for deadlines and durations. */
int64_t clock_monotonic_ms(void);

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_us(void);

/* Makes both clocks stand at this wall time; 0 lets them run again. For tests. */
void clock_set(int64_t wall_us);

/* Writes "2004-08-23T12:00:00.000000Z" to text (CLOCK_TEXT_MAX bytes) and returns it. */
char *clock_format(int64_t wall_us, char *text);

/* Reads RFC 3339 with an offset ("Z" or "+02:00"); a leap second counts as the next. False if it is none. */
bool clock_parse(const char *text, int64_t *wall_us);

/* Reads "YYYY-MM-DD" as a day that exists. */
bool clock_parse_date(const char *text);

#endif
