/* Days, numbers and sentences of a report. Nothing here depends on the locale: a report reads the same everywhere.
 */
#include "client/report_words.h"
#include "client/memory.h"
#include "client/render.h"
#include "common/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_SECONDS 86400
#define ZONE_NAME_MAX 64

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const weekdays[] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                       "Monday",   "Tuesday", "Wednesday"};

/* A zone that this machine has; its name becomes part of a path. */
static bool zone_known(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t length = name == NULL ? 0 : strlen(name);

    if (length == 0 || length > ZONE_NAME_MAX || strspn(name, letters) != length || name[0] == '/')
        return false;
    char *path = memory_format("/usr/share/zoneinfo/%s", name);
    bool known = access(path, R_OK) == 0;
    free(path);
    return known;
}

void report_zone_begin(struct report_zone *zone, const char *name)
{
    const char *before = getenv("TZ");

    *zone = (struct report_zone){.before = memory_copy(before), .name = zone_known(name) ? name : "UTC"};
    setenv("TZ", zone->name, 1);
    tzset();
}

void report_zone_end(struct report_zone *zone)
{
    if (zone->before == NULL)
        unsetenv("TZ");
    else
        setenv("TZ", zone->before, 1);
    tzset();
    free(zone->before);
    *zone = (struct report_zone){0};
}

/* A time's parts in the zone begun. */
static bool time_parts(const char *text, struct tm *parts)
{
    int64_t wall_us;

    if (text == NULL || !clock_parse(text, &wall_us))
        return false;
    time_t seconds = (time_t)(wall_us / 1000000 - (wall_us % 1000000 < 0));
    return localtime_r(&seconds, parts) != NULL;
}

bool report_day_number(const char *text, long *number)
{
    struct tm parts = {0};

    if (text == NULL)
        return false;
    if (clock_parse_date(text))
        parts = (struct tm){
            .tm_year = atoi(text) - 1900, .tm_mon = atoi(text + 5) - 1, .tm_mday = atoi(text + 8), .tm_isdst = 0};
    else if (!time_parts(text, &parts))
        return false;
    struct tm day = {.tm_year = parts.tm_year, .tm_mon = parts.tm_mon, .tm_mday = parts.tm_mday};
    time_t seconds = timegm(&day);
    *number = (long)(seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0));
    return true;
}

static void number_parts(long number, struct tm *parts)
{
    time_t seconds = (time_t)number * DAY_SECONDS;

    *parts = (struct tm){.tm_mday = 1};
    gmtime_r(&seconds, parts);
}

char *report_day_iso(long number, char *text)
{
    struct tm parts;

    number_parts(number, &parts);
    unsigned year = (unsigned)(parts.tm_year + 1900) % 10000;
    snprintf(text, 16, "%04u-%02u-%02u", year, (unsigned)(parts.tm_mon + 1) % 100, (unsigned)parts.tm_mday % 100);
    return text;
}

char *report_day(const char *text, bool weekday)
{
    struct tm parts;
    long number;

    if (!report_day_number(text, &number))
        return memory_copy(text == NULL ? "" : text);
    number_parts(number, &parts);
    const char *month = months[parts.tm_mon % 12];
    if (weekday)
        return memory_format("%s, %d %s %d", weekdays[((number % 7) + 7) % 7], parts.tm_mday, month,
                             parts.tm_year + 1900);
    return memory_format("%d %.3s %d", parts.tm_mday, month, parts.tm_year + 1900);
}

char *report_term_day(const char *text, const char *time_zone)
{
    struct report_zone zone;
    int64_t wall_us;
    char iso[16];

    if (text == NULL || !clock_parse(text, &wall_us))
        return report_day(text, false);
    if (zone_known(time_zone)) {
        report_zone_begin(&zone, time_zone);
        char *day = report_day(text, false);
        report_zone_end(&zone);
        return day;
    }
    return report_day(report_day_iso((long)((wall_us / 1000000 + DAY_SECONDS / 2) / DAY_SECONDS), iso), false);
}

char *report_time(const char *text)
{
    struct tm parts;

    if (!time_parts(text, &parts))
        return memory_copy(text == NULL ? "" : text);
    return memory_format("%d %.3s %d %02d:%02d", parts.tm_mday, months[parts.tm_mon % 12], parts.tm_year + 1900,
                         parts.tm_hour, parts.tm_min);
}

char *report_number(json_int_t number)
{
    char digits[32], *text = memory_new(sizeof digits * 2, 1), *to = text;
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, number < 0 ? -number : number);

    if (number < 0)
        *to++ = '-';
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    return text;
}

char *report_units(json_int_t number, const char *unit)
{
    char *count = report_number(number);
    char *text = memory_format("%s %s%s", count, unit, number == 1 ? "" : "s");

    free(count);
    return text;
}

char *report_change(const json_t *now, const json_t *before, const char *name)
{
    const json_t *one = render_member(now, name), *other = render_member(before, name);
    json_int_t change = json_integer_value(one) - json_integer_value(other);

    if (one == NULL || other == NULL || change == 0)
        return memory_copy("");
    char *number = report_number(change);
    char *text = memory_format("%s%s", change > 0 ? "+" : "", number);
    free(number);
    return text;
}

static const struct {
    const char *status, *words;
} statuses[] = {
    {"exhausted", "used up"},         {"nearly", "nearly used up"}, {"runs_out", "runs out early"},
    {"expires_soon", "expires soon"}, {"ok", "on course"},          {"expired", "expired"},
};

#define STATUSES (sizeof statuses / sizeof statuses[0])

unsigned report_rank(const char *status)
{
    unsigned rank = 0;

    while (rank < STATUSES && strcmp(statuses[rank].status, status) != 0)
        rank++;
    return rank;
}

const char *report_status(const char *status)
{
    unsigned rank = report_rank(status);

    return rank < STATUSES ? statuses[rank].words : status;
}

char *report_word(const char *word)
{
    char *words = memory_copy(word == NULL ? "" : word);

    for (char *at = words; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
    return words;
}

const char *report_reason(const char *reason)
{
    static const char *const reasons[][2] = {
        {"expires", "expires soon"}, {"refused", "refused"}, {"overdue", "overdue"}, {"breach", "target at risk"}};

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(reasons[i][0], reason) == 0)
            return reasons[i][1];
    return report_status(reason);
}

char *report_runs_out(const json_t *forecast)
{
    const char *status = render_string(forecast, "status", "none");

    if (strcmp(status, "not_enough_data") == 0)
        return memory_copy("not enough data");
    if (strcmp(status, "ok") != 0)
        return memory_copy("");
    const char *day = render_string(forecast, "runs_out", NULL);
    return day == NULL ? memory_copy("after it expires") : report_day(day, false);
}

/* "(between 1 Jun 2016 and 30 Nov 2016)". */
static char *band_words(const json_t *forecast)
{
    const char *early = render_string(forecast, "runs_out_early", NULL);
    const char *late = render_string(forecast, "runs_out_late", NULL);
    char *from = report_day(early, false), *to = report_day(late, false), *words;

    if (early != NULL && late != NULL && strcmp(early, late) == 0)
        words = memory_copy("");
    else if (early != NULL && late != NULL)
        words = memory_format(" (between %s and %s, 8 times of 10)", from, to);
    else if (early != NULL)
        words = memory_format(" (%s at the earliest, 8 times of 10)", from);
    else
        words = memory_copy("");
    free(from);
    free(to);
    return words;
}

char *report_forecast(const json_t *forecast, const char *unit, const char *expires)
{
    const char *status = render_string(forecast, "status", "none");
    const char *runs_out = render_string(forecast, "runs_out", NULL);

    if (strcmp(status, "not_enough_data") == 0)
        return memory_copy("Too few days with use for a forecast.");
    if (strcmp(status, "ok") != 0)
        return memory_copy("");
    char *band = band_words(forecast), *day = report_day(runs_out != NULL ? runs_out : expires, false), *text;
    if (runs_out != NULL) {
        text = memory_format("At this pace it runs out about %s%s.", day, band);
    } else {
        json_int_t low = json_integer_value(render_member(forecast, "left_low"));
        json_int_t high = json_integer_value(render_member(forecast, "left_high"));
        char *least = report_number(low), *most = report_units(high, unit);
        if (expires == NULL)
            text = memory_format("At this pace it does not run out%s.", band);
        else if (low == high)
            text = memory_format("At this pace %s will be left when it expires on %s.", most, day);
        else
            text = memory_format("At this pace %s to %s will be left when it expires on %s%s.", least, most, day,
                                 band);
        free(least);
        free(most);
    }
    free(band);
    free(day);
    return text;
}

char *report_attained(const json_t *attained)
{
    const json_t *percent = render_member(attained, "percent");

    if (percent == NULL)
        return memory_copy("none yet");
    return memory_format("%lld %%", (long long)(json_number_value(percent) + 0.5));
}

char *report_headline(const json_t *summary)
{
    json_int_t count = json_integer_value(render_member(summary, "attention_total"));

    if (count == 0)
        return memory_copy("Nothing needs action today.");
    char *number = report_number(count);
    char *text = memory_format("%s %s action today.", number, count == 1 ? "matter needs" : "matters need");
    free(number);
    return text;
}

char *report_difference(const json_t *summary)
{
    json_int_t count = json_integer_value(render_member(summary, "differences_total"));

    if (count == 0)
        return NULL;
    return memory_format("These figures do not add up: in %" JSON_INTEGER_FORMAT
                         " %s granted + topped up - used + credited - expired is not what is left.",
                         count, count == 1 ? "pool" : "pools");
}

char *report_made(const json_t *summary, const struct report_zone *zone)
{
    char *made = report_time(render_string(summary, "generated_at", NULL));
    char *cut_off = report_time(render_string(summary, "cut_off", NULL));
    bool so_far = json_is_true(render_member(summary, "so_far"));
    char *text = memory_format("Generated %s. Times are of %s. It counts what had happened before %s%s.", made,
                               zone->name, cut_off, so_far ? "; the day is not over" : "");

    free(made);
    free(cut_off);
    return text;
}
