/* Top to bottom: what is wrong, who needs action, the figures, the pictures, and behind them the tables. */
#include "client/report_html.h"
#include "client/memory.h"
#include "client/render.h"
#include "client/report_markup.h"
#include "client/report_plot.h"
#include "client/report_style.h"
#include "client/report_svg.h"
#include "client/report_table.h"
#include "client/report_words.h"
#include <stdlib.h>
#include <string.h>

struct html {
    const struct report_page *page;
    const struct report_html_wish *wish;
    const json_t *summary;
    bool alone; /* one partner's page */
    struct report_table_wish table;
    struct report_zone zone;
    size_t pictures; /* written so far */
    FILE *stream;
};

/* True if a curve can be drawn; reads it. */
static bool course_of(const struct report_page *page, const json_t *curve, struct report_course *course)
{
    return report_course_read(course, curve, render_string(report_model_summary(page), "date", ""));
}

void report_html_charts(const struct report_page *page, struct report_sheet *sheet)
{
    const json_t *summary = report_model_summary(page);
    struct report_course course;
    struct report_zone zone;
    json_t *curve;
    size_t i;

    if (render_member(summary, "partner") == NULL) {
        report_plot_bands(sheet, report_model_bands(page));
        report_plot_ageing(sheet, render_member(summary, "ageing"));
        return;
    }
    report_zone_begin(&zone, render_string(summary, "time_zone", NULL));
    json_array_foreach(report_model_rows(page, REPORT_CURVES), i, curve) if (course_of(page, curve, &course))
        report_plot_course(sheet, &course);
    report_zone_end(&zone);
}

/* Writes the page's next picture with its words. */
static void picture_write(struct html *html, const char *title, const char *words)
{
    size_t length = 0, number = html->pictures++;
    const struct report_html_wish *wish = html->wish;
    const char *picture =
        wish->sheet == NULL ? NULL : report_sheet_picture(wish->sheet, wish->first + number, &length);

    if (picture == NULL)
        return;
    if (wish->cid != NULL)
        markup(html->stream, "<img src=\"cid:%s%zu\" width=\"400\" alt=\"%s: %s\">\n", wish->cid, number, title,
               words);
    else
        report_svg_write(picture, length, number, title, words, html->stream);
}

static void head_write(struct html *html, const char *title)
{
    markup(html->stream,
           "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n<style>\n",
           title);
    fputs(report_style, html->stream);
    fputs("</style>\n</head>\n<body style=\"font-family:Helvetica,Arial,sans-serif\">\n<main>\n", html->stream);
}

/* The line about figures that do not add up, before all else. */
static void differences_write(struct html *html)
{
    char *line = report_difference(html->summary);

    if (line != NULL) {
        markup(html->stream, "<p class=\"wrong\">%s</p>\n", line);
        report_table_rows("differences", render_member(html->summary, "differences"), &html->table, html->stream);
    }
    free(line);
}

static void top_write(struct html *html)
{
    const char *program = render_string(html->summary, "program", "Partner Program");
    char *day = report_day(render_string(html->summary, "date", NULL), true);
    char *made = report_made(html->summary, &html->zone);
    const char *code = render_string(html->summary, "partner.partner", "");
    const char *name = render_string(html->summary, "partner.name", code);
    char *title = html->alone ? memory_format("%s, %s", name, day) : memory_format("%s, %s", program, day);

    head_write(html, title);
    differences_write(html);
    fputs("<header>\n", html->stream);
    if (html->alone)
        markup(html->stream,
               "<p class=\"kicker\">%s</p>\n<h1>%s</h1>\n<p>Entitlements of %s at the end of %s</p>\n", program,
               name, code, day);
    else
        markup(html->stream, "<p class=\"kicker\">%s</p>\n<h1>Entitlements at the end of %s</h1>\n", program, day);
    markup(html->stream, "<p class=\"made\">%s</p>\n</header>\n", made);
    free(title);
    free(day);
    free(made);
}

/* Who needs action, and why. */
static void attention_write(struct html *html)
{
    const json_t *rows = render_member(html->summary, "attention");
    json_int_t total = json_integer_value(render_member(html->summary, "attention_total"));
    char *headline = report_headline(html->summary);
    json_t *row;
    size_t i;

    markup(html->stream, total == 0 ? "<section>\n<h2 class=\"calm\">%s</h2>\n" : "<section>\n<h2>%s</h2>\n",
           headline);
    free(headline);
    if (json_array_size(rows) > 0)
        fputs("<ul class=\"acts\">\n", html->stream);
    json_array_foreach(rows, i, row)
    {
        if (i == REPORT_ATTENTION_MAX)
            break;
        const char *code = render_string(row, "partner", ""), *reason = render_string(row, "reason", "");
        markup(html->stream, "<li class=\"%s\">", reason);
        if (!html->alone && html->wish->links)
            markup(html->stream, "<a href=\"partners/%s.html\">%s</a> ", code, render_string(row, "name", code));
        else if (!html->alone)
            markup(html->stream, "<b>%s</b> ", render_string(row, "name", code));
        markup(html->stream, "<span class=\"pill\">%s:</span> %s</li>\n", report_reason(reason),
               render_string(row, "text", ""));
    }
    if (json_array_size(rows) > 0)
        fputs("</ul>\n", html->stream);
    if (total > (json_int_t)i && i > 0) {
        char *number = report_number(total - (json_int_t)i);
        markup(html->stream, "<p class=\"note\">And %s more, less urgent: the tables below have them first.</p>\n",
               number);
        free(number);
    }
    fputs("</section>\n", html->stream);
}

static void tile_write(struct html *html, const char *name, const char *label)
{
    const json_t *totals = render_member(html->summary, "totals"), *before = render_member(html->summary, "before");
    const json_t *value = render_member(totals, name);

    if (value == NULL)
        return;
    char *number = report_number(json_integer_value(value)), *change = report_change(totals, before, name);
    markup(html->stream, "<div class=\"tile\"><b>%s</b> <span>%s</span>", number, label);
    if (change[0] != '\0')
        markup(html->stream, " <span>(%s since the day before)</span>", change);
    fputs("</div>\n", html->stream);
    free(number);
    free(change);
}

static void figures_write(struct html *html)
{
    static const char *const tiles[][2] = {
        {"partners", "partners"},         {"left", "incidents left"},           {"used", "incidents used"},
        {"last_30", "used in 30 days"},   {"opened", "opened that day"},        {"open", "open"},
        {"refusals", "refused that day"}, {"overrides", "overridden that day"}, {"escalations", "escalated"},
    };

    fputs("<section class=\"tiles\">\n", html->stream);
    for (size_t i = html->alone ? 1 : 0; i < sizeof tiles / sizeof tiles[0]; i++)
        tile_write(html, tiles[i][0], tiles[i][1]);
    fputs("</section>\n", html->stream);
}

static void key_write(struct html *html)
{
    if (html->alone)
        fputs("<p class=\"key\"><span><i></i>solid: left</span> <span><i class=\"e\"></i>dashed: even use to the "
              "end of the "
              "term</span> <span><i class=\"f\"></i>shaded: forecast, 8 times of 10</span></p>\n",
              html->stream);
    else
        fputs("<p class=\"key\"><span><i class=\"b\"></i>blue: pools; open incidents</span> <span><i "
              "class=\"a\"></i>red: used up; escalated</span></p>\n",
              html->stream);
}

static void figure_write(struct html *html, const char *title, const char *under, const char *words)
{
    markup(html->stream, "<figure>\n<figcaption><b>%s</b>", title);
    if (under != NULL)
        markup(html->stream, " <span>%s</span>", under);
    fputs("</figcaption>\n", html->stream);
    picture_write(html, title, words);
    markup(html->stream, "<p>%s</p>\n</figure>\n", words);
}

/* The burn-down of each pool. */
static void courses_write(struct html *html)
{
    struct report_course course;
    json_t *curve;
    size_t i;

    json_array_foreach(report_model_rows(html->page, REPORT_CURVES), i, curve)
    {
        if (!course_of(html->page, curve, &course))
            continue;
        char *words = report_plot_course_words(&course, curve, html->table.time_zone);
        figure_write(html, render_string(curve, "pool", ""), render_string(curve, "contract", ""), words);
        free(words);
    }
}

static void charts_write(struct html *html)
{
    const struct report_html_wish *wish = html->wish;
    size_t length;

    if (html->alone && json_array_size(report_model_rows(html->page, REPORT_CURVES)) == 0)
        return;
    fputs("<section>\n", html->stream);
    markup(html->stream, "<h2>%s</h2>\n", html->alone ? "Pools" : "Pools and incidents");
    if (wish->sheet == NULL || report_sheet_picture(wish->sheet, wish->first, &length) == NULL)
        markup(html->stream,
               "<p class=\"note\">There are no charts here: %s. The words and tables say the same.</p>\n",
               wish->charts_why == NULL ? "they could not be drawn" : wish->charts_why);
    else
        key_write(html);
    fputs("<div class=\"charts\">\n", html->stream);
    if (html->alone) {
        courses_write(html);
    } else {
        char *bands = report_plot_bands_words(report_model_bands(html->page));
        char *ageing = report_plot_ageing_words(render_member(html->summary, "ageing"));
        figure_write(html, "Pools by per cent used", NULL, bands);
        figure_write(html, "Open incidents by age", NULL, ageing);
        free(bands);
        free(ageing);
    }
    fputs("</div>\n</section>\n", html->stream);
}

static void target_write(struct html *html, const char *name, const char *path)
{
    const json_t *target = render_member(html->summary, path);
    char *percent = report_attained(target);
    char *met = report_number(json_integer_value(render_member(target, "met")));
    char *missed = report_number(json_integer_value(render_member(target, "missed")));

    markup(
        html->stream,
        "<tr><th scope=\"row\">%s</th><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
        name, met, missed, percent);
    free(percent);
    free(met);
    free(missed);
}

/* How response and resolution did, what is about to be missed, and how old what is open is. */
static void targets_write(struct html *html)
{
    const json_t *breaching = render_member(html->summary, "breaching");
    json_int_t total = json_integer_value(render_member(html->summary, "breaching_total"));

    fputs("<section>\n<h2>Response and resolution, last 30 days</h2>\n<div class=\"wrap\"><table>\n<thead><tr><th "
          "scope=\"col\">Target</th><th scope=\"col\" class=\"n\">Met</th><th scope=\"col\" "
          "class=\"n\">Missed</th><th "
          "scope=\"col\" class=\"n\">Met %</th></tr></thead>\n<tbody>\n",
          html->stream);
    target_write(html, "Response", "attainment.response");
    target_write(html, "Resolution", "attainment.resolution");
    fputs("</tbody></table></div>\n", html->stream);
    if (total > 0) {
        char *number = report_number(total);
        markup(html->stream, "<h2>%s %s missed, or due within a day</h2>\n", number,
               total == 1 ? "target is" : "targets are");
        free(number);
        report_table_rows("breaching", breaching, &html->table, html->stream);
    }
    fputs("</section>\n", html->stream);
}

static void ageing_write(struct html *html)
{
    fputs("<section>\n<h2>Open incidents by age</h2>\n", html->stream);
    report_table_rows("ageing", render_member(html->summary, "ageing"), &html->table, html->stream);
    fputs("</section>\n", html->stream);
}

static void tables_write(struct html *html)
{
    static const struct {
        enum report_list list;
        bool alone; /* only on a partner's page */
        const char *heading, *none;
    } tables[] = {
        {REPORT_ALERTS, false, "New alerts", NULL},
        {REPORT_POOLS, false, "Pools in figures", "There is no pool."},
        {REPORT_REFUSALS, false, "Refused that day", "Nothing was refused."},
        {REPORT_OVERRIDES, false, "Overridden that day", "Nothing was overridden."},
        {REPORT_ESCALATIONS, false, "Escalations", "Nothing is escalated."},
        {REPORT_INCIDENTS, true, "Incidents of the last 30 days, and open ones", "There is none."},
        {REPORT_LEDGER, true, "Ledger", "There is no entry."},
    };

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (html->alone || !tables[i].alone)
            report_table_write(html->page, tables[i].list, &html->table, tables[i].heading, tables[i].none,
                               html->stream);
}

void report_html_write(const struct report_page *page, const struct report_html_wish *wish, FILE *stream)
{
    const json_t *summary = report_model_summary(page);
    bool alone = render_member(summary, "partner") != NULL;
    struct html html = {
        .page = page,
        .wish = wish,
        .summary = summary,
        .alone = alone,
        .table = {.alone = alone,
                  .links = wish->links && !alone,
                  .mail = wish->cid != NULL,
                  .time_zone = render_string(summary, "partner.time_zone", NULL)},
        .stream = stream,
    };

    report_zone_begin(&html.zone, render_string(summary, "time_zone", NULL));
    top_write(&html);
    attention_write(&html);
    figures_write(&html);
    charts_write(&html);
    tables_write(&html);
    targets_write(&html);
    ageing_write(&html);
    char *made = report_made(summary, &html.zone);
    markup(stream, "<footer>\n<p class=\"made\">%s</p>\n</footer>\n</main>\n</body>\n</html>\n", made);
    free(made);
    report_zone_end(&html.zone);
}
