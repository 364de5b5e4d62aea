/* The style of a page: one text, put into each of them, so that a page needs nothing but itself. */
#ifndef CLIENT_REPORT_STYLE_H
#define CLIENT_REPORT_STYLE_H

extern const char report_style[];

#endif
