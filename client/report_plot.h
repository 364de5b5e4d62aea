/*
 * The scripts of a report's charts, and what each chart says in words. Into a script go days and numbers that were
 * read as such, and words of ours; never a text of the server's.
 */
#ifndef CLIENT_REPORT_PLOT_H
#define CLIENT_REPORT_PLOT_H

#include "client/report_chart.h"
#include "client/report_model.h"
#include <jansson.h>

/* What a chart's colours mean; report_svg.c gives each its class. */
#define REPORT_COLOUR_AXIS "#808080"
#define REPORT_COLOUR_GRID "#d4d4d4"
#define REPORT_COLOUR_TEXT "#5c5c5c"
#define REPORT_COLOUR_STRONG "#101010"
#define REPORT_COLOUR_LEFT "#1f5fa8"
#define REPORT_COLOUR_FORECAST "#c98a00"
#define REPORT_COLOUR_ALARM "#b3261e"

/* A pool's course, as the charts of HTML and text need it. Days are numbers (report_day_number()). */
struct report_course {
    long starts, ends, today; /* ends: the day it expires, or some time after today */
    bool expires;
    json_int_t granted, left;
    const json_t *points; /* [["YYYY-MM-DD", left], …] */
    bool forecast;
    long early, middle, late;                /* when it runs out; ends where it does not */
    json_int_t at_early, at_middle, at_late; /* what is left then: 0, or what is left at the end */
};

/* Reads a row of the section "curves"; date: the report's day. False where it cannot be drawn. */
bool report_course_read(struct report_course *course, const json_t *curve, const char *date);

/* What is left, so many hundredths of a unit, on a day of the forecast: which -1 at the least, 0, 1 at the most. */
long long report_course_forecast(const struct report_course *course, long day, int which);

/* Adds the burn-down of a pool to a sheet. */
void report_plot_course(struct report_sheet *sheet, const struct report_course *course);

/* It in words, for those who do not see it; for free(). time_zone: of the partner, or NULL. */
char *report_plot_course_words(const struct report_course *course, const json_t *curve, const char *time_zone);

/* Adds the program's pools by how much of them is used. */
void report_plot_bands(struct report_sheet *sheet, const size_t *bands);
char *report_plot_bands_words(const size_t *bands);

/* Adds open incidents by age; ageing: as in the summary. */
void report_plot_ageing(struct report_sheet *sheet, const json_t *ageing);
char *report_plot_ageing_words(const json_t *ageing);

#endif
