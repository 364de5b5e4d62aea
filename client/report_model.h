/*
 * What a page of the report holds: the summary, and of each list as many rows as it was given room for. Of the
 * program's pools these are the most urgent; all of them are counted.
 */
#ifndef CLIENT_REPORT_MODEL_H
#define CLIENT_REPORT_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Pools by how much of them is used: 0-9 %, 10-19 % … 90-99 %, 100 %. */
#define REPORT_BANDS 11

/* The lists; their names are those of report.usage's sections. */
enum report_list {
    REPORT_POOLS,
    REPORT_CURVES,
    REPORT_REFUSALS,
    REPORT_OVERRIDES,
    REPORT_ESCALATIONS,
    REPORT_ALERTS,
    REPORT_INCIDENTS,
    REPORT_LEDGER,
    REPORT_LISTS,
};

struct report_page;

/* A page without anything; rows_max: of each list. */
struct report_page *report_model_new(size_t rows_max);

void report_model_free(struct report_page *page);

/* Gives it its summary (borrowed). */
void report_model_summarise(struct report_page *page, const json_t *summary);

/* Adds rows (borrowed) to a list; of pools the most urgent stay, of the others the first. */
void report_model_add(struct report_page *page, enum report_list list, const json_t *rows);

/* Sorts what has come; the page is whole. There are more rows of a list than came: more[list]. */
void report_model_close(struct report_page *page);

/* A list's name, and its number; REPORT_LISTS where there is none of the name. */
const char *report_list_name(enum report_list list);
enum report_list report_list_find(const char *name);

/* Borrowed. */
const json_t *report_model_summary(const struct report_page *page);
const json_t *report_model_rows(const struct report_page *page, enum report_list list);

/* How many rows of each list it keeps. */
size_t report_model_rows_max(const struct report_page *page);

/* Whether a list has room for more rows. */
bool report_model_room(const struct report_page *page, enum report_list list);

/* How many rows came; there may be more of them. */
size_t report_model_seen(const struct report_page *page, enum report_list list);

/* Says that a list has more rows than were asked for; and whether it has. */
void report_model_cut(struct report_page *page, enum report_list list);
bool report_model_is_cut(const struct report_page *page, enum report_list list);

/* Pools by how much is used (REPORT_BANDS numbers). */
const size_t *report_model_bands(const struct report_page *page);

#endif
