/* The way of a file into a method that takes a document. */
#include "client/apply.h"
#include "client/text.h"

static const struct column change_columns[] = {
    {"CHANGE", "change", CELL_STATE},
    {"WHAT", "what", CELL_TEXT},
    {"DETAIL", "detail", CELL_TITLE},
    {NULL, NULL, CELL_TEXT},
};

void apply_render(struct render *render, const json_t *result)
{
    const json_t *changes = render_member(result, "changes");
    bool any = json_array_size(changes) > 0;

    if (any || render->format == RENDER_CSV)
        render_rows(render, change_columns, changes);
    if (!any)
        render_line(render, "nothing differs");
    else if (json_is_true(render_member(result, "dry_run")))
        render_line(render, "a dry run: nothing was changed");
}

enum status apply_run(struct session *session, const struct command *command, document_reader *reader)
{
    char why[COMMAND_WHY_MAX] = "";
    json_t *result;

    json_t *document = document_read(session_value(session, "file"), reader, why, sizeof why);
    if (document == NULL) {
        text_complain("%s", why);
        return STATUS_FAILED;
    }
    json_object_set_new(session->params, "document", document);
    enum status status = command_request(session, command->method, &result);
    if (status == STATUS_DONE)
        command_show(session, command, result);
    json_decref(result);
    return status;
}
