/* Follows `next` from page to page. */
#include "client/pages.h"
#include "client/text.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec pages_options[] = {
    {"limit", 'n', "N", "how many at the most; all is the default"},
    {NULL, 0, NULL, NULL},
};

const struct option_spec pages_options_few[] = {
    {"limit", 'n', "N", "how many at the most; 50 is the default"},
    {"all", 'a', NULL, "all of them"},
    {NULL, 0, NULL, NULL},
};

/* How many are wanted. False with a sentence. */
static bool limit_read(const struct session *session, const struct command *command, size_t *limit, char *why,
                       size_t why_size)
{
    const char *text = session_value(session, "limit");
    bool all = command->list_limit == 0 || session_value(session, "all") != NULL;
    char *end;

    *limit = all ? SIZE_MAX : (size_t)command->list_limit;
    if (text == NULL)
        return true;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && number > 0) {
        *limit = (size_t)number;
        return true;
    }
    snprintf(why, why_size, "--limit: \"%s\" is not a whole number from 1 on", text);
    return false;
}

/* Shows a page. more: there are others. enough: they are not wanted. */
static void page_show(struct session *session, const struct command *command, const json_t *result, bool more,
                      bool enough)
{
    struct render *render = &session->render;

    if (render->pages > 0 || (more && !enough))
        render->pages++;
    if (render->pages > 0 && render->format == RENDER_JSON)
        render_json_page(render, result, command->list, !more || enough);
    else
        command_show(session, command, result);
    if (more && enough && render->format == RENDER_TABLE)
        text_hint("there are more: --limit N takes more%s, --cursor %s goes on",
                  command->list_limit > 0 ? ", --all takes all" : "", render_string(result, "next", ""));
}

enum status pages_run(struct session *session, const struct command *command)
{
    char why[COMMAND_WHY_MAX];
    enum status status;
    size_t left;

    if (!limit_read(session, command, &left, why, sizeof why))
        return command_misused(command, why);
    for (bool on = true; on;) {
        json_t *result, *page_rows = json_integer((json_int_t)(left < PAGES_ROWS_MAX ? left : PAGES_ROWS_MAX));
        json_object_set_new(session->params, "limit", page_rows);
        status = command_request(session, command->method, &result);
        if (status != STATUS_DONE)
            return status;
        const json_t *next = render_member(result, "next");
        const json_t *before = json_object_get(session->params, "cursor");
        size_t count = json_array_size(render_member(result, command->list));
        left -= count < left ? count : left;
        /* A server that never comes to an end is not followed. */
        bool more = next != NULL && !json_equal(next, before);
        page_show(session, command, result, more, left == 0);
        on = more && left > 0 && render_flush(&session->render);
        if (on)
            json_object_set(session->params, "cursor", (json_t *)next);
        json_decref(result);
    }
    return status;
}
