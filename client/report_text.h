/* A page as text of 80 columns, with a small burn-down of each pool. */
#ifndef CLIENT_REPORT_TEXT_H
#define CLIENT_REPORT_TEXT_H

#include "client/report_model.h"
#include <stdbool.h>
#include <stdio.h>

#define REPORT_TEXT_WIDTH 80

/* ascii: nothing but ASCII in what is ours (names stay as they are). */
void report_text_write(const struct report_page *page, bool ascii, FILE *stream);

/* True where the environment's character set is not UTF-8. */
bool report_text_ascii(void);

#endif
