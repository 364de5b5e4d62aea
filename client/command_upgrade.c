/* An upgrade shows what it would do, asks, and does it. */
#include "client/command_upgrade.h"
#include "client/contract_view.h"
#include "client/text.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX 16

static const struct column pool_columns[] = {
    {"POOL", "pool", CELL_TEXT},
    {"UNIT", "unit", CELL_TEXT},
    {"GRANTED BEFORE", "granted_before", CELL_NUMBER},
    {"USED", "used", CELL_NUMBER},
    {"GRANTED AFTER", "granted_after", CELL_NUMBER},
    {"LEFT AFTER", "left_after", CELL_LEFT},
    {NULL, NULL, CELL_TEXT},
};

/* A line "<name><text>", if there is any text; frees it. */
static void line_render(struct render *render, const char *name, char *text)
{
    if (text[0] != '\0')
        render_line(render, "%s  %s", name, text);
    free(text);
}

static void effect_render(struct render *render, const json_t *effect)
{
    const json_t *pools = render_member(effect, "pools");
    const char *fee = render_string(effect, "fee_before", NULL),
               *fee_after = render_string(effect, "fee_after", NULL);

    render_line(render, "from %s to %s, until %s", render_string(effect, "from", "?"),
                render_string(effect, "to", "?"), render_string(effect, "ends", "the same end"));
    if (json_array_size(pools) > 0 || render->format == RENDER_CSV)
        render_rows(render, pool_columns, pools);
    line_render(render, "gained   ", contract_accesses_text(render_member(effect, "accesses.gained")));
    line_render(render, "lost     ", contract_accesses_text(render_member(effect, "accesses.lost")));
    line_render(render, "expires  ", contract_units_text(render_member(effect, "expires"), "units"));
    if (fee != NULL || fee_after != NULL)
        render_line(render, "fee        %s before, %s after", fee == NULL ? "none" : fee,
                    fee_after == NULL ? "none" : fee_after);
}

/* The effect in a result: its member of that name, or its members but for the contract. The caller's. */
static json_t *effect_new(const json_t *result)
{
    const json_t *effect = render_member(result, "effect");
    json_t *copy = json_copy((json_t *)(effect != NULL ? effect : result));

    json_object_del(copy, "contract");
    json_object_del(copy, "replayed");
    return copy;
}

static void upgrade_render(struct render *render, const json_t *result)
{
    json_t *effect = effect_new(result);

    effect_render(render, effect);
    json_decref(effect);
    if (render_member(result, "contract") != NULL && render->format == RENDER_TABLE) {
        render_line(render, "%s", "");
        contract_render(render, result);
    }
}

/* Asks for the effect alone; *result is the caller's. session->params stay as they are. */
static enum status effect_ask(struct session *session, const struct command *command, json_t **result)
{
    json_t *typed = session->params;

    session->params = json_copy(typed);
    json_object_del(session->params, "key");
    json_object_set_new(session->params, "dry_run", json_true());
    enum status status = command_request(session, command->method, result);
    json_decref(session->params);
    session->params = typed;
    return status;
}

/* Whether the person at the terminal says yes. */
static bool agreed(void)
{
    char answer[ANSWER_MAX] = "";

    fflush(stdout);
    fputs("go on? [y/N] ", stderr);
    fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        fputc('\n', stderr);
    return strcmp(answer, "y\n") == 0 || strcmp(answer, "Y\n") == 0 || strcmp(answer, "yes\n") == 0;
}

/* Does what a person was shown, and shows the new contract; what was done, where that is not the same. */
static enum status upgrade_do(struct session *session, const struct command *command, const json_t *shown)
{
    json_t *result;

    enum status status = command_request(session, command->method, &result);
    if (status == STATUS_DONE) {
        json_t *before = effect_new(shown), *after = effect_new(result);
        if (json_equal(before, after)) {
            contract_render(&session->render, result);
        } else {
            text_hint("meanwhile something has changed; this was done:");
            command_show(session, command, result);
        }
        json_decref(before);
        json_decref(after);
    }
    json_decref(result);
    return status;
}

static enum status upgrade_run(struct session *session, const struct command *command)
{
    bool person = isatty(STDIN_FILENO) == 1 && session->render.format == RENDER_TABLE;
    char why[COMMAND_WHY_MAX] = "";
    json_t *effect;

    if (!command_complete(session, command->method, why, sizeof why))
        return command_misused(command, why);
    if (json_is_true(json_object_get(session->params, "dry_run")) || session_value(session, "yes") != NULL)
        return command_ask(session, command);
    enum status status = effect_ask(session, command, &effect);
    if (status != STATUS_DONE)
        return status;
    command_show(session, command, effect);
    if (!person) {
        text_complain("nothing was done: there is nobody at a terminal to agree to it; --yes does it");
        status = STATUS_USAGE;
    } else if (agreed()) {
        status = upgrade_do(session, command, effect);
    } else {
        text_complain("nothing was done");
        status = STATUS_FAILED;
    }
    json_decref(effect);
    return status;
}

static const struct option_spec upgrade_options[] = {
    {"yes", 'y', NULL, "do it without asking"},
    {NULL, 0, NULL, NULL},
};

const struct command command_contract_upgrade = {
    .name = "contract upgrade",
    .method = METHOD_CONTRACT_UPGRADE,
    .words = "contract plan",
    .letters = "n=dry_run q=quantities",
    .options = upgrade_options,
    .example = "entitle contract upgrade CON-000123 gold-certified",
    .details = "It shows its effect first, and asks. Where there is no terminal to ask at, or the format is not\n"
               "table, it shows it and exits with 2, unless --yes or --dry-run is given.",
    .render = upgrade_render,
    .run = upgrade_run,
};
