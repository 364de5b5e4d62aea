/* The subcommands of contracts. */
#include "client/command_contract.h"
#include "client/contract_view.h"
#include "client/memory.h"
#include "client/pages.h"
#include "client/text.h"
#include <stdlib.h>

/* Of a key, what leaves room for "-activate" in the 64 characters that a key may have. */
#define KEY_STEM_MAX 55

static const struct column list_columns[] = {
    {"CONTRACT", "contract", CELL_TEXT}, {"PARTNER", "partner", CELL_TEXT}, {"PLAN", "plan", CELL_TEXT},
    {"STATE", "state", CELL_STATE},      {"STARTS", "starts", CELL_TEXT},   {"ENDS", "ends", CELL_TEXT},
    {"PRICE", "price", CELL_TEXT},       {NULL, NULL, CELL_TEXT},
};

static void list_render(struct render *render, const json_t *result)
{
    render_rows(render, list_columns, render_member(result, "contracts"));
}

static const struct column open_columns[] = {
    {"OPEN INCIDENT", "incident", CELL_TEXT},
    {"STATE", "state", CELL_STATE},
    {"TITLE", "title", CELL_TITLE},
    {NULL, NULL, CELL_TEXT},
};

/* What a cancelled contract leaves behind. */
static void cancel_render(struct render *render, const json_t *result)
{
    json_t *rows = json_array(), *open;
    size_t i;

    json_array_foreach(render_member(result, "open_incidents"), i, open)
    {
        if (json_is_string(open))
            json_array_append_new(rows, json_pack("{s:O}", "incident", open));
        else
            json_array_append(rows, open);
    }
    contract_render(render, result);
    char *expired = contract_units_text(render_member(result, "contract.grants"), "expired");
    render_line(render, "%s", "");
    render_line(render, "expired: %s", expired[0] == '\0' ? "nothing" : expired);
    if (json_array_size(rows) > 0 && render->format == RENDER_TABLE) {
        render_line(render, "these go on to their end:");
        render_rows(render, open_columns, rows);
    }
    free(expired);
    json_decref(rows);
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
    .letters = "s=state",
    .without = "limit",
    .options = pages_options,
    .example = "entitle contract list contoso --expiring-within 30",
    .list = "contracts",
    .render = list_render,
    .run = pages_run,
};

const struct command command_contract_show = {
    .name = "contract show",
    .method = METHOD_CONTRACT_SHOW,
    .words = "contract",
    .example = "entitle contract show CON-000123",
    .render = contract_render,
};

const struct command command_contract_renew = {
    .name = "contract renew",
    .method = METHOD_CONTRACT_RENEW,
    .words = "contract",
    .letters = "q=quantities",
    .example = "entitle contract renew CON-000123",
    .details =
        "The new contract starts on the day on which the old one ends, with fresh grants: what is unused by then\n"
        "expires. Of a plan that is not sold any more it takes the successor, unless --plan names another.",
    .render = contract_render,
};

const struct command command_contract_cancel = {
    .name = "contract cancel",
    .method = METHOD_CONTRACT_CANCEL,
    .words = "contract",
    .letters = "r=reason",
    .example = "entitle contract cancel CON-000123 --reason \"left the program\"",
    .details =
        "It ends now, and what is left of it expires; its open incidents are named, and served to their end.",
    .render = cancel_render,
};

const struct command command_contract_top_up = {
    .name = "contract top-up",
    .method = METHOD_CONTRACT_TOP_UP,
    .words = "contract benefit units",
    .letters = "n=note",
    .example = "entitle contract top-up CON-000123 priority-incidents 10 --note \"order 4711\"",
    .render = contract_render,
};
