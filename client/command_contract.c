/* The subcommands of contracts. */
#include "client/command_contract.h"
#include "client/memory.h"
#include "client/text.h"
#include <stdlib.h>

/* Of a key, what leaves room for "-activate" in the 64 characters that a key may have. */
#define KEY_STEM_MAX 55

static const struct column contract_columns[] = {
    {"contract", "contract", CELL_TEXT}, {"partner", "partner", CELL_TEXT}, {"plan", "plan", CELL_TEXT},
    {"state", "state", CELL_TEXT},       {"starts", "starts", CELL_TEXT},   {"ends", "ends", CELL_TEXT},
    {"price", "price", CELL_TEXT},       {NULL, NULL, CELL_TEXT},
};

static const struct column grant_columns[] = {
    {"POOL", "pool", CELL_TEXT},       {"GRANTED", "granted", CELL_NUMBER},
    {"USED", "used", CELL_NUMBER},     {"OVER", "overage", CELL_OVER},
    {"UNIT", "unit", CELL_TEXT},       {"STARTS", "starts", CELL_TIME},
    {"EXPIRES", "expires", CELL_TIME}, {NULL, NULL, CELL_TEXT},
};

static const struct column list_columns[] = {
    {"CONTRACT", "contract", CELL_TEXT}, {"PARTNER", "partner", CELL_TEXT}, {"PLAN", "plan", CELL_TEXT},
    {"STATE", "state", CELL_STATE},      {"STARTS", "starts", CELL_TEXT},   {"ENDS", "ends", CELL_TEXT},
    {"PRICE", "price", CELL_TEXT},       {NULL, NULL, CELL_TEXT},
};

static void contract_render(struct render *render, const json_t *result)
{
    const json_t *grants = render_member(result, "contract.grants");

    render_facts(render, contract_columns, render_member(result, "contract"));
    if (json_array_size(grants) > 0) {
        render_line(render, "%s", "");
        render_rows(render, grant_columns, grants);
    }
}

static void list_render(struct render *render, const json_t *result)
{
    render_rows(render, list_columns, render_member(result, "contracts"));
}

/* Puts the contract just made into force; session->params become those of contract.activate. */
static enum status contract_activate(struct session *session, const json_t *created, json_t **result)
{
    const char *contract = render_string(created, "contract.contract", "");
    const char *key = json_string_value(json_object_get(session->params, "key"));
    char *second = memory_format("%.*s-activate", KEY_STEM_MAX, key == NULL ? "" : key);

    json_t *params = json_pack("{s:s, s:s}", "contract", contract, "key", second);
    json_decref(session->params);
    session->params = params;
    free(second);
    enum status status = command_request(session, METHOD_CONTRACT_ACTIVATE, result);
    if (status != STATUS_DONE)
        text_hint("%s is written, but not in force: entitle contract activate %s", contract, contract);
    return status;
}

static enum status create_run(struct session *session, const struct command *command)
{
    json_t *created = NULL, *activated = NULL;

    if (session_value(session, "activate") == NULL)
        return command_ask(session, command);
    if (json_object_get(session->params, "starts") == NULL)
        return command_misused(command, "--starts is missing: the first day of the term, YYYY-MM-DD");
    enum status status = command_request(session, command->method, &created);
    if (status == STATUS_DONE)
        status = contract_activate(session, created, &activated);
    if (status == STATUS_DONE)
        command_show(session, command, activated);
    json_decref(created);
    json_decref(activated);
    return status;
}

static const struct option_spec create_options[] = {
    {"activate", 'a', NULL, "put it into force at once"},
    {NULL, 0, NULL, NULL},
};

const struct command command_contract_create = {
    .name = "contract create",
    .method = METHOD_CONTRACT_CREATE,
    .words = "partner plan",
    .letters = "s=starts q=quantities",
    .options = create_options,
    .example = "entitle contract create contoso mspa-plus --starts 2004-09-01 --quantities priority-incidents=40 "
               "--price \"35000.00 USD\" --activate",
    .render = contract_render,
    .run = create_run,
};

const struct command command_contract_activate = {
    .name = "contract activate",
    .method = METHOD_CONTRACT_ACTIVATE,
    .words = "contract",
    .example = "entitle contract activate CON-000123",
    .render = contract_render,
};

const struct command command_contract_list = {
    .name = "contract list",
    .method = METHOD_CONTRACT_LIST,
    .words = "partner?",
    .example = "entitle contract list contoso --expiring-within 30",
    .render = list_render,
};
