/* The subcommands of incidents. */
#include "client/command_incident.h"
#include "client/charge.h"
#include "client/pages.h"
#include <stdlib.h>
#include <string.h>

static const struct column clock_columns[] = {
    {"coverage", "clocks.coverage", CELL_TEXT},
    {"respond by", "clocks.respond_by", CELL_TIME},
    {"resolve by", "clocks.resolve_by", CELL_TIME},
    {NULL, NULL, CELL_TEXT},
};

static const struct column open_csv[] = {
    {"incident", "incident", CELL_TEXT},
    {"pool", "charge.pool", CELL_TEXT},
    {"contract", "charge.contract", CELL_TEXT},
    {"ordinal", "charge.ordinal", CELL_NUMBER},
    {"of", "charge.of", CELL_NUMBER},
    {"remaining", "charge.remaining", CELL_NUMBER},
    {"override", "charge.override", CELL_TEXT},
    {"coverage", "clocks.coverage", CELL_TEXT},
    {"respond by", "clocks.respond_by", CELL_TIME},
    {"resolve by", "clocks.resolve_by", CELL_TIME},
    {NULL, NULL, CELL_TEXT},
};

static void open_render(struct render *render, const json_t *result)
{
    if (render->format == RENDER_CSV) {
        render_facts(render, open_csv, result);
        return;
    }
    charge_render(render, render_string(result, "incident", "logged"), "charged", result);
    if (render_member(result, "clocks.respond_by") != NULL || render_member(result, "clocks.resolve_by") != NULL)
        render_facts(render, clock_columns, result);
}

static const struct column show_columns[] = {
    {"incident", "incident", CELL_TEXT},
    {"partner", "partner", CELL_TEXT},
    {"title", "title", CELL_TEXT},
    {"state", "state", CELL_TEXT},
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
    {"coverage", "clocks.coverage", CELL_TEXT},
    {"respond by", "clocks.respond_by", CELL_TIME},
    {"resolve by", "clocks.resolve_by", CELL_TIME},
    {NULL, NULL, CELL_TEXT},
};

static const struct column escalation_columns[] = {
    {"LEVEL", "level", CELL_NUMBER}, {"STATE", "state", CELL_STATE},   {"TO", "to", CELL_TEXT},
    {"DUE", "due", CELL_TIME},       {"REASON", "reason", CELL_TITLE}, {NULL, NULL, CELL_TEXT},
};

static void timeline_render(struct render *render, const json_t *timeline)
{
    json_t *entry;
    size_t i;

    json_array_foreach(timeline, i, entry)
    {
        char *at = render_cell(render_member(entry, "at"), CELL_TIME, false);
        bool internal = strcmp(render_string(entry, "visibility", "public"), "internal") == 0;
        render_line(render, "%s  %s by %s%s", at, render_string(entry, "event", "entry"),
                    render_string(entry, "actor", "?"), internal ? " (internal)" : "");
        const char *text = render_string(entry, "text", NULL);
        if (text != NULL && text[0] != '\0')
            render_block(render, text);
        free(at);
    }
}

static void show_render(struct render *render, const json_t *result)
{
    const json_t *charge = render_member(result, "charge");
    const char *description = render_string(result, "description", NULL);

    render_facts(render, show_columns, result);
    char *text = charge_text(charge);
    render_line(render, "charged       %s", text);
    free(text);
    if (description != NULL) {
        render_line(render, "%s", "");
        render_block(render, description);
    }
    if (json_array_size(render_member(result, "escalations")) > 0) {
        render_line(render, "%s", "");
        render_heading(render, "Escalations");
        render_rows(render, escalation_columns, render_member(result, "escalations"));
    }
    if (json_array_size(render_member(result, "timeline")) > 0) {
        render_line(render, "%s", "");
        render_heading(render, "Timeline");
        timeline_render(render, render_member(result, "timeline"));
    }
}

static const struct column list_columns[] = {
    {"INCIDENT", "incident", CELL_TEXT}, {"OPENED", "opened_at", CELL_TIME},
    {"PARTNER", "partner", CELL_TEXT},   {"CLASS", "class", CELL_TEXT},
    {"SEV", "severity", CELL_STATE},     {"STATE", "state", CELL_STATE},
    {"OWNER", "owner", CELL_TEXT},       {"CHARGED", "charged", CELL_YES},
    {"TITLE", "title", CELL_TITLE},      {NULL, NULL, CELL_TEXT},
};

static void list_render(struct render *render, const json_t *result)
{
    render_rows(render, list_columns, render_member(result, "incidents"));
}

static void note_render(struct render *render, const json_t *result)
{
    static const struct column columns[] = {
        {"seq", "entry.seq", CELL_NUMBER},
        {"at", "entry.at", CELL_TIME},
        {"actor", "entry.actor", CELL_TEXT},
        {"visibility", "entry.visibility", CELL_TEXT},
        {NULL, NULL, CELL_TEXT},
    };

    if (render->format == RENDER_CSV)
        render_facts(render, columns, result);
    else
        render_line(render, "noted (%s)", render_string(result, "entry.visibility", "public"));
}

const struct command command_open = {
    .name = "open",
    .method = METHOD_INCIDENT_OPEN,
    .words = "partner title",
    .letters = "c=class s=severity d=description",
    .example = "entitle open contoso \"replication stops after an hour\" -c professional -s B",
    .render = open_render,
};

const struct command command_show_incident = {
    .name = "show",
    .method = METHOD_INCIDENT_SHOW,
    .words = "incident",
    .example = "entitle show INC-000123",
    .render = show_render,
};

const struct command command_list = {
    .name = "list",
    .method = METHOD_INCIDENT_LIST,
    .letters = "p=partner c=class s=severity o=owner t=text",
    .without = "limit",
    .options = pages_options_few,
    .example = "entitle list --partner contoso --state new --since 2004-08-01",
    .list = "incidents",
    .list_limit = 50,
    .render = list_render,
    .run = pages_run,
};

const struct command command_note = {
    .name = "note",
    .method = METHOD_INCIDENT_NOTE,
    .words = "incident text",
    .letters = "v=visibility",
    .example = "entitle note INC-000123 \"asked for the event log\" --visibility internal",
    .details = "TEXT may be - for standard input.",
    .render = note_render,
};
