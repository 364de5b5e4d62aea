/* What an import has done so far: a count for each partner, a line of progress, the rows that were not taken. */
#ifndef CLIENT_IMPORT_REPORT_H
#define CLIENT_IMPORT_REPORT_H

#include "client/csv_file.h"
#include "client/render.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum import_outcome {
    IMPORT_LOGGED,   /* result has its charge */
    IMPORT_REFUSED,  /* by the rules: decided */
    IMPORT_FAILED,   /* the server could not take it */
    IMPORT_REJECTED, /* it was not sent: something is wrong with the row */
    IMPORT_UPDATE,   /* a later row of an incident that was logged: nothing to do */
    IMPORT_OUTCOMES,
};

struct import_report;

/* rejects: a file to write rows to that were not taken, or NULL. NULL with a sentence. */
struct import_report *import_report_new(const char *file, const char *rejects, const struct csv_row *header,
                                        bool dry_run, char *why, size_t why_size);

/* Closes the rejects' file. False with a sentence if it could not be written. */
bool import_report_free(struct import_report *report, char *why, size_t why_size);

/*
 * Counts a row. partner may be NULL (of a rejected one); result is that of incident.open or .check, NULL
 * for none; reason is what to tell of a row that was not taken, NULL for none.
 */
void import_report_row(struct import_report *report, const struct csv_row *row, const char *partner,
                       enum import_outcome outcome, const json_t *result, const char *reason);

size_t import_report_count(const struct import_report *report, enum import_outcome outcome);

/* Shows how far it has come on stderr, now and then; at the end with last set. */
void import_report_progress(struct import_report *report, size_t read, size_t whole, bool last);

/* The table for each partner, and the totals. updates: for JSON, the member `updated`; or NULL. */
void import_report_show(struct import_report *report, struct render *render, json_t *updates);

#endif
