/* Escalations: raised on a partner's behalf, acknowledged, brought to an end. */
#include "client/command_escalation.h"
#include "client/pages.h"
#include <stddef.h>

static const struct column facts[] = {
    {"escalation", "escalation", CELL_TEXT},
    {"incident", "incident", CELL_TEXT},
    {"partner", "partner", CELL_TEXT},
    {"level", "level", CELL_NUMBER},
    {"who acts", "level_name", CELL_TEXT},
    {"state", "state", CELL_TEXT},
    {"moves", "moves", CELL_LIST},
    {"to", "to", CELL_TEXT},
    {"reason", "reason", CELL_TEXT},
    {"coverage", "coverage", CELL_TEXT},
    {"raised", "raised_at", CELL_TIME},
    {"raised by", "raised_by", CELL_TEXT},
    {"takes effect", "effective_at", CELL_TIME},
    {"acknowledge by", "acknowledge_by", CELL_TIME},
    {"acknowledged", "acknowledged_at", CELL_TIME},
    {"acknowledged by", "acknowledged_by", CELL_TEXT},
    {"ended", "ended_at", CELL_TIME},
    {"overdue", "overdue", CELL_YES},
    {NULL, NULL, CELL_TEXT},
};

static void escalation_render(struct render *render, const json_t *result)
{
    render_facts(render, facts, render_member(result, "escalation"));
}

static void list_render(struct render *render, const json_t *result)
{
    static const struct column columns[] = {
        {"ESCALATION", "escalation", CELL_TEXT}, {"INCIDENT", "incident", CELL_TEXT},
        {"PARTNER", "partner", CELL_TEXT},       {"LEVEL", "level", CELL_NUMBER},
        {"STATE", "state", CELL_STATE},          {"ACKNOWLEDGE BY", "acknowledge_by", CELL_TIME},
        {"OVERDUE", "overdue", CELL_YES},        {"TO", "to", CELL_TEXT},
        {"REASON", "reason", CELL_TITLE},        {NULL, NULL, CELL_TEXT},
    };

    render_rows(render, columns, render_member(result, "escalations"));
}

const struct command command_escalate = {
    .name = "escalate",
    .method = METHOD_ESCALATION_RAISE,
    .words = "incident",
    .letters = "r=reason l=level t=to b=by q=queue",
    .example = "entitle escalate INC-000123 --reason \"the shop stands still\" --level 2",
    .details = "Outside the hours in which the partner may escalate it is refused, and tells when they begin;\n"
               "with --queue it takes effect then.",
    .render = escalation_render,
};

const struct command command_escalation_list = {
    .name = "escalation list",
    .method = METHOD_ESCALATION_LIST,
    .words = "partner?",
    .letters = "p=partner s=state l=level",
    .without = "limit",
    .options = pages_options,
    .example = "entitle escalation list --state raised",
    .list = "escalations",
    .render = list_render,
    .run = pages_run,
};

const struct command command_escalation_acknowledge = {
    .name = "escalation acknowledge",
    .method = METHOD_ESCALATION_ACKNOWLEDGE,
    .words = "escalation",
    .letters = "n=note",
    .example = "entitle escalation acknowledge ESC-000012 --note \"I am calling them\"",
    .render = escalation_render,
};

const struct command command_escalation_resolve = {
    .name = "escalation resolve",
    .method = METHOD_ESCALATION_RESOLVE,
    .words = "escalation",
    .letters = "n=note",
    .example = "entitle escalation resolve ESC-000012 --note \"an engineer is on it\"",
    .render = escalation_render,
};

const struct command command_escalation_withdraw = {
    .name = "escalation withdraw",
    .method = METHOD_ESCALATION_WITHDRAW,
    .words = "escalation",
    .letters = "n=note",
    .example = "entitle escalation withdraw ESC-000012 --note \"they called back: it runs again\"",
    .render = escalation_render,
};
