/*
 * Charts drawn by gnuplot: one process draws many, a sheet of pictures at a time, while its caller does something
 * else. Scripts come from report_plot.h and hold numbers and dates only; nothing that a person has typed gets into
 * one.
 */
#ifndef CLIENT_REPORT_CHART_H
#define CLIENT_REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum report_picture { REPORT_SVG, REPORT_PNG };

/* Pictures that are drawn together. */
struct report_sheet;

struct report_sheet *report_sheet_new(enum report_picture kind);
void report_sheet_free(struct report_sheet *sheet);

/*
 * Begins the sheet's next picture, so many units wide and high (pixels of an SVG; a PNG has two for each); its
 * script is written to the stream that is returned, up to and with its plot. Borrowed.
 */
FILE *report_sheet_next(struct report_sheet *sheet, unsigned width, unsigned height);

/* How many pictures were begun. */
size_t report_sheet_count(const struct report_sheet *sheet);

/* A picture that was drawn: the file as gnuplot wrote it; NULL where it was not drawn. Borrowed. */
const char *report_sheet_picture(const struct report_sheet *sheet, size_t index, size_t *length);

struct report_drawer;

/*
 * A drawer. gnuplot is started when it is first needed. Never NULL; where gnuplot is missing, or did not do its
 * work in time, report_drawer_why() says so, and pages are written without pictures.
 */
struct report_drawer *report_drawer_new(void);

/* Ends gnuplot. NULL is fine. */
void report_drawer_free(struct report_drawer *drawer);

/* Begins to draw a sheet, and returns. Of a drawer one sheet is drawn at a time. drawer NULL: nothing is drawn. */
void report_drawer_start(struct report_drawer *drawer, struct report_sheet *sheet);

/* Waits until the sheet is drawn (half a minute at the longest). */
void report_drawer_finish(struct report_drawer *drawer, struct report_sheet *sheet);

/* Why a sheet was not drawn, the last that was not; NULL as long as all were. Borrowed. */
const char *report_drawer_why(const struct report_drawer *drawer);

#endif
