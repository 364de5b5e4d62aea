/* A small burn-down of characters, for text. */
#ifndef CLIENT_REPORT_SKETCH_H
#define CLIENT_REPORT_SKETCH_H

#include "client/report_plot.h"
#include <stdbool.h>
#include <stdio.h>

/* Writes it: at most 80 columns wide, 8 lines. ascii: without block characters. */
void report_sketch_write(const struct report_course *course, bool ascii, FILE *stream);

#endif
