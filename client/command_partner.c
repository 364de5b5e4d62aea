/* The subcommands of partners. */
#include "client/command_partner.h"
#include "client/pages.h"

static const struct column partner_columns[] = {
    {"partner", "partner", CELL_TEXT},    {"name", "name", CELL_TEXT},
    {"region", "region", CELL_TEXT},      {"time zone", "time_zone", CELL_TEXT},
    {"calendar", "calendar", CELL_TEXT},  {"email", "email", CELL_TEXT},
    {"level", "level", CELL_TEXT},        {"disabled", "disabled", CELL_YES},
    {"created", "created_at", CELL_TIME}, {NULL, NULL, CELL_TEXT},
};

static const struct column list_columns[] = {
    {"PARTNER", "partner", CELL_TEXT},   {"NAME", "name", CELL_TITLE},
    {"REGION", "region", CELL_TEXT},     {"TIME ZONE", "time_zone", CELL_TEXT},
    {"CALENDAR", "calendar", CELL_TEXT}, {"LEVEL", "level", CELL_TEXT},
    {"DISABLED", "disabled", CELL_YES},  {NULL, NULL, CELL_TEXT},
};

static const struct column contract_columns[] = {
    {"CONTRACT", "contract", CELL_TEXT}, {"PLAN", "plan", CELL_TEXT}, {"STATE", "state", CELL_STATE},
    {"STARTS", "starts", CELL_TEXT},     {"ENDS", "ends", CELL_TEXT}, {NULL, NULL, CELL_TEXT},
};

static void partner_render(struct render *render, const json_t *result)
{
    render_facts(render, partner_columns, render_member(result, "partner"));
}

static void show_render(struct render *render, const json_t *result)
{
    partner_render(render, result);
    render_line(render, "%s", "");
    render_rows(render, contract_columns, render_member(result, "contracts"));
}

static void list_render(struct render *render, const json_t *result)
{
    render_rows(render, list_columns, render_member(result, "partners"));
}

const struct command command_partner_create = {
    .name = "partner create",
    .method = METHOD_PARTNER_CREATE,
    .words = "partner name",
    .example =
        "entitle partner create contoso \"Contoso Ltd\" --region us --time-zone America/New_York --calendar us",
    .render = partner_render,
};

const struct command command_partner_update = {
    .name = "partner update",
    .method = METHOD_PARTNER_UPDATE,
    .words = "partner",
    .example = "entitle partner update contoso --email support@contoso.example --disabled=no",
    .render = partner_render,
};

const struct command command_partner_list = {
    .name = "partner list",
    .method = METHOD_PARTNER_LIST,
    .letters = "t=text",
    .without = "limit",
    .options = pages_options,
    .example = "entitle partner list --text contoso",
    .list = "partners",
    .render = list_render,
    .run = pages_run,
};

const struct command command_partner_show = {
    .name = "partner show",
    .method = METHOD_PARTNER_SHOW,
    .words = "partner?",
    .example = "entitle partner show contoso",
    .render = show_render,
};
