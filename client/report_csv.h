/*
 * Lists of the report as CSV: RFC 4180, a header, every member of the protocol. A text that a spreadsheet would
 * take for a formula begins with an apostrophe.
 */
#ifndef CLIENT_REPORT_CSV_H
#define CLIENT_REPORT_CSV_H

#include "client/report_model.h"
#include <stdio.h>

/* The header; then rows, as they come. */
void report_csv_header(enum report_list list, FILE *stream);
void report_csv_rows(enum report_list list, const json_t *rows, FILE *stream);

#endif
