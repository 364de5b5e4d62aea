/* The subcommands of the catalogue. */
#include "client/command_catalogue.h"
#include "client/apply.h"
#include "client/catalogue_file.h"
#include "client/memory.h"
#include <stdlib.h>

static const struct column plan_columns[] = {
    {"PLAN", "plan", CELL_TEXT},       {"NAME", "name", CELL_TEXT}, {"KIND", "kind", CELL_TEXT},
    {"LEVEL", "level", CELL_NUMBER},   {"SOLD", "sold", CELL_TEXT}, {"SUCCESSOR", "successor", CELL_TEXT},
    {"FEES", "fees_text", CELL_TITLE}, {NULL, NULL, CELL_TEXT},
};

static const struct column include_columns[] = {
    {"BENEFIT", "benefit", CELL_TEXT},
    {"QUANTITY", "quantity", CELL_NUMBER},
    {"RANK", "rank", CELL_NUMBER},
    {"PER CONTRACT", "per_contract", CELL_YES},
    {"COVERAGE", "coverage", CELL_TEXT},
    {"ACCEPTS", "accepts", CELL_LIST},
    {NULL, NULL, CELL_TEXT},
};

static const struct column target_columns[] = {
    {"CLASS", "class", CELL_TEXT},
    {"SEV", "severity", CELL_TEXT},
    {"COVERAGE", "coverage", CELL_TEXT},
    {"RESPOND", "respond", CELL_NUMBER},
    {"UPDATE", "update", CELL_NUMBER},
    {"RESOLVE", "resolve", CELL_NUMBER},
    {NULL, NULL, CELL_TEXT},
};

static const struct column fact_columns[] = {
    {"plan", "plan", CELL_TEXT},           {"name", "name", CELL_TEXT},       {"kind", "kind", CELL_TEXT},
    {"level", "level", CELL_NUMBER},       {"months", "months", CELL_NUMBER}, {"sold", "sold", CELL_TEXT},
    {"successor", "successor", CELL_TEXT}, {"fees", "fees_text", CELL_TEXT},  {NULL, NULL, CELL_TEXT},
};

/* "us 1500.00 USD, emea about 1400.00 EUR", for free(). */
static char *fees_text(const json_t *fees)
{
    char *text = memory_copy("");
    json_t *fee;
    size_t i;

    json_array_foreach(fees, i, fee)
    {
        char *longer = memory_format("%s%s%s %s%s", text, i == 0 ? "" : ", ", render_string(fee, "region", "?"),
                                     json_is_true(render_member(fee, "typical")) ? "about " : "",
                                     render_string(fee, "fee", "?"));
        free(text);
        text = longer;
    }
    return text;
}

static void show_render(struct render *render, const json_t *result)
{
    json_t *plans = json_deep_copy(render_member(result, "plans")), *plan;
    size_t i;

    json_array_foreach(plans, i, plan)
    {
        char *text = fees_text(render_member(plan, "fees"));
        json_object_set_new(plan, "fees_text", json_string(text));
        free(text);
    }
    if (json_array_size(plans) == 1 && render->format == RENDER_TABLE) {
        render_facts(render, fact_columns, json_array_get(plans, 0));
        render_line(render, "%s", "");
        render_rows(render, include_columns, render_member(json_array_get(plans, 0), "includes"));
        const json_t *targets = render_member(json_array_get(plans, 0), "targets");
        if (json_array_size(targets) > 0) {
            render_line(render, "%s", "");
            render_heading(render, "Targets, in minutes of coverage");
            render_rows(render, target_columns, targets);
        }
    } else {
        render_rows(render, plan_columns, plans);
    }
    json_decref(plans);
}

static enum status catalogue_apply(struct session *session, const struct command *command)
{
    return apply_run(session, command, catalogue_file_read);
}

const struct command command_catalogue_show = {
    .name = "catalogue show",
    .method = METHOD_CATALOGUE_SHOW,
    .words = "plan?",
    .example = "entitle catalogue show mspa-standard",
    .render = show_render,
};

const struct command command_catalogue_apply = {
    .name = "catalogue apply",
    .method = METHOD_CATALOGUE_APPLY,
    .words = "file",
    .letters = "n=dry_run",
    .example = "entitle catalogue apply /etc/entitled/catalogue.conf --dry-run",
    .details = "FILE is as entitled's catalogue.conf, or JSON as `catalogue show --json` gives it.",
    .render = apply_render,
    .run = catalogue_apply,
};
