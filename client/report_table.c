/* A column says which member it shows and how; the same lists of columns serve all pages. */
#include "client/report_table.h"
#include "client/memory.h"
#include "client/render.h"
#include "client/report_markup.h"
#include "client/report_words.h"
#include <stdlib.h>
#include <string.h>

enum how {
    AS_TEXT,
    AS_CODE, /* never broken */
    AS_LONG, /* a text that may be as long as it likes */
    AS_WORD, /* one of the protocol's, without its underscores */
    AS_NUMBER,
    AS_DAY, /* on which a term ends */
    AS_TIME,
    AS_PARTNER, /* its name over its code; not on a partner's own page */
    AS_GRANTED, /* with top-ups */
    AS_USED,    /* and what went beyond */
    AS_LEFT,
    AS_PERCENT,
    AS_FORECAST,
    AS_STATUS,
    AS_POOL, /* over its contract */
    AS_CHANGE,
    AS_YES,
};

struct table_column {
    const char *header; /* NULL ends a list */
    const char *path;
    enum how how;
};

static const struct table_column pool_columns[] = {
    {"Partner", "", AS_PARTNER},
    {"Pool", "pool", AS_POOL},
    {"Granted", "", AS_GRANTED},
    {"Used", "", AS_USED},
    {"Left", "left", AS_LEFT},
    {"Used %", "percent", AS_PERCENT},
    {"30 days", "last_30", AS_NUMBER},
    {"Runs out", "forecast", AS_FORECAST},
    {"Expires", "expires", AS_DAY},
    {"Status", "status", AS_STATUS},
    {NULL, NULL, AS_TEXT},
};

static const struct table_column refusal_columns[] = {
    {"When", "at", AS_TIME},     {"Partner", "", AS_PARTNER}, {"Asked by", "by", AS_TEXT},
    {"Class", "class", AS_TEXT}, {"For", "title", AS_LONG},   {"Why", "reason", AS_WORD},
    {NULL, NULL, AS_TEXT},
};

static const struct table_column override_columns[] = {
    {"When", "at", AS_TIME},   {"Partner", "", AS_PARTNER},   {"Incident", "incident", AS_CODE},
    {"Pool", "pool", AS_POOL}, {"Allowed by", "by", AS_TEXT}, {"Reason", "note", AS_LONG},
    {NULL, NULL, AS_TEXT},
};

static const struct table_column escalation_columns[] = {
    {"Escalation", "escalation", AS_CODE}, {"Partner", "", AS_PARTNER},
    {"Incident", "incident", AS_CODE},     {"Level", "level", AS_NUMBER},
    {"State", "state", AS_WORD},           {"Raised", "raised_at", AS_TIME},
    {"Hours", "age_hours", AS_NUMBER},     {"Overdue", "overdue", AS_YES},
    {"Reason", "reason", AS_LONG},         {NULL, NULL, AS_TEXT},
};

static const struct table_column alert_columns[] = {
    {"Partner", "", AS_PARTNER},
    {"Pool", "pool", AS_POOL},
    {"New", "text", AS_LONG},
    {NULL, NULL, AS_TEXT},
};

static const struct table_column incident_columns[] = {
    {"Incident", "incident", AS_CODE}, {"Opened", "opened_at", AS_TIME},
    {"What", "title", AS_LONG},        {"Class", "class", AS_TEXT},
    {"Severity", "severity", AS_TEXT}, {"State", "state", AS_WORD},
    {"Pool", "pool", AS_POOL},         {NULL, NULL, AS_TEXT},
};

static const struct table_column ledger_columns[] = {
    {"When", "happened_at", AS_TIME},
    {"Pool", "pool", AS_POOL},
    {"Kind", "kind", AS_WORD},
    {"Change", "change", AS_CHANGE},
    {"Left", "left", AS_LEFT},
    {"Incident", "incident", AS_CODE},
    {"By", "by", AS_TEXT},
    {"Why", "why", AS_LONG},
    {NULL, NULL, AS_TEXT},
};

static const struct table_column ageing_columns[] = {
    {"Age", "age", AS_TEXT},
    {"Open", "open", AS_NUMBER},
    {"Escalated", "escalated", AS_NUMBER},
    {NULL, NULL, AS_TEXT},
};

static const struct table_column breaching_columns[] = {
    {"Incident", "incident", AS_CODE}, {"Partner", "", AS_PARTNER}, {"Target", "clock", AS_TEXT},
    {"Due", "due", AS_TIME},           {NULL, NULL, AS_TEXT},
};

static const struct table_column difference_columns[] = {
    {"Partner", "partner", AS_TEXT},     {"Pool", "pool", AS_POOL}, {"Left", "left", AS_NUMBER},
    {"Reckoned", "reckoned", AS_NUMBER}, {NULL, NULL, AS_TEXT},
};

static const struct {
    const char *name;
    const struct table_column *columns;
} tables[] = {
    {"pools", pool_columns},          {"refusals", refusal_columns},
    {"overrides", override_columns},  {"escalations", escalation_columns},
    {"alerts", alert_columns},        {"incidents", incident_columns},
    {"ledger", ledger_columns},       {"ageing", ageing_columns},
    {"breaching", breaching_columns}, {"differences", difference_columns},
};

static bool how_is_number(enum how how)
{
    return how == AS_NUMBER || how == AS_GRANTED || how == AS_USED || how == AS_LEFT || how == AS_PERCENT ||
           how == AS_CHANGE;
}

static json_int_t number_of(const json_t *row, const char *path)
{
    return json_integer_value(render_member(row, path));
}

static void number_write(json_int_t number, FILE *stream)
{
    char *text = report_number(number);

    fputs(text, stream);
    free(text);
}

/* Text for free(), escaped. */
static void text_write(char *text, FILE *stream)
{
    markup_text(text, stream);
    free(text);
}

static void partner_write(const json_t *row, bool link, FILE *stream)
{
    const char *code = render_string(row, "partner", ""), *name = render_string(row, "name", NULL);

    if (link && code[0] != '\0')
        markup(stream, "<a href=\"partners/%s.html\">%s</a>", code, name == NULL ? code : name);
    else
        markup_text(name == NULL ? code : name, stream);
    if (name != NULL)
        markup(stream, " <small>%s</small>", code);
}

static void pool_write(const json_t *row, FILE *stream)
{
    const char *contract = render_string(row, "contract", NULL), *plan = render_string(row, "plan", NULL);

    markup_text(render_string(row, "pool", ""), stream);
    if (contract != NULL)
        markup(stream, " <small>%s%s%s</small>", contract, plan == NULL ? "" : ", ", plan == NULL ? "" : plan);
}

static void percent_write(json_int_t percent, FILE *stream)
{
    json_int_t shown = percent < 0 ? 0 : percent > 100 ? 100 : percent;

    number_write(percent, stream);
    fprintf(stream, " <span class=\"bar\"><b style=\"width:%d%%\"></b></span>", (int)shown);
}

static void forecast_write(const json_t *forecast, FILE *stream)
{
    const char *early = render_string(forecast, "runs_out_early", NULL);
    const char *late = render_string(forecast, "runs_out_late", NULL);

    text_write(report_runs_out(forecast), stream);
    if (early == NULL || strcmp(render_string(forecast, "status", ""), "ok") != 0)
        return;
    char *from = report_day(early, false), *to = report_day(late, false);
    if (late == NULL)
        markup(stream, " <small>%s at the earliest</small>", from);
    else if (strcmp(early, late) != 0)
        markup(stream, " <small>%s to %s</small>", from, to);
    free(from);
    free(to);
}

static void used_write(const json_t *row, FILE *stream)
{
    json_int_t overage = number_of(row, "overage");

    number_write(number_of(row, "used"), stream);
    if (overage > 0) {
        fputs(" <small>and ", stream);
        number_write(overage, stream);
        fputs(" beyond</small>", stream);
    }
}

static void cell_write(const struct table_column *column, const json_t *row, const struct report_table_wish *wish,
                       FILE *stream)
{
    const json_t *value = render_member(row, column->path);

    switch (column->how) {
    case AS_NUMBER:
    case AS_LEFT:
        if (json_is_number(value))
            number_write((json_int_t)json_number_value(value), stream);
        break;
    case AS_CHANGE:
        fputs(json_integer_value(value) > 0 ? "+" : "", stream);
        number_write(json_integer_value(value), stream);
        break;
    case AS_GRANTED:
        number_write(number_of(row, "granted") + number_of(row, "topped_up"), stream);
        break;
    case AS_USED:
        used_write(row, stream);
        break;
    case AS_PERCENT:
        percent_write(json_integer_value(value), stream);
        break;
    case AS_DAY:
        text_write(report_term_day(json_string_value(value), render_string(row, "time_zone", wish->time_zone)),
                   stream);
        break;
    case AS_TIME:
        text_write(report_time(json_string_value(value)), stream);
        break;
    case AS_PARTNER:
        partner_write(row, wish->links, stream);
        break;
    case AS_POOL:
        pool_write(row, stream);
        break;
    case AS_FORECAST:
        forecast_write(value, stream);
        break;
    case AS_STATUS:
        markup(stream, "<span class=\"pill\">%s</span>", report_status(render_string(row, column->path, "")));
        break;
    case AS_YES:
        fputs(json_is_true(value) ? "yes" : "", stream);
        break;
    case AS_WORD:
        text_write(report_word(json_string_value(value)), stream);
        break;
    case AS_TEXT:
    case AS_CODE:
    case AS_LONG:
        text_write(render_cell(value, CELL_TEXT, false), stream);
        break;
    }
}

static void row_write(const struct table_column *columns, const json_t *row, const struct report_table_wish *wish,
                      FILE *stream)
{
    const char *status = render_string(row, "status", NULL);

    if (status != NULL)
        markup(stream, "<tr class=\"%s\">", status);
    else
        fputs("<tr>", stream);
    for (const struct table_column *column = columns; column->header != NULL; column++) {
        if (column->how == AS_PARTNER && wish->alone)
            continue;
        bool number = how_is_number(column->how);
        bool whole = column->how == AS_DAY || column->how == AS_TIME || column->how == AS_CODE;
        bool any = column->how == AS_LONG || column->how == AS_PARTNER;
        bool zero = column->how == AS_LEFT && number_of(row, column->path) <= 0;
        markup(stream, "<td data-l=\"%s\"", column->header);
        if (number || whole || any)
            fprintf(stream, " class=\"%s%s\"", number ? "n" : whole ? "d" : "w", zero ? " z" : "");
        if (wish->mail)
            fprintf(stream, " style=\"padding:4px 8px 4px 0;border-bottom:1px solid #e4e1d9;text-align:%s\"",
                    number ? "right" : "left");
        fputc('>', stream);
        cell_write(column, row, wish, stream);
        fputs("</td>", stream);
    }
    fputs("</tr>\n", stream);
}

void report_table_rows(const char *name, const json_t *rows, const struct report_table_wish *wish, FILE *stream)
{
    const struct table_column *columns = NULL;
    json_t *row;
    size_t i;

    for (i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (strcmp(tables[i].name, name) == 0)
            columns = tables[i].columns;
    if (columns == NULL)
        return;
    fprintf(stream, "<div class=\"wrap\"><table class=\"list\"%s>\n<thead><tr>",
            wish->mail ? " style=\"border-collapse:collapse;width:100%\"" : "");
    for (const struct table_column *column = columns; column->header != NULL; column++)
        if (column->how != AS_PARTNER || !wish->alone)
            markup(stream,
                   how_is_number(column->how) ? "<th scope=\"col\" class=\"n\">%s</th>"
                                              : "<th scope=\"col\">%s</th>",
                   column->header);
    fputs("</tr></thead>\n<tbody>\n", stream);
    json_array_foreach(rows, i, row) row_write(columns, row, wish, stream);
    fputs("</tbody></table></div>\n", stream);
}

void report_table_write(const struct report_page *page, enum report_list list, const struct report_table_wish *wish,
                        const char *heading, const char *none, FILE *stream)
{
    const json_t *rows = report_model_rows(page, list);
    size_t shown = json_array_size(rows), seen = report_model_seen(page, list);

    if (shown == 0 && none == NULL)
        return;
    markup(stream, "<section>\n<h2>%s</h2>\n", heading);
    if (shown == 0)
        markup(stream, "<p class=\"note\">%s</p>\n", none);
    else
        report_table_rows(report_list_name(list), rows, wish, stream);
    if (seen > shown) {
        char *number = report_number((json_int_t)shown), *all = report_number((json_int_t)seen);
        markup(stream, "<p class=\"note\">The %s most pressing of %s; %s.csv has them all.</p>\n", number, all,
               report_list_name(list));
        free(number);
        free(all);
    } else if (report_model_is_cut(page, list)) {
        char *number = report_number((json_int_t)shown);
        markup(stream, "<p class=\"note\">The first %s; there are more.</p>\n", number);
        free(number);
    }
    fputs("</section>\n", stream);
}
