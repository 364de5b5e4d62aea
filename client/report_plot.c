/* gnuplot's words for three charts: a pool's burn-down, pools by use, open incidents by age. */
#include "client/report_plot.h"
#include "client/memory.h"
#include "client/render.h"
#include "client/report_words.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PLOT_WIDTH 400
#define PLOT_HEIGHT 190
#define TICS_MAX 6
#define TERM_DAYS_MAX 40000L
#define OPEN_END_DAYS 30 /* how far a chart goes on where the pool does not expire */

static long day_clamp(long day, long low, long high)
{
    return day < low ? low : day > high ? high : day;
}

/* The day of a forecast on which nothing is left; without one, the end. */
static long forecast_day(const struct report_course *course, const json_t *forecast, const char *member)
{
    long day;

    if (!report_day_number(render_string(forecast, member, NULL), &day))
        return course->ends;
    return day_clamp(day, course->today, course->ends);
}

bool report_course_read(struct report_course *course, const json_t *curve, const char *date)
{
    const json_t *forecast = render_member(curve, "forecast");

    *course = (struct report_course){
        .granted = json_integer_value(render_member(curve, "granted")),
        .left = json_integer_value(render_member(curve, "left")),
        .points = render_member(curve, "points"),
    };
    if (!report_day_number(render_string(curve, "starts", NULL), &course->starts) ||
        !report_day_number(date, &course->today))
        return false;
    course->expires = report_day_number(render_string(curve, "expires", NULL), &course->ends);
    if (!course->expires)
        course->ends = course->today + OPEN_END_DAYS;
    if (course->ends <= course->starts || course->ends - course->starts > TERM_DAYS_MAX)
        return false;
    course->today = day_clamp(course->today, course->starts, course->ends);
    course->forecast = strcmp(render_string(forecast, "status", "none"), "ok") == 0 && course->today < course->ends;
    course->early = forecast_day(course, forecast, "runs_out_early");
    course->middle = forecast_day(course, forecast, "runs_out");
    course->late = forecast_day(course, forecast, "runs_out_late");
    bool early = render_member(forecast, "runs_out_early") != NULL;
    bool middle = render_member(forecast, "runs_out") != NULL;
    bool late = render_member(forecast, "runs_out_late") != NULL;
    course->at_early = early ? 0 : json_integer_value(render_member(forecast, "left_low"));
    course->at_middle = middle ? 0 : json_integer_value(render_member(forecast, "left_at_expiry"));
    course->at_late = late ? 0 : json_integer_value(render_member(forecast, "left_high"));
    return true;
}

long long report_course_forecast(const struct report_course *course, long day, int which)
{
    long end = which < 0 ? course->early : which == 0 ? course->middle : course->late;
    json_int_t at_end = which < 0 ? course->at_early : which == 0 ? course->at_middle : course->at_late;

    if (day >= end || end <= course->today)
        return at_end * 100;
    return course->left * 100 + (at_end - course->left) * 100 * (day - course->today) / (end - course->today);
}

/* The greatest number that the chart has to show; at least 1. */
static json_int_t course_top(const struct report_course *course)
{
    json_int_t top = course->granted > course->left ? course->granted : course->left;
    json_t *point;
    size_t i;

    json_array_foreach(course->points, i, point)
    {
        json_int_t left = json_integer_value(json_array_get(point, 1));
        top = left > top ? left : top;
    }
    return top < 1 ? 1 : top;
}

/* A whole step that makes at most `most` steps to top: 1, 2, 5, 10 … */
static json_int_t step_find(json_int_t top, json_int_t most)
{
    static const json_int_t factors[] = {1, 2, 5};

    for (json_int_t ten = 1;; ten *= 10)
        for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
            if (top / (ten * factors[i]) < most || ten > (json_int_t)1e15)
                return ten * factors[i];
}

/* What all charts have: quiet axes, lines to read off by, no legend (the page has one); room: above the top, in %.
 */
static void frame_write(FILE *script, json_int_t top, int room)
{
    json_int_t step = step_find(top, 6);

    fprintf(script, "unset key\nset border 1 lc rgb '" REPORT_COLOUR_AXIS "'\n"
                    "set tics nomirror out scale 0.4 textcolor rgb '" REPORT_COLOUR_TEXT "'\n"
                    "set grid ytics lt 1 lw 0.7 lc rgb '" REPORT_COLOUR_GRID "'\nset rmargin 2\nset tmargin 1\n");
    fprintf(script, "set yrange [0:%" JSON_INTEGER_FORMAT ".%02d]\nset ytics 0,%" JSON_INTEGER_FORMAT "\n",
            (top * (100 + room)) / 100, (int)((top * (100 + room)) % 100), step);
}

/* Tics on the first days of months, or on days where the term is short. */
static void days_write(FILE *script, long starts, long ends)
{
    static const int steps[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200};
    long days = ends - starts, months = days / 30, step_days = days < 14 ? 2 : days < 30 ? 5 : 14;
    const char *comma = "";
    size_t step = 0;

    fprintf(script, "set xrange [%ld:%ld]\nset xtics (", starts, ends);
    if (months < 3) {
        for (long day = starts; day < ends; day += step_days) {
            char iso[16], *words = report_day(report_day_iso(day, iso), false);
            words[strlen(words) - 5] = '\0'; /* without its year */
            fprintf(script, "%s'%s' %ld", comma, words, day);
            free(words);
            comma = ", ";
        }
    } else {
        while (months / steps[step] >= TICS_MAX && step + 1 < sizeof steps / sizeof steps[0])
            step++;
        time_t seconds = (time_t)starts * 86400;
        struct tm at = {.tm_mday = 1};
        gmtime_r(&seconds, &at);
        bool first = true;
        at = (struct tm){.tm_year = at.tm_year, .tm_mon = at.tm_mon + (at.tm_mday > 1), .tm_mday = 1};
        for (long day = (long)(timegm(&at) / 86400); day < ends; day = (long)(timegm(&at) / 86400)) {
            char iso[16], *words = report_day(report_day_iso(day, iso), false);
            char *month = words + 2; /* "1 Mar 2016" */
            if (!first && at.tm_mon >= steps[step])
                month[3] = '\0';
            fprintf(script, "%s'%s' %ld", comma, month, day);
            free(words);
            comma = ", ";
            first = false;
            at.tm_mon += steps[step];
        }
    }
    fputs(")\n", script);
}

/* The block $left: what was left at the end of each day on which it changed. */
static void points_write(FILE *script, const struct report_course *course)
{
    json_t *point;
    long day;
    size_t i;

    fputs("$left << EOD\n", script);
    json_array_foreach(course->points, i, point)
    {
        if (report_day_number(json_string_value(json_array_get(point, 0)), &day))
            fprintf(script, "%ld %" JSON_INTEGER_FORMAT "\n", day_clamp(day, course->starts, course->ends),
                    json_integer_value(json_array_get(point, 1)));
    }
    fprintf(script, "%ld %" JSON_INTEGER_FORMAT "\nEOD\n", course->today, course->left);
}

/* The block $forecast: day, least, middle, most; wherever one of them bends. */
static void forecast_write(FILE *script, const struct report_course *course)
{
    long days[] = {course->today, course->early, course->middle, course->late, course->ends};

    for (size_t i = 1; i < sizeof days / sizeof days[0];
         i++) /* each is in order but where a server says nonsense */
        days[i] = days[i] < days[i - 1] ? days[i - 1] : days[i];

    fputs("$forecast << EOD\n", script);
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        fprintf(script, "%ld", days[i]);
        for (int which = -1; which <= 1; which++) {
            long long left = report_course_forecast(course, days[i], which);
            if (which == 0 && days[i] > course->middle)
                fputs(" NaN", script); /* the line ends where it touches the ground */
            else
                fprintf(script, " %lld.%02lld", left / 100, left % 100);
        }
        fputc('\n', script);
    }
    fputs("EOD\n", script);
}

void report_plot_course(struct report_sheet *sheet, const struct report_course *course)
{
    FILE *script = report_sheet_next(sheet, PLOT_WIDTH, PLOT_HEIGHT);
    bool right = (course->today - course->starts) * 4 > (course->ends - course->starts) * 3;

    frame_write(script, course_top(course), 7);
    days_write(script, course->starts, course->ends);
    points_write(script, course);
    if (course->forecast)
        forecast_write(script, course);
    if (course->expires)
        fprintf(script, "$even << EOD\n%ld %" JSON_INTEGER_FORMAT "\n%ld 0\nEOD\n", course->starts, course->granted,
                course->ends);
    fprintf(script,
            "set object 1 circle at %ld,%" JSON_INTEGER_FORMAT
            " size char 0.35 front noclip fillcolor rgb '" REPORT_COLOUR_LEFT "' fillstyle solid noborder\n",
            course->today, course->left);
    fprintf(script,
            "set label 1 '%" JSON_INTEGER_FORMAT " left' at %ld,%" JSON_INTEGER_FORMAT
            " %s offset %s,0.7 front textcolor rgb '" REPORT_COLOUR_STRONG "'\n",
            course->left, course->today, course->left, right ? "right" : "left", right ? "-0.2" : "0.4");
    fputs("plot ", script);
    if (course->forecast)
        fputs("$forecast using 1:2:4 with filledcurves fc rgb '" REPORT_COLOUR_FORECAST
              "' fs transparent solid 0.22 noborder, "
              "$forecast using 1:3 with lines dt 3 lw 1.6 lc rgb '" REPORT_COLOUR_FORECAST "', ",
              script);
    if (course->expires)
        fputs("$even using 1:2 with lines dt 2 lw 1 lc rgb '" REPORT_COLOUR_AXIS "', ", script);
    fputs("$left using 1:2 with steps lw 2.2 lc rgb '" REPORT_COLOUR_LEFT "'\n", script);
}

char *report_plot_course_words(const struct report_course *course, const json_t *curve, const char *time_zone)
{
    const char *unit = render_string(curve, "unit", "unit");
    char iso[16], *left = report_number(course->left), *granted = report_units(course->granted, unit);
    char *today = report_day(report_day_iso(course->today, iso), false);
    char *starts = report_term_day(render_string(curve, "starts", NULL), time_zone);
    char *ends = course->expires ? report_term_day(render_string(curve, "expires", NULL), time_zone) : NULL;
    char *forecast = report_forecast(render_member(curve, "forecast"), unit, ends);
    char *text = memory_format("Burn-down since %s: %s of %s left on %s.%s%s%s%s%s", starts, left, granted, today,
                               ends == NULL ? "" : " It expires on ", ends == NULL ? "" : ends,
                               ends == NULL ? "" : ".", forecast[0] == '\0' ? "" : " ", forecast);

    free(left);
    free(granted);
    free(today);
    free(starts);
    free(ends);
    free(forecast);
    return text;
}

void report_plot_bands(struct report_sheet *sheet, const size_t *bands)
{
    FILE *script = report_sheet_next(sheet, PLOT_WIDTH, PLOT_HEIGHT);
    json_int_t top = 1;

    for (size_t i = 0; i < REPORT_BANDS; i++)
        top = (json_int_t)bands[i] > top ? (json_int_t)bands[i] : top;
    frame_write(script, top, 15);
    fputs("$bands << EOD\n", script);
    for (size_t i = 0; i < REPORT_BANDS; i++)
        fprintf(script, "%zu %zu %s\n", i, bands[i],
                i < 8                  ? "0x1f5fa8"
                : i < REPORT_BANDS - 1 ? "0xc98a00"
                                       : "0xb3261e");
    fputs("EOD\nset boxwidth 0.7\nset xrange [-0.6:10.6]\nset xtics scale 0 (", script);
    for (unsigned i = 0; i < REPORT_BANDS; i++)
        fprintf(script, "%s'%u%s' %u", i == 0 ? "" : ", ", i * 10, i == REPORT_BANDS - 1 ? " %%" : "", i);
    fputs(")\nplot $bands using 1:2:3 with boxes fs solid 0.9 noborder lc rgb variable, "
          "$bands using 1:2:($2 > 0 ? sprintf('%.0f', $2) : '') with labels offset 0,0.6 textcolor rgb "
          "'" REPORT_COLOUR_STRONG "'\n",
          script);
}

char *report_plot_bands_words(const size_t *bands)
{
    char *text = memory_copy("Pools by how much of them is used:");
    const char *comma = "";

    for (unsigned i = 0; i < REPORT_BANDS; i++) {
        if (bands[i] == 0)
            continue;
        char *range =
            i == REPORT_BANDS - 1 ? memory_copy("100 %") : memory_format("%u to %u %%", i * 10, i * 10 + 9);
        char *longer = memory_format("%s%s %zu at %s", text, comma, bands[i], range);
        free(range);
        free(text);
        text = longer;
        comma = ",";
    }
    char *whole = memory_format("%s%s.", text, comma[0] == '\0' ? " none" : "");
    free(text);
    return whole;
}

void report_plot_ageing(struct report_sheet *sheet, const json_t *ageing)
{
    static const char *const ages[] = {"< 1 day", "1-3 days", "3-7 days", "7-30 days", "> 30 days"};
    FILE *script = report_sheet_next(sheet, PLOT_WIDTH, PLOT_HEIGHT);
    size_t count = sizeof ages / sizeof ages[0];
    json_int_t top = 1;

    fputs("$ageing << EOD\n", script);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(ageing, i);
        json_int_t open = json_integer_value(render_member(row, "open"));
        json_int_t escalated = json_integer_value(render_member(row, "escalated"));
        fprintf(script, "%zu %" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT "\n", i, open, escalated);
        top = open > top ? open : top;
    }
    fputs("EOD\n", script);
    frame_write(script, top, 15);
    fputs("set boxwidth 0.6\nset xrange [-0.6:4.6]\nset xtics scale 0 (", script);
    for (size_t i = 0; i < count; i++)
        fprintf(script, "%s'%s' %zu", i == 0 ? "" : ", ", ages[i], i);
    fputs(")\nplot $ageing using 1:2 with boxes fs solid 0.9 noborder lc rgb '" REPORT_COLOUR_LEFT "', "
          "$ageing using 1:3 with boxes fs solid 0.9 noborder lc rgb '" REPORT_COLOUR_ALARM "', "
          "$ageing using 1:2:($2 > 0 ? sprintf('%.0f', $2) : '') with labels offset 0,0.6 textcolor rgb "
          "'" REPORT_COLOUR_STRONG "'\n",
          script);
}

char *report_plot_ageing_words(const json_t *ageing)
{
    char *text = memory_copy("Open incidents by age:");
    json_t *row;
    size_t i;

    json_array_foreach(ageing, i, row)
    {
        char *longer = memory_format("%s%s %s %" JSON_INTEGER_FORMAT, text, i == 0 ? "" : ",",
                                     render_string(row, "age", ""), json_integer_value(render_member(row, "open")));
        free(text);
        text = longer;
    }
    char *whole = memory_format("%s.", text);
    free(text);
    return whole;
}
