/*
 * A column is a day or some days. Up to the report's day it is filled as high as what was left; after it as high as
 * the forecast is sure of, and lighter up to what it holds for possible. Where nothing is drawn, even use leaves a
 * dot.
 */
#include "client/report_sketch.h"
#include "client/memory.h"
#include "client/report_words.h"
#include <stdlib.h>
#include <string.h>

#define SKETCH_COLUMNS 64
#define SKETCH_ROWS 6
#define EIGHTHS (SKETCH_ROWS * 8)

/* What was left at the end of a day. */
static json_int_t left_on(const struct report_course *course, long day)
{
    json_int_t left = course->granted;
    json_t *point;
    long at;
    size_t i;

    json_array_foreach(course->points, i, point)
    {
        if (!report_day_number(json_string_value(json_array_get(point, 0)), &at) || at > day)
            break;
        left = json_integer_value(json_array_get(point, 1));
    }
    return left;
}

struct column {
    long sure, possible, even; /* heights in eighths of a row */
    bool past;
};

static long eighths(long long hundredths, json_int_t top)
{
    long long height = hundredths * EIGHTHS / (top * 100);

    if (hundredths > 0 && height == 0)
        height = 1;
    return (long)(height > EIGHTHS ? EIGHTHS : height < 0 ? 0 : height);
}

static void column_reckon(struct column *column, const struct report_course *course, long day, json_int_t top)
{
    long term = course->ends - course->starts;

    *column = (struct column){.past = day <= course->today, .even = -1};
    if (course->expires)
        column->even = eighths(course->granted * 100 * (course->ends - day) / term, top);
    if (column->past)
        column->sure = column->possible = eighths(left_on(course, day) * 100, top);
    else if (course->forecast) {
        column->sure = eighths(report_course_forecast(course, day, -1), top);
        column->possible = eighths(report_course_forecast(course, day, 1), top);
    }
}

/* The character of a column in a row, counted from the bottom. */
static const char *cell_of(const struct column *column, int row, bool ascii)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    long above = column->sure - row * 8;
    bool possible = column->possible - row * 8 >= 4, even = column->even > 0 && (column->even - 1) / 8 == row;

    if (column->past && above > 0)
        return ascii ? "#" : blocks[above > 8 ? 8 : above];
    if (!column->past && above >= 4)
        return ascii ? "=" : "▒";
    if (!column->past && possible)
        return ascii ? ":" : "░";
    return even ? (ascii ? "." : "·") : " ";
}

void report_sketch_write(const struct report_course *course, bool ascii, FILE *stream)
{
    struct column columns[SKETCH_COLUMNS];
    json_int_t top = course->granted > course->left ? course->granted : course->left;
    long term = course->ends - course->starts, count = term < SKETCH_COLUMNS ? term : SKETCH_COLUMNS;

    top = top < 1 ? 1 : top;
    for (long i = 0; i < count; i++)
        column_reckon(&columns[i], course, course->starts + i * term / count, top);
    for (int row = SKETCH_ROWS - 1; row >= 0; row--) {
        char *label = row == SKETCH_ROWS - 1 ? report_number(top) : memory_copy("");
        size_t last = (size_t)count;
        while (last > 0 && cell_of(&columns[last - 1], row, ascii)[0] == ' ')
            last--;
        fprintf(stream, "%8s %s", label, ascii ? "|" : "│");
        for (size_t i = 0; i < last; i++)
            fputs(cell_of(&columns[i], row, ascii), stream);
        fputc('\n', stream);
        free(label);
    }
    char iso[16];
    char *starts = report_day(report_day_iso(course->starts, iso), false);
    char *ends = report_day(report_day_iso(course->ends, iso), false);
    fprintf(stream, "%8s %s", "0", ascii ? "+" : "└");
    for (long i = 0; i < count; i++)
        fputs(ascii ? "-" : "─", stream);
    fprintf(stream, "\n%9s %-*s%s\n", "", count > 12 ? (int)count - 11 : 12, starts, ends);
    free(starts);
    free(ends);
}
