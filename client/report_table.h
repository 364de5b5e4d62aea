/* The lists of a page as HTML tables. */
#ifndef CLIENT_REPORT_TABLE_H
#define CLIENT_REPORT_TABLE_H

#include "client/report_model.h"
#include <stdbool.h>
#include <stdio.h>

struct report_table_wish {
    bool alone;            /* of one partner: no column says whose a row is */
    bool links;            /* partners' names lead to their pages */
    const char *time_zone; /* of the partner, on its own page; else NULL */
    bool mail; /* for a program that may not know the page's style: the most needed of it stands at the cells */
};

/* Writes a heading and the table of a list; where it has no rows, a line that says so (none; NULL: nothing). */
void report_table_write(const struct report_page *page, enum report_list list, const struct report_table_wish *wish,
                        const char *heading, const char *none, FILE *stream);

/* A table of rows that are no list of the page's: "ageing", "breaching", "differences"; columns by that name. */
void report_table_rows(const char *name, const json_t *rows, const struct report_table_wish *wish, FILE *stream);

#endif
