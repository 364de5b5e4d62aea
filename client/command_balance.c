/* Pools and accesses of a partner's running contracts. */
#include "client/command_balance.h"
#include <stdlib.h>

static const struct column pool_columns[] = {
    {"POOL", "pool", CELL_TEXT},
    {"LEFT", "remaining", CELL_LEFT},
    {"GRANTED", "granted", CELL_NUMBER},
    {"USED", "used", CELL_NUMBER},
    {"OVER", "overage", CELL_OVER},
    {"EXPIRED", "expired", CELL_OVER},
    {"UNIT", "unit", CELL_TEXT},
    {"COVERAGE", "coverage", CELL_TEXT},
    {"EXPIRES", "expires", CELL_TIME},
    {"CONTRACT", "contract", CELL_TEXT},
    {"PLAN", "plan", CELL_TEXT},
    {"DELIVERED BY", "delivered_by", CELL_TEXT},
    {NULL, NULL, CELL_TEXT},
};

static const struct column benefit_columns[] = {
    {"BENEFIT", "benefit", CELL_TEXT},     {"PLAN", "plan", CELL_TEXT},
    {"COVERAGE", "coverage", CELL_TEXT},   {"HOURS", "hours", CELL_TEXT},
    {"TIME ZONE", "time_zone", CELL_TEXT}, {"NOW", "available_now", CELL_TEXT},
    {"OPENS", "opens", CELL_TIME},         {NULL, NULL, CELL_TEXT},
};

static void balance_render(struct render *render, const json_t *result)
{
    const json_t *benefits = render_member(result, "benefits");
    char *as_of = render_cell(render_member(result, "as_of"), CELL_TIME, false);

    render_line(render, "%s (%s), as of %s", render_string(result, "partner", "?"),
                render_string(result, "level", "no membership"), as_of);
    render_rows(render, pool_columns, render_member(result, "pools"));
    if (json_array_size(benefits) > 0) {
        render_line(render, "%s", "");
        render_rows(render, benefit_columns, benefits);
    }
    free(as_of);
}

const struct command command_balance = {
    .name = "balance",
    .method = METHOD_BALANCE_GET,
    .words = "partner?",
    .example = "entitle balance contoso",
    .render = balance_render,
};
