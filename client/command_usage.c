/* What is charged by usage, not by incidents. */
#include "client/command_usage.h"
#include <stdlib.h>
#include <string.h>

static const struct column part_columns[] = {
    {"POOL", "pool", CELL_TEXT},     {"CONTRACT", "contract", CELL_TEXT},
    {"UNITS", "units", CELL_NUMBER}, {"LEFT", "remaining", CELL_LEFT},
    {NULL, NULL, CELL_TEXT},
};

static void usage_render(struct render *render, const json_t *result)
{
    const json_t *charge = render_member(result, "charge");
    char *units = render_cell(render_member(charge, "units"), CELL_NUMBER, true);
    char *left = render_cell(render_member(charge, "remaining"), CELL_NUMBER, true);
    bool replayed = json_is_true(render_member(result, "replayed"));

    render_line(render, "%s  booked: %s %s%s%s%s%s%s", render_string(charge, "benefit", "usage"), units,
                render_string(charge, "unit", "unit"), strcmp(units, "1") == 0 ? "" : "s",
                left[0] == '\0' ? "" : ", ", left, left[0] == '\0' ? "" : " left",
                replayed ? " (booked before, under the same key)" : "");
    if (json_array_size(render_member(charge, "parts")) > 1 || render->format == RENDER_CSV)
        render_rows(render, part_columns, render_member(charge, "parts"));
    free(left);
    free(units);
}

const struct command command_usage_record = {
    .name = "usage record",
    .method = METHOD_USAGE_RECORD,
    .words = "partner benefit units",
    .letters = "i=incident n=note",
    .example = "entitle usage record contoso phone-consulting 45 --incident INC-000123 --note \"design review\"",
    .details = "What one contract lacks is taken from the next; all of it is booked, or nothing.",
    .render = usage_render,
};
