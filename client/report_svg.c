/*
 * Goes through gnuplot's SVG line by line. Its header, the shapes it defines and never uses, its ids (they are the
 * same in every picture) and empty groups go; each colour of report_plot.h gets the class by which the page's style
 * turns it dark.
 */
#include "config.h"

#include "client/memory.h"
#include "client/report_markup.h"
#include "client/report_plot.h"
#include "client/report_svg.h"
#include <stdlib.h>
#include <string.h>

struct swap {
    const char *from, *to;
};

/* Longer ones first where one begins as the other. */
static const struct swap swaps[] = {
    {" color=\"white\"", ""},
    {" color=\"black\"", ""},
    {" fill=\"none\"", ""},
    {" stroke=\"currentColor\"", ""},
    {" stroke-width=\"1.00\"", ""},
    {" stroke-linecap=\"butt\"", ""},
    {" stroke-linejoin=\"miter\"", ""},
    {" font-family=\"sans-serif\"", ""},
    {" font-size=\"12.00\"", ""},
    {" shape-rendering='crispEdges'", ""},
    {"stroke='rgb(128, 128, 128)'", "stroke=\"" REPORT_COLOUR_AXIS "\" class=\"sx\""},
    {"stroke='rgb(212, 212, 212)'", "stroke=\"" REPORT_COLOUR_GRID "\" class=\"sg\""},
    {"stroke='rgb( 31,  95, 168)'", "stroke=\"" REPORT_COLOUR_LEFT "\" class=\"sl\""},
    {"stroke='rgb(201, 138,   0)'", "stroke=\"" REPORT_COLOUR_FORECAST "\" class=\"sf\""},
    {"stroke='rgb(179,  38,  30)'", "stroke=\"" REPORT_COLOUR_ALARM "\" class=\"sa\""},
    {"fill = 'rgb( 31,  95, 168)'", "fill=\"" REPORT_COLOUR_LEFT "\" class=\"fl\""},
    {"fill = 'rgb(201, 138,   0)'", "fill=\"" REPORT_COLOUR_FORECAST "\" class=\"ff\""},
    {"fill = 'rgb(179,  38,  30)'", "fill=\"" REPORT_COLOUR_ALARM "\" class=\"fa\""},
    {"fill=\"rgb(92,92,92)\"", "fill=\"" REPORT_COLOUR_TEXT "\" class=\"ft\""},
    {"fill=\"rgb(16,16,16)\"", "fill=\"" REPORT_COLOUR_STRONG "\" class=\"fs\""},
};

/* Writes a line with the swaps done, single spaces, and no blanks at its ends. */
static void line_write(const char *line, size_t length, FILE *stream)
{
    for (size_t i = 0; i < length;) {
        size_t swap = 0, count = sizeof swaps / sizeof swaps[0], size = 0;
        for (; swap < count; swap++) {
            size = strlen(swaps[swap].from);
            if (i + size <= length && memcmp(line + i, swaps[swap].from, size) == 0)
                break;
        }
        if (swap < count) {
            fputs(swaps[swap].to, stream);
            i += size;
            continue;
        }
        bool blank = line[i] == ' ' || line[i] == '\t';
        if (!blank || (i + 1 < length && line[i + 1] != ' ' && line[i + 1] != '\t' && line[i + 1] != '>'))
            fputc(line[i], stream);
        i++;
    }
}

static bool line_begins(const char *line, size_t length, const char *with)
{
    size_t size = strlen(with);

    return length >= size && memcmp(line, with, size) == 0;
}

/* Writes the lines between the definitions and the end. */
static void lines_write(const char *at, const char *end, FILE *stream)
{
    const char *held = NULL; /* a group that was opened, and may turn out to be empty */
    size_t held_length = 0;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline == NULL ? end : newline + 1;
        size_t length = (size_t)((newline == NULL ? end : newline) - at);
        while (length > 0 && (*at == ' ' || *at == '\t')) {
            at++;
            length--;
        }
        if (held != NULL && line_begins(at, length, "</g>")) {
            held = NULL;
        } else if (length > 0) {
            if (held != NULL) {
                line_write(held, held_length, stream);
                fputc('\n', stream);
            }
            held = NULL;
            if (line_begins(at, length, "<g id=")) {
                fputs("<g>\n", stream);
            } else if (line_begins(at, length, "<g fill=\"none\"")) {
                held = at;
                held_length = length;
            } else {
                line_write(at, length, stream);
                fputc('\n', stream);
            }
        }
        at = next;
    }
}

bool report_svg_write(const char *svg, size_t length, size_t number, const char *title, const char *words,
                      FILE *stream)
{
    static const char box[] = "viewBox=\"", defs[] = "</defs>", close[] = "</g>\n</svg>";
    const char *size = memmem(svg, length, box, strlen(box));
    const char *from = memmem(svg, length, defs, strlen(defs));
    unsigned width = 0, height = 0;

    if (size == NULL || from == NULL || length < strlen(close) ||
        memcmp(svg + length - strlen(close), close, strlen(close)) != 0)
        return false;
    char *numbers = memory_new(64, 1);
    memcpy(numbers, size + strlen(box), 32);
    bool good = sscanf(numbers, "0 0 %u %u", &width, &height) == 2;
    free(numbers);
    if (!good)
        return false;
    markup(stream,
           "<svg role=\"img\" aria-labelledby=\"t%zu d%zu\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %zu "
           "%zu\" "
           "fill=\"none\" font-family=\"sans-serif\" font-size=\"12\">\n<title id=\"t%zu\">%s</title>\n"
           "<desc id=\"d%zu\">%s</desc>\n",
           number, number, (size_t)width, (size_t)height, number, title, number, words);
    lines_write(from + strlen(defs), svg + length - strlen(close), stream);
    fputs("</svg>\n", stream);
    return true;
}
