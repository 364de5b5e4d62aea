/* Lines, tables by libsmartcols, and charts of block characters. What the server sent is made safe for a terminal.
 */
#include "config.h"

#include "client/memory.h"
#include "client/render.h"
#include "client/report_sketch.h"
#include "client/report_text.h"
#include "client/report_words.h"
#include "client/text.h"
#include <langinfo.h>
#include <libsmartcols.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define CUT_SHARE 0.14 /* of the width, for a column that may be cut */

struct text {
    const struct report_page *page;
    const json_t *summary;
    const char *time_zone; /* of the partner, on its own page */
    bool alone, ascii;
    struct report_zone zone;
    FILE *stream;
};

enum how {
    AS_TEXT,
    AS_WORD, /* one of the protocol's, without its underscores; may be cut */
    AS_CUT,  /* as short as it must be for the line to fit */
    AS_NUMBER,
    AS_DAY, /* "2 Jun 16", on which a term ends */
    AS_TIME,
    AS_GRANTED, /* with top-ups */
    AS_USED,    /* and what went beyond */
    AS_FORECAST,
    AS_STATUS,
    AS_CHANGE,
};

struct text_column {
    const char *header; /* NULL ends a list */
    const char *path;
    enum how how;
    bool together; /* only where the page is not of one partner */
};

static const struct text_column pool_columns[] = {
    {"PARTNER", "partner", AS_CUT, true},  {"POOL", "pool", AS_CUT, false},
    {"OF", "", AS_GRANTED, false},         {"USED", "", AS_USED, false},
    {"LEFT", "left", AS_NUMBER, false},    {"%", "percent", AS_NUMBER, false},
    {"30D", "last_30", AS_NUMBER, false},  {"RUNS OUT", "forecast", AS_FORECAST, false},
    {"EXPIRES", "expires", AS_DAY, false}, {"STATUS", "status", AS_STATUS, false},
    {NULL, NULL, AS_TEXT, false},
};

static const struct text_column refusal_columns[] = {
    {"WHEN", "at", AS_TIME, false},    {"PARTNER", "partner", AS_CUT, true}, {"BY", "by", AS_CUT, false},
    {"CLASS", "class", AS_CUT, false}, {"FOR", "title", AS_CUT, false},      {"WHY", "reason", AS_WORD, false},
    {NULL, NULL, AS_TEXT, false},
};

static const struct text_column override_columns[] = {
    {"WHEN", "at", AS_TIME, false},  {"PARTNER", "partner", AS_CUT, true}, {"INCIDENT", "incident", AS_TEXT, false},
    {"POOL", "pool", AS_CUT, false}, {"BY", "by", AS_CUT, false},          {"REASON", "note", AS_CUT, false},
    {NULL, NULL, AS_TEXT, false},
};

static const struct text_column escalation_columns[] = {
    {"ESCALATION", "escalation", AS_TEXT, false}, {"PARTNER", "partner", AS_CUT, true},
    {"INCIDENT", "incident", AS_TEXT, false},     {"LEVEL", "level", AS_NUMBER, false},
    {"STATE", "state", AS_TEXT, false},           {"HOURS", "age_hours", AS_NUMBER, false},
    {"REASON", "reason", AS_CUT, false},          {NULL, NULL, AS_TEXT, false},
};

static const struct text_column alert_columns[] = {
    {"PARTNER", "partner", AS_CUT, true},
    {"POOL", "pool", AS_CUT, false},
    {"NEW", "text", AS_CUT, false},
    {NULL, NULL, AS_TEXT, false},
};

static const struct text_column incident_columns[] = {
    {"INCIDENT", "incident", AS_TEXT, false},
    {"OPENED", "opened_at", AS_TIME, false},
    {"CLASS", "class", AS_TEXT, false},
    {"SEV", "severity", AS_TEXT, false},
    {"STATE", "state", AS_WORD, false},
    {"WHAT", "title", AS_CUT, false},
    {NULL, NULL, AS_TEXT, false},
};

static const struct text_column ledger_columns[] = {
    {"WHEN", "happened_at", AS_TIME, false},
    {"POOL", "pool", AS_CUT, false},
    {"KIND", "kind", AS_TEXT, false},
    {"CHANGE", "change", AS_CHANGE, false},
    {"LEFT", "left", AS_NUMBER, false},
    {"INCIDENT", "incident", AS_TEXT, false},
    {"BY", "by", AS_CUT, false},
    {NULL, NULL, AS_TEXT, false},
};

static const struct text_column breaching_columns[] = {
    {"INCIDENT", "incident", AS_TEXT, false},
    {"PARTNER", "partner", AS_CUT, true},
    {"TARGET", "clock", AS_TEXT, false},
    {"DUE", "due", AS_TIME, false},
    {NULL, NULL, AS_TEXT, false},
};

static const struct text_column ageing_columns[] = {
    {"AGE", "age", AS_TEXT, false},
    {"OPEN", "open", AS_NUMBER, false},
    {"ESCALATED", "escalated", AS_NUMBER, false},
    {NULL, NULL, AS_TEXT, false},
};

static const struct text_column difference_columns[] = {
    {"PARTNER", "partner", AS_CUT, false},      {"POOL", "pool", AS_CUT, false},
    {"CONTRACT", "contract", AS_TEXT, false},   {"LEFT", "left", AS_NUMBER, false},
    {"RECKONED", "reckoned", AS_NUMBER, false}, {NULL, NULL, AS_TEXT, false},
};

static const struct text_column *const list_columns[REPORT_LISTS] = {
    [REPORT_POOLS] = pool_columns,         [REPORT_REFUSALS] = refusal_columns,
    [REPORT_OVERRIDES] = override_columns, [REPORT_ESCALATIONS] = escalation_columns,
    [REPORT_ALERTS] = alert_columns,       [REPORT_INCIDENTS] = incident_columns,
    [REPORT_LEDGER] = ledger_columns,
};

bool report_text_ascii(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8 = locale != (locale_t)0 && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

    if (locale != (locale_t)0)
        freelocale(locale);
    return !utf8;
}

/* How many columns of a terminal text takes, and how many bytes of it fit into width columns. */
static size_t text_fit(const char *text, int width, int *taken)
{
    size_t at = 0;

    *taken = 0;
    while (text[at] != '\0') {
        unsigned point = 0, length = text_character(text + at, &point);
        int columns = length == 0 ? 1 : wcwidth((wchar_t)point);
        columns = columns < 0 ? 1 : columns;
        if (*taken + columns > width)
            break;
        *taken += columns;
        at += length == 0 ? 1 : length;
    }
    return at;
}

/* Writes a paragraph, broken between words, each line after so many blanks; made safe here. */
static void lines_write(struct text *text, unsigned indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void lines_write(struct text *text, unsigned indent, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *words = memory_format_list(format, list), *safe = text_safe(words, false), *at = safe;
    va_end(list);
    for (bool on = true; on;) {
        int taken;
        size_t fits = text_fit(at, REPORT_TEXT_WIDTH - (int)indent, &taken);
        on = at[fits] != '\0';
        size_t end = fits;
        while (on && end > 0 && at[end] != ' ')
            end--;
        if (end == 0)
            end = fits;
        fprintf(text->stream, "%*s%.*s\n", (int)indent, "", (int)end, at);
        at += end;
        at += strspn(at, " ");
        on = on && *at != '\0';
    }
    free(safe);
    free(words);
}

static void heading_write(struct text *text, const char *heading)
{
    fprintf(text->stream, "\n%s\n", heading);
    for (size_t i = 0; i < strlen(heading); i++)
        fputs(text->ascii ? "-" : "─", text->stream);
    fputc('\n', text->stream);
}

/* "2 Jun 16" of "2 Jun 2016", which it takes over. */
static char *day_short(char *day)
{
    size_t length = strlen(day);

    if (length > 6 && day[length - 5] == ' ')
        memmove(day + length - 4, day + length - 2, 3);
    return day;
}

/* A forecast in a narrow column. */
static char *forecast_short(const json_t *forecast)
{
    const char *status = render_string(forecast, "status", "none"),
               *day = render_string(forecast, "runs_out", NULL);

    if (strcmp(status, "ok") != 0)
        return memory_copy(strcmp(status, "not_enough_data") == 0 ? "?" : "");
    return day == NULL ? memory_copy("later") : day_short(report_day(day, false));
}

static const char *status_short(const char *status)
{
    static const char *const words[][2] = {
        {"nearly", "nearly"}, {"runs_out", "early"}, {"expires_soon", "expiring"}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], status) == 0)
            return words[i][1];
    return report_status(status);
}

/* What a cell shows, for free(). */
static char *cell_text(const struct text *text, const struct text_column *column, const json_t *row)
{
    const json_t *value = render_member(row, column->path);
    json_int_t overage = json_integer_value(render_member(row, "overage"));

    switch (column->how) {
    case AS_NUMBER:
        return json_is_number(value) ? report_number((json_int_t)json_number_value(value)) : memory_copy("");
    case AS_GRANTED:
        return report_number(json_integer_value(render_member(row, "granted")) +
                             json_integer_value(render_member(row, "topped_up")));
    case AS_USED:
        if (overage > 0)
            return memory_format("%" JSON_INTEGER_FORMAT "+%" JSON_INTEGER_FORMAT,
                                 json_integer_value(render_member(row, "used")), overage);
        return report_number(json_integer_value(render_member(row, "used")));
    case AS_CHANGE:
        return memory_format("%+" JSON_INTEGER_FORMAT, json_integer_value(value));
    case AS_DAY:
        return day_short(
            report_term_day(json_string_value(value), render_string(row, "time_zone", text->time_zone)));
    case AS_TIME:
        return report_time(json_string_value(value));
    case AS_FORECAST:
        return forecast_short(value);
    case AS_STATUS:
        return memory_copy(status_short(render_string(row, column->path, "")));
    case AS_WORD:
        return report_word(json_string_value(value));
    case AS_CUT:
    case AS_TEXT:
        break;
    }
    return render_cell(value, CELL_TEXT, false);
}

static bool how_is_number(enum how how)
{
    return how == AS_NUMBER || how == AS_GRANTED || how == AS_USED || how == AS_CHANGE;
}

static bool how_is_cut(enum how how)
{
    return how == AS_CUT || how == AS_WORD;
}

/* Prints a table without the blanks at the ends of its lines. */
static void table_print(struct libscols_table *table, FILE *stream)
{
    char *lines = NULL, *rest, *line;

    if (scols_print_table_to_string(table, &lines) != 0 || lines == NULL)
        return;
    rest = lines;
    while ((line = strsep(&rest, "\n")) != NULL && (line[0] != '\0' || rest != NULL)) {
        size_t length = strlen(line);
        while (length > 0 && line[length - 1] == ' ')
            length--;
        fprintf(stream, "%.*s\n", (int)length, line);
    }
    free(lines);
}

/* The table of some rows, no wider than the page. */
static void table_write(struct text *text, const struct text_column *columns, const json_t *rows)
{
    struct libscols_table *table = scols_new_table();
    json_t *row;
    size_t i;

    if (table == NULL)
        return;
    scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
    scols_table_set_termwidth(table, REPORT_TEXT_WIDTH);
    scols_table_enable_colors(table, 0);
    for (const struct text_column *column = columns; column->header != NULL; column++)
        if (!column->together || !text->alone)
            scols_table_new_column(table, column->header, how_is_cut(column->how) ? CUT_SHARE : 0,
                                   how_is_number(column->how) ? SCOLS_FL_RIGHT
                                   : how_is_cut(column->how)  ? SCOLS_FL_TRUNC
                                                              : 0);
    json_array_foreach(rows, i, row)
    {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        size_t at = 0;
        for (const struct text_column *column = columns; column->header != NULL; column++) {
            if (column->together && text->alone)
                continue;
            char *cell = cell_text(text, column, row), *safe = text_safe(cell, false);
            scols_line_set_data(line, at++, safe);
            free(safe);
            free(cell);
        }
    }
    table_print(table, text->stream);
    scols_unref_table(table);
}

static void list_write(struct text *text, enum report_list list, const char *heading, const char *none)
{
    const json_t *rows = report_model_rows(text->page, list);
    size_t shown = json_array_size(rows), seen = report_model_seen(text->page, list);

    if (shown == 0 && none == NULL)
        return;
    heading_write(text, heading);
    if (shown == 0)
        lines_write(text, 0, "%s", none);
    else
        table_write(text, list_columns[list], rows);
    if (seen > shown)
        lines_write(text, 0, "The %zu most pressing of %zu; --format csv has them all.", shown, seen);
    else if (report_model_is_cut(text->page, list))
        lines_write(text, 0, "The first %zu; there are more.", shown);
}

static void top_write(struct text *text)
{
    const char *program = render_string(text->summary, "program", "Partner Program");
    char *day = report_day(render_string(text->summary, "date", NULL), true);
    char *made = report_made(text->summary, &text->zone), *wrong = report_difference(text->summary);
    const char *code = render_string(text->summary, "partner.partner", "");

    if (wrong != NULL) {
        lines_write(text, 0, "%s", wrong);
        table_write(text, difference_columns, render_member(text->summary, "differences"));
        fputc('\n', text->stream);
    }
    if (text->alone)
        lines_write(text, 0, "%s (%s)", render_string(text->summary, "partner.name", code), code);
    lines_write(text, 0, "%s: entitlements at the end of %s", program, day);
    lines_write(text, 0, "%s", made);
    free(day);
    free(made);
    free(wrong);
}

static void attention_write(struct text *text)
{
    const json_t *rows = render_member(text->summary, "attention");
    json_int_t total = json_integer_value(render_member(text->summary, "attention_total"));
    char *headline = report_headline(text->summary);
    json_t *row;
    size_t i;

    heading_write(text, headline);
    free(headline);
    json_array_foreach(rows, i, row)
    {
        if (i == REPORT_ATTENTION_MAX)
            break;
        const char *reason = report_reason(render_string(row, "reason", ""));
        if (text->alone)
            lines_write(text, 2, "%s: %s", reason, render_string(row, "text", ""));
        else
            lines_write(text, 2, "%s, %s: %s", render_string(row, "name", render_string(row, "partner", "")),
                        reason, render_string(row, "text", ""));
    }
    if (total > (json_int_t)i)
        lines_write(text, 2, "and %" JSON_INTEGER_FORMAT " more", total - (json_int_t)i);
}

static void figures_write(struct text *text)
{
    static const char *const figures[][2] = {
        {"partners", "partners"},     {"left", "incidents left"},    {"used", "incidents used"},
        {"last_30", "used, 30 days"}, {"opened", "opened that day"}, {"open", "open"},
        {"refusals", "refused"},      {"overrides", "overridden"},   {"escalations", "escalated"},
    };
    const json_t *totals = render_member(text->summary, "totals"), *before = render_member(text->summary, "before");

    fputc('\n', text->stream);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        const json_t *value = render_member(totals, figures[i][0]);
        if (value == NULL || (text->alone && i == 0))
            continue;
        char *number = report_number(json_integer_value(value));
        char *change = report_change(totals, before, figures[i][0]);
        fprintf(text->stream, "%12s  %s%s%s%s\n", number, figures[i][1], change[0] == '\0' ? "" : " (", change,
                change[0] == '\0' ? "" : " since the day before)");
        free(number);
        free(change);
    }
}

static void courses_write(struct text *text)
{
    struct report_course course;
    json_t *curve;
    size_t i;

    json_array_foreach(report_model_rows(text->page, REPORT_CURVES), i, curve)
    {
        if (!report_course_read(&course, curve, render_string(text->summary, "date", "")))
            continue;
        char *words = report_plot_course_words(&course, curve, text->time_zone);
        lines_write(text, 0, "%s", "");
        lines_write(text, 0, "%s, %s", render_string(curve, "pool", ""), render_string(curve, "contract", ""));
        lines_write(text, 0, "%s", words);
        report_sketch_write(&course, text->ascii, text->stream);
        free(words);
    }
}

static void targets_write(struct text *text)
{
    const json_t *breaching = render_member(text->summary, "breaching");
    json_int_t total = json_integer_value(render_member(text->summary, "breaching_total"));
    char *response = report_attained(render_member(text->summary, "attainment.response"));
    char *resolution = report_attained(render_member(text->summary, "attainment.resolution"));

    heading_write(text, "Targets of the last 30 days");
    lines_write(text, 0, "Response met: %s. Resolution met: %s.", response, resolution);
    if (total > 0) {
        lines_write(text, 0, "Missed, or due within a day: %" JSON_INTEGER_FORMAT ".", total);
        table_write(text, breaching_columns, breaching);
    }
    heading_write(text, "Open incidents by age");
    table_write(text, ageing_columns, render_member(text->summary, "ageing"));
    free(response);
    free(resolution);
}

void report_text_write(const struct report_page *page, bool ascii, FILE *stream)
{
    const json_t *summary = report_model_summary(page);
    struct text text = {.page = page,
                        .summary = summary,
                        .alone = render_member(summary, "partner") != NULL,
                        .time_zone = render_string(summary, "partner.time_zone", NULL),
                        .ascii = ascii,
                        .stream = stream};

    report_zone_begin(&text.zone, render_string(summary, "time_zone", NULL));
    top_write(&text);
    attention_write(&text);
    figures_write(&text);
    courses_write(&text);
    list_write(&text, REPORT_ALERTS, "New alerts", NULL);
    list_write(&text, REPORT_POOLS, "Pools", "There is no pool.");
    list_write(&text, REPORT_REFUSALS, "Refused that day", "Nothing was refused.");
    list_write(&text, REPORT_OVERRIDES, "Overridden that day", "Nothing was overridden.");
    list_write(&text, REPORT_ESCALATIONS, "Escalations", "Nothing is escalated.");
    if (text.alone) {
        list_write(&text, REPORT_INCIDENTS, "Incidents of the last 30 days, and open ones", "There is none.");
        list_write(&text, REPORT_LEDGER, "Ledger", "There is no entry.");
    }
    targets_write(&text);
    report_zone_end(&text.zone);
}
