/* A coordinator's day: who works on what, whose turn it is, what comes next, and what burns first. */
#include "client/command_day.h"
#include "client/incident_view.h"
#include "client/pages.h"
#include <string.h>

static const struct column moved_columns[] = {
    {"incident", "incident", CELL_TEXT},
    {"partner", "partner", CELL_TEXT},
    {"title", "title", CELL_TEXT},
    {"state", "state", CELL_TEXT},
    {"severity", "severity", CELL_TEXT},
    {"contact", "contact", CELL_TEXT},
    {"product", "product", CELL_TEXT},
    {"owner", "owner", CELL_TEXT},
    {"respond by", "clocks.respond_by", CELL_TIME},
    {"responded", "clocks.responded_at", CELL_TIME},
    {"update by", "clocks.update_by", CELL_TIME},
    {"resolve by", "clocks.resolve_by", CELL_TIME},
    {NULL, NULL, CELL_TEXT},
};

static void moved_render(struct render *render, const json_t *result)
{
    render_facts(render, moved_columns, render_member(result, "incident"));
}

static enum status update_run(struct session *session, const struct command *command)
{
    static const char *const names[] = {"state", "severity", "product", "contact", "title"};
    bool any = false;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        any = any || json_object_get(session->params, names[i]) != NULL;
    if (!any)
        return command_misused(command,
                               "say what is to change: --state, --severity, --product, --contact or --title");
    return command_ask(session, command);
}

static void take_render(struct render *render, const json_t *result)
{
    incident_view_render(render, render_member(result, "incident"));
}

static const struct column list_columns[] = {
    {"INCIDENT", "incident", CELL_TEXT},
    {"OPENED", "opened_at", CELL_TIME},
    {"PARTNER", "partner", CELL_TEXT},
    {"CLASS", "class", CELL_TEXT},
    {"SEV", "severity", CELL_STATE},
    {"STATE", "state", CELL_STATE},
    {"ESC", "escalated", CELL_YES},
    {"OWNER", "owner", CELL_TEXT},
    {"CHARGED", "charged", CELL_YES},
    {"TITLE", "title", CELL_TITLE},
    {NULL, NULL, CELL_TEXT},
};

/* What burns is told by how long is left; when it was opened says less. */
static const struct column due_columns[] = {
    {"DUE", "due_at", CELL_DUE},    {"INCIDENT", "incident", CELL_TEXT}, {"PARTNER", "partner", CELL_TEXT},
    {"CLASS", "class", CELL_TEXT},  {"SEV", "severity", CELL_STATE},     {"STATE", "state", CELL_STATE},
    {"ESC", "escalated", CELL_YES}, {"OWNER", "owner", CELL_TEXT},       {"TITLE", "title", CELL_TITLE},
    {NULL, NULL, CELL_TEXT},
};

static void list_render(struct render *render, const json_t *result)
{
    render_rows(render, list_columns, render_member(result, "incidents"));
}

static void due_render(struct render *render, const json_t *result)
{
    render_rows(render, due_columns, render_member(result, "incidents"));
}

/* Sets the owner to who asks, by the server's word. */
static enum status owner_mine(struct session *session)
{
    json_t *params = session->params, *result;

    session->params = json_object();
    enum status status = command_request(session, METHOD_HELLO, &result);
    json_decref(session->params);
    session->params = params;
    if (status == STATUS_DONE)
        json_object_set_new(params, "owner", json_string(render_string(result, "principal.name", "")));
    json_decref(result);
    return status;
}

static enum status list_run(struct session *session, const struct command *command)
{
    const char *order = json_string_value(json_object_get(session->params, "order"));
    bool mine = session_value(session, "mine") != NULL, due = session_value(session, "due") != NULL;
    struct command sorted = *command;

    if (mine && json_object_get(session->params, "owner") != NULL)
        return command_misused(command, "--mine and --owner: the owner is named twice");
    if (due && order != NULL && strcmp(order, "due") != 0)
        return command_misused(command, "--due and --order: the order is named twice");
    if (due)
        json_object_set_new(session->params, "order", json_string("due"));
    if (due || (order != NULL && strcmp(order, "due") == 0))
        sorted.render = due_render;
    if (mine) {
        enum status status = owner_mine(session);
        if (status != STATUS_DONE)
            return status;
    }
    return pages_run(session, &sorted);
}

static const struct option_spec list_options[] = {
    {"mine", 'm', NULL, "only those that you own"},
    {"due", 'd', NULL,
     "what burns first: by deadline, with how long is left; those that are resolved are left out"},
    {"limit", 'n', "N", "how many at the most; 50 is the default"},
    {"all", 'a', NULL, "all of them"},
    {NULL, 0, NULL, NULL},
};

const struct command command_assign = {
    .name = "assign",
    .method = METHOD_INCIDENT_ASSIGN,
    .words = "incident to",
    .example = "entitle assign INC-000123 anna",
    .details = "TO is a principal: a coordinator or a services manager.",
    .render = moved_render,
};

const struct command command_update = {
    .name = "update",
    .method = METHOD_INCIDENT_UPDATE,
    .words = "incident",
    .letters = "s=severity",
    .example = "entitle update INC-000123 --state awaiting_partner",
    .render = moved_render,
    .run = update_run,
};

const struct command command_take = {
    .name = "take",
    .method = METHOD_INCIDENT_TAKE,
    .letters = "p=partner c=class s=severity",
    .example = "entitle take --class priority",
    .details = "It exits with 1 if nobody waits. `next` is the same.",
    .render = take_render,
};

const struct command command_next = {
    .name = "next",
    .method = METHOD_INCIDENT_TAKE,
    .letters = "p=partner c=class s=severity",
    .example = "entitle next",
    .details = "It exits with 1 if nobody waits. `take` is the same.",
    .render = take_render,
};

const struct command command_list = {
    .name = "list",
    .method = METHOD_INCIDENT_LIST,
    .letters = "p=partner c=class s=severity o=owner t=text",
    .without = "limit",
    .options = list_options,
    .example = "entitle list --mine --due\n  entitle list --partner contoso --state new --since 2004-08-01",
    .list = "incidents",
    .list_limit = 50,
    .render = list_render,
    .run = list_run,
};
