/* A page as HTML: one text that needs nothing beside it but, in a mail, the mail's own pictures. */
#ifndef CLIENT_REPORT_HTML_H
#define CLIENT_REPORT_HTML_H

#include "client/report_chart.h"
#include "client/report_model.h"
#include <stdbool.h>
#include <stdio.h>

/* Adds the charts of a page to a sheet. Their places in it are the same whenever it is done for one page. */
void report_html_charts(const struct report_page *page, struct report_sheet *sheet);

/* How a page is written. */
struct report_html_wish {
    const struct report_sheet *sheet; /* drawn, or not */
    size_t first;                     /* the page's first picture in it */
    const char *charts_why;           /* why there are no pictures; NULL: a chart could not be drawn */
    const char *cid; /* in a mail: how its pictures' ids begin; NULL: a file, pictures are inside */
    bool links;      /* to the partners' pages */
};

void report_html_write(const struct report_page *page, const struct report_html_wish *wish, FILE *stream);

#endif
