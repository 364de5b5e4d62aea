/*
 * Asks report.usage for pages: many at once over one connection, each list page after page as far as it is wanted.
 * What a list is asked for is decided by the summary: what did not happen is not asked for.
 */
#ifndef CLIENT_REPORT_FETCH_H
#define CLIENT_REPORT_FETCH_H

#include "client/call.h"
#include "client/report_model.h"
#include <signal.h>

struct report_fetch {
    const char *date;    /* NULL: the last day that is over */
    const char *partner; /* NULL: the program */
    struct report_page *page;
};

/*
 * Fills pages (report_model_close() is done). rows: gets every row of each page's lists as it comes, also those
 * that the page has no room for; all of a list's are then asked for. NULL: only what the pages hold. stop: NULL, or
 * a signal's flag.
 */
struct report_fetch_wish {
    struct report_fetch *pages;
    size_t count;
    void (*rows)(void *data, enum report_list list, const json_t *rows);
    void *data;
    const volatile sig_atomic_t *stop;
};

/* STATUS_DONE, or what went wrong first, with a sentence. */
enum status report_fetch(struct call *call, const struct report_fetch_wish *wish, char *why, size_t why_size);

/*
 * Asks for all of a list, page after page, and hands on what comes; nothing is kept. Of list REPORT_LISTS it is the
 * summary, in an array.
 */
enum status report_fetch_list(struct call *call, const struct report_fetch *of, enum report_list list,
                              void (*rows)(void *data, enum report_list list, const json_t *rows), void *data,
                              char *why, size_t why_size);

/* The next partners' codes after a cursor, as partner.list gives them: {"partners": […], "next"?}; for
 * json_decref(). */
enum status report_fetch_partners(struct call *call, const char *cursor, json_t **answer, char *why,
                                  size_t why_size);

#endif
