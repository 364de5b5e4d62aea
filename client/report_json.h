/* The report as one JSON object: {"summary": {…}, "pools": […], …}; written as it comes, so it may be of any size.
 */
#ifndef CLIENT_REPORT_JSON_H
#define CLIENT_REPORT_JSON_H

#include "client/call.h"
#include <stdbool.h>
#include <stdio.h>

/* safe: for a terminal. STATUS_DONE, or a sentence in why; what was written before is then not JSON. */
enum status report_json_write(struct call *call, const char *date, const char *partner, bool safe, FILE *stream,
                              char *why, size_t why_size);

#endif
