/*
 * Owns the program's idea of time: one monotonic and one wall clock, which tests can make stand still,
 * and the wire's form of an instant.  Nothing else calls clock_gettime() or time().
 */
#include "common/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t frozen_us; /* 0: the clocks run */

static int64_t clock_read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return (frozen_us ? frozen_us : clock_read_us(CLOCK_MONOTONIC)) / 1000;
}

int64_t clock_wall_us(void)
{
    return frozen_us ? frozen_us : clock_read_us(CLOCK_REALTIME);
}

void clock_set(int64_t wall_us)
{
    frozen_us = wall_us;
}

char *clock_format(int64_t wall_us, char *text)
{
    int64_t micros = wall_us % 1000000;
    time_t seconds;
    struct tm parts;
    size_t used;

    if (micros < 0)
        micros += 1000000;
    seconds = (time_t)((wall_us - micros) / 1000000);
    if (!gmtime_r(&seconds, &parts))
        memset(&parts, 0, sizeof parts);
    used = strftime(text, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + used, CLOCK_TEXT_MAX - used, ".%06dZ", (int)micros);
    return text;
}

/* Reads exactly `count` digits; false if there are not so many, or the value is out of bounds. */
static bool take_digits(const char **text, int count, int min, int max, int *value)
{
    int read = 0;

    for (int i = 0; i < count; i++) {
        char c = (*text)[i];

        if (c < '0' || c > '9')
            return false;
        read = read * 10 + (c - '0');
    }
    if (read < min || read > max)
        return false;
    *text += count;
    *value = read;
    return true;
}

static bool take_char(const char **text, const char *allowed)
{
    if (!**text || !strchr(allowed, **text))
        return false;
    (*text)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **text, struct tm *parts)
{
    int year, month, day;

    if (!take_digits(text, 4, 1, 9999, &year) || !take_char(text, "-") || !take_digits(text, 2, 1, 12, &month) ||
        !take_char(text, "-") || !take_digits(text, 2, 1, days_in_month(year, month), &day))
        return false;
    parts->tm_year = year - 1900;
    parts->tm_mon = month - 1;
    parts->tm_mday = day;
    return true;
}

/* The fraction of a second, any number of digits, of which six count. */
static bool take_fraction(const char **text, int *micros)
{
    int scale = 100000;

    *micros = 0;
    if (!take_char(text, "."))
        return true;
    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        *micros += (**text - '0') * scale;
        scale /= 10;
    }
    return true;
}

static bool take_offset(const char **text, int *seconds)
{
    int hours, minutes, sign;

    *seconds = 0;
    if (take_char(text, "Zz"))
        return true;
    sign = **text == '-' ? -1 : 1;
    if (!take_char(text, "+-") || !take_digits(text, 2, 0, 23, &hours) || !take_char(text, ":") ||
        !take_digits(text, 2, 0, 59, &minutes))
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool clock_parse(const char *text, int64_t *wall_us)
{
    struct tm parts = {0};
    int micros, offset;

    if (!take_date(&text, &parts) || !take_char(&text, "Tt ") || !take_digits(&text, 2, 0, 23, &parts.tm_hour) ||
        !take_char(&text, ":") || !take_digits(&text, 2, 0, 59, &parts.tm_min) || !take_char(&text, ":") ||
        !take_digits(&text, 2, 0, 60, &parts.tm_sec) || !take_fraction(&text, &micros) ||
        !take_offset(&text, &offset) || *text)
        return false;
    *wall_us = ((int64_t)timegm(&parts) - offset) * 1000000 + micros;
    return true;
}

bool clock_parse_date(const char *text)
{
    struct tm parts;

    return take_date(&text, &parts) && !*text;
}
