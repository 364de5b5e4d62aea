/*
 * All pages of a day as files in FOLDER/DATE: program.html, partners/CODE.html, pools.csv … They are written into a
 * hidden folder beside (FOLDER/.DATE.part), which takes its name when all is there: whoever looks sees the day's
 * report as a whole, or as it was before. What a killed run left behind, the next one removes.
 */
#ifndef CLIENT_REPORT_FILES_H
#define CLIENT_REPORT_FILES_H

#include "client/call.h"
#include <signal.h>
#include <stddef.h>

/* Kinds of files; a sum of them. */
enum report_kind { REPORT_TEXT = 1, REPORT_HTML = 2, REPORT_CSV = 4, REPORT_JSON = 8 };

struct report_files_wish {
    const char *date;    /* "YYYY-MM-DD"; NULL: the last day that is over */
    const char *partner; /* only this partner's files; NULL: the program's and every partner's */
    const char *folder;  /* is made where it is not there */
    unsigned kinds;      /* of enum report_kind */
    void *data;          /* for progress */
    /* Told now and then: what is being done, how many of how many; total 0: not known. NULL: nobody wants to know.
     */
    void (*progress)(void *data, const char *step, size_t done, size_t total);
    const volatile sig_atomic_t *stop; /* set: leave no file, end with STATUS_INTERRUPTED; NULL: never */
};

/* What was written. */
struct report_files_done {
    char date[16];
    size_t files, partners;
    char *charts_why; /* why there are no charts; NULL where there are; for free() */
};

/* Writes them. On STATUS_DONE *done is filled; else a sentence stands in why and no file has changed. */
enum status report_files_write(struct call *call, const struct report_files_wish *wish,
                               struct report_files_done *done, char *why, size_t why_size);

#endif
