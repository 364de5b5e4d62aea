/* One incident as a person reads it: shown by `show`, and by `take` what was taken. */
#include "client/incident_view.h"
#include "client/charge.h"
#include "client/memory.h"
#include <stdlib.h>
#include <string.h>

static const struct column fact_columns[] = {
    {"incident", "incident", CELL_TEXT},
    {"partner", "partner", CELL_TEXT},
    {"title", "title", CELL_TEXT},
    {"state", "state", CELL_TEXT},
    {"escalated", "escalated", CELL_YES},
    {"moves", "moves", CELL_LIST},
    {"class", "class", CELL_TEXT},
    {"severity", "severity", CELL_TEXT},
    {"contact", "contact", CELL_TEXT},
    {"product", "product", CELL_TEXT},
    {"channel", "channel", CELL_TEXT},
    {"outage", "outage", CELL_TEXT},
    {"opened", "opened_at", CELL_TIME},
    {"logged", "logged_at", CELL_TIME},
    {"logged by", "logged_by", CELL_TEXT},
    {"owner", "owner", CELL_TEXT},
    {"delivered by", "delivered_by", CELL_TEXT},
    {"resolution", "resolution", CELL_TEXT},
    {"resolved", "resolved_at", CELL_TIME},
    {"closed", "closed_at", CELL_TIME},
    {"reopened", "reopened", CELL_OVER},
    {"duplicate of", "duplicate_of", CELL_TEXT},
    {"credited", "credit.reason", CELL_TEXT},
    {"due", "due_at", CELL_DUE},
    {"coverage", "clocks.coverage", CELL_TEXT},
    {"respond by", "clocks.respond_by", CELL_TIME},
    {"responded", "clocks.responded_at", CELL_TIME},
    {"update by", "clocks.update_by", CELL_TIME},
    {"resolve by", "clocks.resolve_by", CELL_TIME},
    {NULL, NULL, CELL_TEXT},
};

static const struct column escalation_columns[] = {
    {"ESCALATION", "escalation", CELL_TEXT}, {"LEVEL", "level", CELL_NUMBER},
    {"STATE", "state", CELL_STATE},          {"TO", "to", CELL_TEXT},
    {"BY", "acknowledge_by", CELL_TIME},     {"OVERDUE", "overdue", CELL_YES},
    {"REASON", "reason", CELL_TITLE},        {NULL, NULL, CELL_TEXT},
};

static const struct column stretch_columns[] = {
    {"CLOCK", "clock", CELL_TEXT},    {"FROM", "from", CELL_TIME},
    {"TO", "to", CELL_TIME},          {"MINUTES", "minutes", CELL_NUMBER},
    {"COUNTED", "counted", CELL_YES}, {"WHY", "why", CELL_TITLE},
    {NULL, NULL, CELL_TEXT},
};

static void timeline_render(struct render *render, const json_t *timeline)
{
    json_t *entry;
    size_t i;

    json_array_foreach(timeline, i, entry)
    {
        char *at = render_cell(render_member(entry, "at"), CELL_TIME, false);
        bool internal = strcmp(render_string(entry, "visibility", "public"), "internal") == 0;
        const char *actor = render_string(entry, "actor", NULL); /* none: time did it */
        const json_t *entered_at = render_member(entry, "entered_at");
        char *entered = entered_at == NULL ? NULL : render_cell(entered_at, CELL_TIME, false);
        render_line(render, "%s  %s%s%s%s%s%s%s", at, render_string(entry, "event", "entry"),
                    actor == NULL ? "" : " by ", actor == NULL ? "" : actor, internal ? " (internal)" : "",
                    entered == NULL ? "" : " (entered ", entered == NULL ? "" : entered,
                    entered == NULL ? "" : ")");
        free(entered);
        const char *text = render_string(entry, "text", NULL);
        if (text != NULL && text[0] != '\0')
            render_block(render, text);
        free(at);
    }
}

/* What of the resolution clock has run. */
static void clocks_render(struct render *render, const json_t *clocks)
{
    const json_t *used = render_member(clocks, "resolution_used");
    const json_t *target = render_member(clocks, "resolution_target");
    bool paused = json_is_true(render_member(clocks, "paused"));

    if (target == NULL)
        return;
    char *minutes = render_cell(used, CELL_NUMBER, false), *whole = render_cell(target, CELL_NUMBER, false);
    render_line(render, "resolution    %s of %s minutes have run%s", minutes, whole,
                paused ? "; it stands while the partner is awaited" : "");
    free(whole);
    free(minutes);
}

/* The sentence over the stretches of a clock. */
static void clock_heading(struct render *render, const json_t *clock)
{
    char *minutes = render_cell(render_member(clock, "target_minutes"), CELL_NUMBER, false);
    char *started = render_cell(render_member(clock, "started"), CELL_TIME, false);
    char *due = render_cell(render_member(clock, "due"), CELL_TIME, false);
    char *text = memory_format("Why %s: %s minutes (%s) from %s%s%s", render_string(clock, "clock", "?"), minutes,
                               render_string(clock, "coverage", "?"), started,
                               due[0] == '\0' ? ", and it stands" : " end ", due);

    render_line(render, "%s", "");
    render_heading(render, text);
    free(text);
    free(due);
    free(started);
    free(minutes);
}

/* Each clock's stretches as a table of its own; CSV: of all in one. */
static void explain_render(struct render *render, const json_t *clocks)
{
    json_t *all = json_array(), *clock, *stretch;
    size_t i, k;

    json_array_foreach(clocks, i, clock)
    {
        json_t *name = json_object_get(clock, "clock");
        json_array_foreach(json_object_get(clock, "stretches"), k, stretch)
        {
            json_t *row = json_copy(stretch);
            json_object_set(row, "clock", name);
            json_array_append_new(all, row);
        }
        if (render->format == RENDER_CSV)
            continue;
        clock_heading(render, clock);
        render_rows(render, stretch_columns + 1, json_object_get(clock, "stretches"));
    }
    if (render->format == RENDER_CSV)
        render_rows(render, stretch_columns, all);
    json_decref(all);
}

static void table_under(struct render *render, const char *heading, const struct column *columns,
                        const json_t *rows)
{
    if (json_array_size(rows) == 0)
        return;
    render_line(render, "%s", "");
    render_heading(render, heading);
    render_rows(render, columns, rows);
}

void incident_view_render(struct render *render, const json_t *incident)
{
    const json_t *explain = render_member(incident, "explain");
    const char *description = render_string(incident, "description", NULL);

    if (render->format == RENDER_CSV && explain != NULL) {
        explain_render(render, explain);
        return;
    }
    render_facts(render, fact_columns, incident);
    clocks_render(render, render_member(incident, "clocks"));
    char *text = charge_text(render_member(incident, "charge"));
    render_line(render, "charged       %s", text);
    free(text);
    if (description != NULL) {
        render_line(render, "%s", "");
        render_block(render, description);
    }
    explain_render(render, explain);
    table_under(render, "Escalations", escalation_columns, render_member(incident, "escalations"));
    if (json_array_size(render_member(incident, "timeline")) > 0) {
        render_line(render, "%s", "");
        render_heading(render, "Timeline");
        timeline_render(render, render_member(incident, "timeline"));
    }
}
