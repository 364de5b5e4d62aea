/* One list of columns a list; libcsv quotes. */
#include "client/report_csv.h"
#include "client/memory.h"
#include "client/render.h"
#include "client/text.h"
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 25

static const char *const columns[REPORT_LISTS][COLUMNS_MAX] = {
    [REPORT_POOLS] = {"partner", "name",    "pool",    "unit",      "contract",      "plan",        "coverage",
                      "starts",  "expires", "granted", "topped_up", "used",          "credited",    "expired",
                      "overage", "left",    "percent", "last_30",   "used_that_day", "active_days", "status"},
    [REPORT_CURVES] = {"pool", "contract", "unit", "granted", "starts", "expires", "left"},
    [REPORT_REFUSALS] = {"at", "partner", "name", "by", "reason", "class", "title", "method"},
    [REPORT_OVERRIDES] = {"at", "partner", "name", "incident", "pool", "contract", "by", "note"},
    [REPORT_ESCALATIONS] = {"escalation", "incident", "partner", "level", "state", "raised_at", "age_hours",
                            "overdue", "reason"},
    [REPORT_ALERTS] = {"partner", "name", "pool", "contract", "kind", "text"},
    [REPORT_INCIDENTS] = {"incident", "title", "class", "severity", "state", "opened_at", "pool", "contract"},
    [REPORT_LEDGER] = {"happened_at", "at", "kind", "change", "left", "pool", "contract", "incident", "by", "why"},
};

/* Of a pool's forecast. */
static const char *const forecast_columns[] = {"status",        "per_day",        "runs_out", "runs_out_early",
                                               "runs_out_late", "left_at_expiry", "left_low", "left_high"};

#define FORECAST_COLUMNS (sizeof forecast_columns / sizeof forecast_columns[0])

/* True for a text that a spreadsheet takes for a formula. */
static bool text_is_formula(const char *text)
{
    return text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL;
}

/* Writes a value; texts are never taken for formulas, numbers may begin with a minus. */
static void cell_write(const json_t *value, bool first, FILE *stream)
{
    /* A real by jansson, whose decimal point does not depend on the locale. */
    char *raw = json_is_real(value) ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6))
                                    : render_cell(value, CELL_TEXT, true);
    char *text = text_safe(raw, true);
    bool formula = json_is_string(value) && text_is_formula(text);

    if (!first)
        fputc(',', stream);
    if (!formula && text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, stream);
    } else {
        char *defused = memory_format("%s%s", formula ? "'" : "", text);
        csv_fwrite(stream, defused, strlen(defused));
        free(defused);
    }
    free(text);
    free(raw);
}

void report_csv_header(enum report_list list, FILE *stream)
{
    for (size_t i = 0; columns[list][i] != NULL; i++)
        fprintf(stream, "%s%s", i == 0 ? "" : ",", columns[list][i]);
    for (size_t i = 0; list == REPORT_POOLS && i < FORECAST_COLUMNS; i++)
        fprintf(stream, ",forecast_%s", forecast_columns[i]);
    fputs("\r\n", stream);
}

void report_csv_rows(enum report_list list, const json_t *rows, FILE *stream)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        for (size_t at = 0; columns[list][at] != NULL; at++)
            cell_write(render_member(row, columns[list][at]), at == 0, stream);
        const json_t *forecast = render_member(row, "forecast");
        for (size_t at = 0; list == REPORT_POOLS && at < FORECAST_COLUMNS; at++)
            cell_write(render_member(forecast, forecast_columns[at]), false, stream);
        fputs("\r\n", stream);
    }
}
