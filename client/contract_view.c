/* Contracts, their pools and their accesses, for all commands that answer with one. */
#include "client/contract_view.h"
#include "client/memory.h"
#include <stdlib.h>

static const struct column contract_columns[] = {
    {"contract", "contract", CELL_TEXT},
    {"partner", "partner", CELL_TEXT},
    {"plan", "plan", CELL_TEXT},
    {"state", "state", CELL_TEXT},
    {"starts", "starts", CELL_TEXT},
    {"ends", "ends", CELL_TEXT},
    {"price", "price", CELL_TEXT},
    {"delivered by", "delivered_by", CELL_TEXT},
    {"renews", "renews", CELL_TEXT},
    {"renewed by", "renewed_by", CELL_TEXT},
    {"upgrades", "upgrades", CELL_TEXT},
    {"upgraded by", "upgraded_by", CELL_TEXT},
    {"cancelled", "cancelled_at", CELL_TIME},
    {"because", "cancel_reason", CELL_TEXT},
    {NULL, NULL, CELL_TEXT},
};

static const struct column grant_columns[] = {
    {"POOL", "pool", CELL_TEXT},   {"LEFT", "remaining", CELL_LEFT}, {"GRANTED", "granted", CELL_NUMBER},
    {"USED", "used", CELL_NUMBER}, {"OVER", "overage", CELL_OVER},   {"EXPIRED", "expired", CELL_OVER},
    {"UNIT", "unit", CELL_TEXT},   {"STARTS", "starts", CELL_TIME},  {"EXPIRES", "expires", CELL_TIME},
    {NULL, NULL, CELL_TEXT},
};

static const struct column access_columns[] = {
    {"ACCESS", "benefit", CELL_TEXT},
    {"COVERAGE", "coverage", CELL_TEXT},
    {NULL, NULL, CELL_TEXT},
};

void contract_render(struct render *render, const json_t *result)
{
    const json_t *contract = render_member(result, "contract");
    const json_t *grants = render_member(contract, "grants"), *accesses = render_member(contract, "accesses");

    render_facts(render, contract_columns, contract);
    if (json_array_size(grants) > 0) {
        render_line(render, "%s", "");
        render_rows(render, grant_columns, grants);
    }
    if (json_array_size(accesses) > 0) {
        render_line(render, "%s", "");
        render_rows(render, access_columns, accesses);
    }
}

/* Adds an item to a list with commas; both are taken over. */
static char *item_add(char *list, char *item)
{
    char *longer = memory_format("%s%s%s", list, list[0] == '\0' ? "" : ", ", item);

    free(list);
    free(item);
    return longer;
}

char *contract_accesses_text(const json_t *accesses)
{
    char *list = memory_copy("");
    json_t *access;
    size_t i;

    json_array_foreach(accesses, i, access)
    {
        const char *coverage = render_string(access, "coverage", NULL);
        if (json_is_string(access))
            list = item_add(list, memory_copy(json_string_value(access)));
        else
            list = item_add(list, memory_format("%s%s%s%s", render_string(access, "benefit", "?"),
                                                coverage == NULL ? "" : " (", coverage == NULL ? "" : coverage,
                                                coverage == NULL ? "" : ")"));
    }
    return list;
}

char *contract_units_text(const json_t *pools, const char *member)
{
    char *list = memory_copy("");
    json_t *pool;
    size_t i;

    json_array_foreach(pools, i, pool)
    {
        json_int_t units = json_integer_value(render_member(pool, member));
        if (units != 0)
            list = item_add(
                list, memory_format("%" JSON_INTEGER_FORMAT " of %s", units, render_string(pool, "pool", "?")));
    }
    return list;
}
