/* The sentence of a charge, which several commands have. */
#include "client/charge.h"
#include "client/memory.h"
#include <stdarg.h>
#include <stdlib.h>

/* Adds more to *text. */
__attribute__((format(printf, 2, 3))) static void text_add(char **text, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *more = memory_format_list(format, list);
    va_end(list);
    char *longer = memory_format("%s%s", *text, more);
    free(more);
    free(*text);
    *text = longer;
}

char *charge_text(const json_t *charge)
{
    if (charge == NULL)
        return memory_copy("nothing");
    char *ordinal = render_cell(render_member(charge, "ordinal"), CELL_NUMBER, true);
    char *of = render_cell(render_member(charge, "of"), CELL_NUMBER, true);
    char *left = render_cell(render_member(charge, "remaining"), CELL_NUMBER, true);
    char *text = memory_format("%s of %s", render_string(charge, "pool", "a pool"),
                               render_string(charge, "contract", "a contract"));

    if (json_is_true(render_member(charge, "override")))
        text_add(&text, ", by override");
    else if (ordinal[0] != '\0' && of[0] != '\0')
        text_add(&text, ", incident %s of %s", ordinal, of);
    if (left[0] != '\0')
        text_add(&text, ", %s left", left);
    free(ordinal);
    free(of);
    free(left);
    return text;
}

void charge_render(struct render *render, const char *name, const char *verb, const json_t *result)
{
    char *text = charge_text(render_member(result, "charge"));
    bool replayed = json_is_true(render_member(result, "replayed"));

    render_line(render, "%s  %s: %s%s", name, verb, text, replayed ? " (logged before, under the same key)" : "");
    free(text);
}
