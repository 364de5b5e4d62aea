/* Keeps what a page shows, and no more: the program has more pools than a page or this machine's memory may hold.
 */
#include "client/report_model.h"
#include "client/memory.h"
#include "client/render.h"
#include "client/report_words.h"
#include <stdlib.h>
#include <string.h>

struct report_page {
    json_t *summary;
    json_t *rows[REPORT_LISTS];
    size_t seen[REPORT_LISTS];
    bool cut[REPORT_LISTS];
    size_t bands[REPORT_BANDS];
    size_t rows_max;
};

static const char *const names[REPORT_LISTS] = {"pools",       "curves", "refusals",  "overrides",
                                                "escalations", "alerts", "incidents", "ledger"};

const char *report_list_name(enum report_list list)
{
    return names[list];
}

enum report_list report_list_find(const char *name)
{
    size_t list = 0;

    while (list < REPORT_LISTS && (name == NULL || strcmp(names[list], name) != 0))
        list++;
    return (enum report_list)list;
}

struct report_page *report_model_new(size_t rows_max)
{
    struct report_page *page = memory_new(1, sizeof *page);

    page->rows_max = rows_max;
    page->summary = json_object();
    for (size_t i = 0; i < REPORT_LISTS; i++)
        page->rows[i] = json_array();
    return page;
}

void report_model_free(struct report_page *page)
{
    if (page == NULL)
        return;
    json_decref(page->summary);
    for (size_t i = 0; i < REPORT_LISTS; i++)
        json_decref(page->rows[i]);
    free(page);
}

void report_model_summarise(struct report_page *page, const json_t *summary)
{
    json_decref(page->summary);
    page->summary = json_incref((json_t *)summary);
}

/* The more pressing pool first; those that are alike by partner, contract and pool. */
static int pools_compare(const void *one, const void *other)
{
    static const char *const members[] = {"partner", "contract", "pool"};
    const json_t *a = *(json_t *const *)one, *b = *(json_t *const *)other;
    unsigned ranks[] = {report_rank(render_string(a, "status", "")), report_rank(render_string(b, "status", ""))};

    if (ranks[0] != ranks[1])
        return ranks[0] < ranks[1] ? -1 : 1;
    const char *days[] = {render_string(a, "forecast.runs_out", "~"), render_string(b, "forecast.runs_out", "~")};
    int order = strcmp(days[0], days[1]);
    for (size_t i = 0; order == 0 && i < sizeof members / sizeof members[0]; i++)
        order = strcmp(render_string(a, members[i], ""), render_string(b, members[i], ""));
    return order;
}

/* Sorts the pools and lets go of those that there is no room for. */
static void pools_trim(struct report_page *page)
{
    json_t *rows = page->rows[REPORT_POOLS], *row;
    size_t count = json_array_size(rows), i;
    json_t **sorted = memory_new(count + 1, sizeof *sorted);

    json_array_foreach(rows, i, row) sorted[i] = json_incref(row);
    qsort(sorted, count, sizeof *sorted, pools_compare);
    json_array_clear(rows);
    for (i = 0; i < count; i++) {
        if (i < page->rows_max)
            json_array_append(rows, sorted[i]);
        json_decref(sorted[i]);
    }
    free(sorted);
}

static void pool_count(struct report_page *page, const json_t *row)
{
    json_int_t percent = json_integer_value(render_member(row, "percent"));
    size_t band = percent < 0 ? 0 : percent > 100 ? REPORT_BANDS - 1 : (size_t)percent / 10;

    page->bands[band]++;
}

void report_model_add(struct report_page *page, enum report_list list, const json_t *rows)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        page->seen[list]++;
        if (list == REPORT_POOLS)
            pool_count(page, row);
        if (list == REPORT_POOLS || report_model_room(page, list))
            json_array_append(page->rows[list], row);
    }
    if (list == REPORT_POOLS && json_array_size(page->rows[list]) > page->rows_max)
        pools_trim(page);
}

static bool curve_is_of(const json_t *curve, const json_t *pool)
{
    return strcmp(render_string(curve, "pool", ""), render_string(pool, "pool", "")) == 0 &&
           strcmp(render_string(curve, "contract", ""), render_string(pool, "contract", "")) == 0;
}

/* Puts the curves into the order of the pools, so that what presses is looked at first; those of no pool stay
 * behind. */
static void curves_sort(struct report_page *page)
{
    json_t *curves = page->rows[REPORT_CURVES], *sorted = json_array(), *pool, *curve;
    size_t i, k;

    json_array_foreach(page->rows[REPORT_POOLS], i, pool)
    {
        json_array_foreach(curves, k, curve)
        {
            if (!curve_is_of(curve, pool))
                continue;
            json_array_append(sorted, curve);
            json_array_remove(curves, k);
            break;
        }
    }
    json_array_extend(sorted, curves);
    json_decref(curves);
    page->rows[REPORT_CURVES] = sorted;
}

void report_model_close(struct report_page *page)
{
    pools_trim(page);
    curves_sort(page);
}

const json_t *report_model_summary(const struct report_page *page)
{
    return page->summary;
}

const json_t *report_model_rows(const struct report_page *page, enum report_list list)
{
    return page->rows[list];
}

size_t report_model_rows_max(const struct report_page *page)
{
    return page->rows_max;
}

bool report_model_room(const struct report_page *page, enum report_list list)
{
    return json_array_size(page->rows[list]) < page->rows_max;
}

size_t report_model_seen(const struct report_page *page, enum report_list list)
{
    return page->seen[list];
}

void report_model_cut(struct report_page *page, enum report_list list)
{
    page->cut[list] = true;
}

bool report_model_is_cut(const struct report_page *page, enum report_list list)
{
    return page->cut[list] || page->seen[list] > json_array_size(page->rows[list]);
}

const size_t *report_model_bands(const struct report_page *page)
{
    return page->bands;
}
