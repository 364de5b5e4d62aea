/* What a refusal carries beside its sentence, made readable. */
#include "client/refusal.h"
#include "client/memory.h"
#include "client/render.h"
#include "client/text.h"
#include "common/error.h"
#include <stdlib.h>
#include <string.h>

static const struct column pool_columns[] = {
    {"POOL", "pool", CELL_TEXT},   {"CONTRACT", "contract", CELL_TEXT}, {"GRANTED", "granted", CELL_NUMBER},
    {"USED", "used", CELL_NUMBER}, {"EXPIRES", "expires", CELL_TIME},   {NULL, NULL, CELL_TEXT},
};

/* The error's own sentence, else that of its reason. */
static const char *message_of(const json_t *error)
{
    const char *message = render_string(error, "message", NULL);
    const char *reason = render_string(error, "data.reason", NULL);
    const struct error_spec *spec = reason == NULL ? NULL : error_find(reason);

    return message != NULL ? message : spec != NULL ? spec->text : "the server refused, and did not say why";
}

static void help_print(const json_t *help)
{
    json_t *line;
    size_t i;

    if (json_is_string(help))
        text_hint("%s", json_string_value(help));
    json_array_foreach(help, i, line)
    {
        if (json_is_string(line))
            text_hint("%s", json_string_value(line));
    }
}

void refusal_print(const json_t *error)
{
    const json_t *pools = render_member(error, "data.pools");
    const json_t *plans = render_member(error, "data.plans");
    const json_t *opens = render_member(error, "data.opens");
    struct render render;

    text_complain("%s", message_of(error));
    if (json_array_size(pools) > 0) {
        render_init(&render, stderr);
        render_rows(&render, pool_columns, pools);
    }
    if (opens != NULL) {
        char *time = render_cell(opens, CELL_TIME, false);
        text_hint("it opens %s", time);
        free(time);
    }
    help_print(render_member(error, "data.help"));
    if (json_array_size(plans) > 0) {
        char *names = render_cell(plans, CELL_LIST, false);
        text_hint("%s", names);
        free(names);
    }
}

char *refusal_line(const json_t *error)
{
    return memory_format("%s: %s", render_string(error, "data.reason", "error"), message_of(error));
}
