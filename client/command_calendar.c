/* The subcommands of calendars. */
#include "client/command_calendar.h"
#include "client/apply.h"
#include "client/calendar_file.h"
#include "client/memory.h"
#include <stdlib.h>
#include <string.h>

#define DAYS 7

static const struct column list_columns[] = {
    {"CALENDAR", "calendar", CELL_TEXT}, {"NAME", "name", CELL_TITLE}, {"TIME ZONE", "time_zone", CELL_TEXT},
    {"HOURS", "hours_text", CELL_TITLE}, {NULL, NULL, CELL_TEXT},
};

static const struct column fact_columns[] = {
    {"calendar", "calendar", CELL_TEXT}, {"name", "name", CELL_TEXT}, {"time zone", "time_zone", CELL_TEXT},
    {"hours", "hours_text", CELL_TEXT},  {NULL, NULL, CELL_TEXT},
};

static const struct column holiday_columns[] = {
    {"HOLIDAY", "day", CELL_TEXT},
    {"NAME", "name", CELL_TEXT},
    {NULL, NULL, CELL_TEXT},
};

/* "09:00-12:00 13:00-17:00" of one day, for free(); seconds of the server's times are left out. */
static char *day_text(const json_t *hours, json_int_t day)
{
    char *text = memory_copy("");
    json_t *span;
    size_t i;

    json_array_foreach(hours, i, span)
    {
        if (json_integer_value(render_member(span, "weekday")) != day)
            continue;
        char *longer = memory_format("%s %.5s-%.5s", text, render_string(span, "opens", "?"),
                                     render_string(span, "closes", "?"));
        free(text);
        text = longer;
    }
    return text;
}

/* "Mon-Fri 09:00-17:00, Sat 09:00-12:00", for free(): days in a row that are alike stand together. */
static char *hours_text(const json_t *hours)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    char *spans[DAYS], *text = memory_copy("");

    for (int day = 0; day < DAYS; day++)
        spans[day] = day_text(hours, day + 1);
    for (int day = 0, last; day < DAYS; day = last + 1) {
        for (last = day; last + 1 < DAYS && strcmp(spans[last + 1], spans[day]) == 0;)
            last++;
        if (spans[day][0] == '\0')
            continue;
        char *longer = memory_format("%s%s%s%s%s%s", text, text[0] == '\0' ? "" : ", ", days[day],
                                     last > day ? "-" : "", last > day ? days[last] : "", spans[day]);
        free(text);
        text = longer;
    }
    for (int day = 0; day < DAYS; day++)
        free(spans[day]);
    return text;
}

static void show_render(struct render *render, const json_t *result)
{
    json_t *calendars = json_deep_copy(render_member(result, "calendars")), *calendar;
    size_t i;

    json_array_foreach(calendars, i, calendar)
    {
        char *text = hours_text(render_member(calendar, "hours"));
        json_object_set_new(calendar, "hours_text", json_string(text));
        free(text);
    }
    if (json_array_size(calendars) == 1 && render->format == RENDER_TABLE) {
        render_facts(render, fact_columns, json_array_get(calendars, 0));
        render_line(render, "%s", "");
        render_rows(render, holiday_columns, render_member(json_array_get(calendars, 0), "holidays"));
    } else {
        render_rows(render, list_columns, calendars);
    }
    json_decref(calendars);
}

static enum status calendar_apply(struct session *session, const struct command *command)
{
    return apply_run(session, command, calendar_file_read);
}

const struct command command_calendar_show = {
    .name = "calendar show",
    .method = METHOD_CALENDAR_SHOW,
    .words = "calendar?",
    .example = "entitle calendar show us",
    .render = show_render,
};

const struct command command_calendar_apply = {
    .name = "calendar apply",
    .method = METHOD_CALENDAR_APPLY,
    .words = "file",
    .letters = "n=dry_run",
    .example = "entitle calendar apply /etc/entitled/calendars.conf --dry-run",
    .details =
        "FILE is as entitled's calendars.conf, which may name iCalendar files of holidays (holidays_from), or\n"
        "JSON as `calendar show --json` gives it.",
    .render = apply_render,
    .run = calendar_apply,
};
