/* The subcommands of incidents. */
#include "client/command_incident.h"
#include "client/charge.h"
#include "client/incident_view.h"

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
    .render = incident_view_render,
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
