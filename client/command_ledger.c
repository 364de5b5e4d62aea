/* The ledger of a partner's pools as a table, and its proof. */
#include "client/command_ledger.h"
#include "client/memory.h"
#include "client/pages.h"
#include "client/text.h"
#include <stdlib.h>

static const struct column entry_columns[] = {
    {"WHEN", "at", CELL_TIME},           {"POOL", "pool", CELL_TEXT},
    {"CONTRACT", "contract", CELL_TEXT}, {"KIND", "kind", CELL_STATE},
    {"UNITS", "signed", CELL_NUMBER},    {"LEFT", "left", CELL_LEFT},
    {"INCIDENT", "incident", CELL_TEXT}, {"BY", "by", CELL_TEXT},
    {"WHY", "why", CELL_TITLE},          {NULL, NULL, CELL_TEXT},
};

static const struct column entry_csv[] = {
    {"at", "at", CELL_TIME},
    {"contract", "contract", CELL_TEXT},
    {"pool", "pool", CELL_TEXT},
    {"seq", "seq", CELL_NUMBER},
    {"kind", "kind", CELL_TEXT},
    {"units", "units", CELL_NUMBER},
    {"change", "change", CELL_NUMBER},
    {"left", "left", CELL_NUMBER},
    {"incident", "incident", CELL_TEXT},
    {"by", "by", CELL_TEXT},
    {"reason", "reason", CELL_TEXT},
    {"note", "note", CELL_TEXT},
    {"written", "written", CELL_TEXT},
    {NULL, NULL, CELL_TEXT},
};

/* What an entry does to what is left, with its sign; a change by nothing (an override) shows its units. */
static json_t *signed_text(const json_t *entry)
{
    json_int_t change = json_integer_value(render_member(entry, "change"));
    char *units = render_cell(render_member(entry, "units"), CELL_NUMBER, true);
    char *text = change == 0 ? memory_format("(%s)", units) : memory_format("%+" JSON_INTEGER_FORMAT, change);
    json_t *value = json_string(text);

    free(text);
    free(units);
    return value;
}

/* The coded reason of an entry and its note. */
static json_t *why_text(const json_t *entry)
{
    const char *reason = render_string(entry, "reason", ""), *note = render_string(entry, "note", "");
    bool pending = json_is_false(render_member(entry, "written"));
    char *text = memory_format("%s%s%s%s", pending ? "not booked yet" : "", reason,
                               reason[0] != '\0' && note[0] != '\0' ? ": " : "", note);
    json_t *value = json_string(text);

    free(text);
    return value;
}

static void ledger_render(struct render *render, const json_t *result)
{
    const json_t *entries = render_member(result, "entries");
    json_t *rows, *row;
    size_t i;

    if (render->format == RENDER_CSV) {
        render_rows(render, entry_csv, entries);
        return;
    }
    rows = json_deep_copy(entries);
    json_array_foreach(rows, i, row)
    {
        json_object_set_new(row, "signed", signed_text(row));
        json_object_set_new(row, "why", why_text(row));
    }
    render_rows(render, entry_columns, rows);
    json_decref(rows);
}

static const struct column broken_columns[] = {
    {"PARTNER", "partner", CELL_TEXT}, {"CONTRACT", "contract", CELL_TEXT}, {"POOL", "pool", CELL_TEXT},
    {"ENTRY", "seq", CELL_NUMBER},     {"WHAT", "what", CELL_TITLE},        {NULL, NULL, CELL_TEXT},
};

static void verify_render(struct render *render, const json_t *result)
{
    const json_t *broken = render_member(result, "broken");
    char *grants = render_cell(render_member(result, "grants"), CELL_NUMBER, true);
    char *entries = render_cell(render_member(result, "entries"), CELL_NUMBER, true);

    if (json_array_size(broken) > 0 || render->format == RENDER_CSV)
        render_rows(render, broken_columns, broken);
    if (json_array_size(broken) == 0)
        render_line(render, "%s entries of %s grants: every chain is whole, every counter equals its ledger",
                    entries, grants);
    free(entries);
    free(grants);
}

/* Asks, and fails where anything is broken. */
static enum status verify_run(struct session *session, const struct command *command)
{
    json_t *result;

    enum status status = command_request(session, command->method, &result);
    if (status == STATUS_DONE) {
        size_t count = json_array_size(render_member(result, "broken"));
        command_show(session, command, result);
        if (count > 0) {
            text_complain("the ledger was tampered with, or a counter does not equal it: %zu %s", count,
                          count == 1 ? "finding" : "findings");
            status = STATUS_FAILED;
        }
    }
    json_decref(result);
    return status;
}

const struct command command_ledger = {
    .name = "ledger",
    .method = METHOD_LEDGER_LIST,
    .words = "partner?",
    .letters = "c=contract i=incident",
    .without = "limit",
    .options = pages_options,
    .example = "entitle ledger contoso --since 2004-08-01 --as-of 2004-09-01",
    .details = "UNITS is the change of what is left; in parentheses where that stays as it was (override, late).\n"
               "Of a partner whose code is `verify`: --partner verify.",
    .list = "entries",
    .render = ledger_render,
    .run = pages_run,
};

const struct command command_ledger_verify = {
    .name = "ledger verify",
    .method = METHOD_LEDGER_VERIFY,
    .words = "partner?",
    .example = "entitle ledger verify",
    .details = "It exits with 0 if all is as it was written, with 1 if anything is broken, and names each.",
    .render = verify_render,
    .run = verify_run,
};
