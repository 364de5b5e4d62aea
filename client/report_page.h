/*
 * One page of the nightly report, of the program or of one partner: what the server tells about a day
 * (report.usage), bounded in memory, and the page as text, HTML, CSV, JSON, or as the parts of a mail.
 *
 * A page is fetched (or made of JSON), then written as often as one likes; the pictures of its HTML come from a
 * drawer (client/report_chart.h), or are left out where there is none. report_files.h writes all pages of a day.
 */
#ifndef CLIENT_REPORT_PAGE_H
#define CLIENT_REPORT_PAGE_H

#include "client/call.h"
#include "client/report_chart.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Rows of a list that a page holds at the most; of the program's pools these are the most urgent. */
#define REPORT_ROWS_FILE 500
#define REPORT_ROWS_MAIL 100

struct report_page;

/*
 * Asks for a page. date: "YYYY-MM-DD", NULL: the last day that is over. partner: its code, NULL: the program's
 * page. rows_max: how many rows of each list it keeps. On STATUS_DONE *page is the caller's (report_page_free());
 * else a sentence stands in why, and *page is NULL.
 */
enum status report_page_fetch(struct call *call, const char *date, const char *partner, size_t rows_max,
                              struct report_page **page, char *why, size_t why_size);

/*
 * A page of JSON (borrowed): {"summary": {…}, "pools": […], "curves": […], …}, each as report.usage gives that
 * section. For tests, and for what is put together elsewhere.
 */
struct report_page *report_page_new(const json_t *parts, size_t rows_max);

/* NULL is fine. */
void report_page_free(struct report_page *page);

/* What the page says about itself; borrowed. The partner is NULL on the program's page; so is an address not known.
 */
const json_t *report_page_summary(const struct report_page *page);
const char *report_page_date(const struct report_page *page);
const char *report_page_partner(const struct report_page *page);
const char *report_page_email(const struct report_page *page);

/* "Contoso Ltd, 15 Mar 2016: 2 matters need action today": one line without control characters, for free(). */
char *report_page_subject(const struct report_page *page);

/* The page in 80 columns. ascii: nothing but ASCII in what is ours. */
void report_page_text(const struct report_page *page, bool ascii, FILE *stream);

/* The page as one HTML file with its charts inside as SVG; without a drawer (NULL) it says that it has none. */
void report_page_html(const struct report_page *page, struct report_drawer *drawer, FILE *stream);

/* One list as CSV with a header (RFC 4180, formulas defused): "pools", "refusals", "overrides", "escalations",
 * "incidents", "ledger", "alerts"; the rows that the page holds. */
void report_page_csv(const struct report_page *page, const char *list, FILE *stream);

/* A picture of a mail; the HTML names it as <img src="cid:ID">. */
struct report_image {
    char *id;
    unsigned char *bytes; /* PNG */
    size_t length;
};

struct report_attachment {
    const char *name; /* "pools.csv" */
    char *text;
};

#define REPORT_ATTACHMENTS_MAX 5

/* The parts of a mail. attachments: CSV, by file name; all texts are UTF-8 with LF (CSV: CRLF). */
struct report_mail {
    char *subject, *text, *html;
    struct report_image *images;
    size_t image_count;
    struct report_attachment attachments[REPORT_ATTACHMENTS_MAX];
    size_t attachment_count;
};

/* Makes the parts of a page's mail; without a drawer there are no pictures, and the tables say it all. Never fails.
 */
void report_page_mail(const struct report_page *page, struct report_drawer *drawer, struct report_mail *mail);

void report_mail_release(struct report_mail *mail);

#endif
