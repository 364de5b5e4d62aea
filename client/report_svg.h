/* gnuplot's SVG made fit for a page: without what pages of many pictures must not repeat, and with classes for
 * colours. */
#ifndef CLIENT_REPORT_SVG_H
#define CLIENT_REPORT_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Writes a picture (length bytes of gnuplot's) as an <svg role="img"> with a title and a description (escaped
 * here), whose ids have this number. False, and nothing is written, where it is not what gnuplot writes.
 */
bool report_svg_write(const char *svg, size_t length, size_t number, const char *title, const char *words,
                      FILE *stream);

#endif
