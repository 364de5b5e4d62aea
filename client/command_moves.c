/* The end of incidents: solved, closed, taken up again; given back, or found to be another's repetition. */
#include "client/command_moves.h"
#include "client/value.h"
#include <stdlib.h>
#include <string.h>

static const struct column incident_columns[] = {
    {"incident", "incident", CELL_TEXT},
    {"partner", "partner", CELL_TEXT},
    {"title", "title", CELL_TEXT},
    {"state", "state", CELL_TEXT},
    {"resolution", "resolution", CELL_TEXT},
    {"resolved", "resolved_at", CELL_TIME},
    {"closed", "closed_at", CELL_TIME},
    {"reopened", "reopened", CELL_OVER},
    {"duplicate of", "duplicate_of", CELL_TEXT},
    {NULL, NULL, CELL_TEXT},
};

static void move_render(struct render *render, const json_t *result)
{
    render_facts(render, incident_columns, render_member(result, "incident"));
}

static const struct column credit_csv[] = {
    {"incident", "incident", CELL_TEXT},        {"pool", "charge.pool", CELL_TEXT},
    {"contract", "charge.contract", CELL_TEXT}, {"units", "charge.units", CELL_NUMBER},
    {"remaining", "remaining", CELL_NUMBER},    {NULL, NULL, CELL_TEXT},
};

static void credit_render(struct render *render, const json_t *result)
{
    if (render->format == RENDER_CSV) {
        render_facts(render, credit_csv, result);
        return;
    }
    char *units = render_cell(render_member(result, "charge.units"), CELL_NUMBER, true);
    char *left = render_cell(render_member(result, "remaining"), CELL_NUMBER, true);
    bool replayed = json_is_true(render_member(result, "replayed"));
    render_line(render, "%s  credited: %s to %s of %s%s%s%s%s", render_string(result, "incident", "the incident"),
                units[0] == '\0' ? "1" : units, render_string(result, "charge.pool", "its pool"),
                render_string(result, "charge.contract", "its contract"), left[0] == '\0' ? "" : ", ", left,
                left[0] == '\0' ? "" : " left", replayed ? " (done before, under the same key)" : "");
    free(left);
    free(units);
}

/* A credit whose reason is that it repeats another incident. */
static enum status merge_run(struct session *session, const struct command *command)
{
    const char *into = session_value(session, "into");
    char why[COMMAND_WHY_MAX] = "";

    if (into == NULL)
        return command_misused(command, "--into is missing: the incident that it repeats");
    json_t *value = value_read(method_param(method_spec(command->method), "duplicate_of"), into, why, sizeof why);
    if (value == NULL)
        return command_misused(command, why);
    json_object_set_new(session->params, "duplicate_of", value);
    json_object_set_new(session->params, "reason", json_string("duplicate"));
    return command_ask(session, command);
}

static const struct option_spec merge_options[] = {
    {"into", 'i', "INC-NUMBER", "the incident that it repeats, of the same partner; required"},
    {NULL, 0, NULL, NULL},
};

const struct command command_resolve = {
    .name = "resolve",
    .method = METHOD_INCIDENT_RESOLVE,
    .words = "incident resolution",
    .example = "entitle resolve INC-000123 \"a filter held the port; removed\"",
    .details = "RESOLUTION may be - for standard input.",
    .render = move_render,
};

const struct command command_close = {
    .name = "close",
    .method = METHOD_INCIDENT_CLOSE,
    .words = "incident",
    .letters = "r=reason",
    .example = "entitle close INC-000123",
    .render = move_render,
};

const struct command command_reopen = {
    .name = "reopen",
    .method = METHOD_INCIDENT_REOPEN,
    .words = "incident",
    .letters = "r=reason",
    .example = "entitle reopen INC-000123 --reason \"it came back over night\"",
    .render = move_render,
};

const struct command command_credit = {
    .name = "credit",
    .method = METHOD_INCIDENT_CREDIT,
    .words = "incident reason",
    .letters = "n=note d=duplicate_of",
    .example = "entitle credit INC-000123 product_defect --note \"the fix is in the next service pack\"",
    .details = "The unit goes back to the grant that it came from, whatever became of its term.",
    .render = credit_render,
};

const struct command command_merge = {
    .name = "merge",
    .method = METHOD_INCIDENT_CREDIT,
    .words = "incident",
    .letters = "n=note",
    .without = "reason duplicate_of",
    .options = merge_options,
    .summary = "mark an incident as a duplicate of another, and give its unit back",
    .example = "entitle merge INC-000124 --into INC-000123 --note \"reported twice\"",
    .details = "It is `credit INCIDENT duplicate --duplicate-of INC-NUMBER`; both timelines tell of it.",
    .render = credit_render,
    .run = merge_run,
};
