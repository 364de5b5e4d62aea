/* Two questions of one name: incident.check where a class is given, else benefit.check. */
#include "client/command_check.h"
#include "client/charge.h"
#include "client/memory.h"
#include "client/refusal.h"
#include "client/text.h"
#include "client/value.h"
#include <stdlib.h>
#include <string.h>

static void incident_render(struct render *render, const json_t *result)
{
    if (json_is_true(render_member(result, "would_open"))) {
        charge_render(render, "it would be logged", "it would take", result);
        return;
    }
    char *line = refusal_line(render_member(result, "error"));
    render_line(render, "it would be refused: %s", line);
    free(line);
}

/* Asks, and exits as the incident itself would. */
static enum status incident_check(struct session *session, const struct command *command)
{
    char why[COMMAND_WHY_MAX];
    json_t *result;

    if (json_object_get(session->params, "title") == NULL)
        json_object_set_new(session->params, "title", json_string("check"));
    if (!command_complete(session, METHOD_INCIDENT_CHECK, why, sizeof why))
        return command_misused(command, why);
    enum status status = command_request(session, METHOD_INCIDENT_CHECK, &result);
    if (status == STATUS_DONE) {
        const json_t *error = render_member(result, "error");
        if (session->render.format == RENDER_JSON || error == NULL)
            command_show(session, command, result);
        else
            refusal_print(error);
        if (error != NULL)
            status = call_error_status(error);
    }
    json_decref(result);
    return status;
}

bool check_is_of_benefit(const struct session *session)
{
    const char *name;
    json_t *value;

    if (session_value(session, "benefit") != NULL)
        return true;
    json_object_foreach(session->params, name, value)
    {
        if (strcmp(name, "partner") != 0 && strcmp(name, "title") != 0)
            return false;
    }
    return json_object_get(session->params, "title") != NULL;
}

/* Moves what was typed into a parameter of benefit.check. */
static bool benefit_param(json_t *params, const char *name, const char *text, char *why, size_t why_size)
{
    json_t *value = NULL;

    if (text == NULL)
        return true;
    value = value_read(method_param(method_spec(METHOD_BENEFIT_CHECK), name), text, why, why_size);
    if (value != NULL)
        json_object_set_new(params, name, value);
    return value != NULL;
}

void check_benefit_render(struct render *render, const json_t *result)
{
    static const struct column columns[] = {
        {"covered", "covered", CELL_TEXT},   {"by", "by.contract", CELL_TEXT},
        {"plan", "by.plan", CELL_TEXT},      {"delivered by", "by.delivered_by", CELL_TEXT},
        {"coverage", "coverage", CELL_TEXT}, {"opens", "opens", CELL_TIME},
        {"because", "why", CELL_TEXT},       {NULL, NULL, CELL_TEXT},
    };

    render_facts(render, columns, result);
}

/* Asks; exits with STATUS_REFUSED where it is not covered. */
static enum status benefit_check(struct session *session, const struct command *command)
{
    const char *benefit = session_value(session, "benefit"), *title;
    json_t *partner = json_object_get(session->params, "partner"), *params = json_object(), *result;
    char why[COMMAND_WHY_MAX] = "";

    title = json_string_value(json_object_get(session->params, "title"));
    if (partner != NULL)
        json_object_set(params, "partner", partner);
    bool good = benefit_param(params, "benefit", benefit != NULL ? benefit : title, why, sizeof why) &&
                benefit_param(params, "at", session_value(session, "at"), why, sizeof why);
    json_decref(session->params);
    session->params = params;
    if (!good)
        return command_misused(command, why);
    enum status status = command_request(session, METHOD_BENEFIT_CHECK, &result);
    if (status == STATUS_DONE) {
        if (session->render.format == RENDER_JSON)
            render_json(&session->render, result, false);
        else
            check_benefit_render(&session->render, result);
        if (!json_is_true(render_member(result, "covered")))
            status = STATUS_REFUSED;
    }
    json_decref(result);
    return status;
}

static enum status check_run(struct session *session, const struct command *command)
{
    bool of_benefit = check_is_of_benefit(session);

    if (of_benefit && session_value(session, "benefit") != NULL &&
        json_object_get(session->params, "title") != NULL)
        return command_misused(command, "--benefit and a second word: the benefit is named twice");
    if (!of_benefit && session_value(session, "at") != NULL)
        return command_misused(command, "--at goes with a benefit; for an incident there is --opened-at");
    if (!of_benefit && json_object_get(session->params, "class") == NULL)
        return command_misused(command, "name a benefit, or --class and --severity of an incident");
    return of_benefit ? benefit_check(session, command) : incident_check(session, command);
}

static const struct option_spec check_options[] = {
    {"benefit", 'b', "CODE", "the benefit, instead of a second word (a partner's own need not be named)"},
    {"at", 0, "TIME", "with a benefit: the time; now is the default"},
    {NULL, 0, NULL, NULL},
};

const struct command command_check = {
    .name = "check",
    .method = METHOD_INCIDENT_CHECK,
    .words = "partner? title?",
    .letters = "c=class s=severity d=description",
    .options = check_options,
    .summary = "whether an incident would be logged, or a benefit is covered: nothing is written",
    .example = "entitle check contoso -c professional -s B\n  entitle check contoso phone-consulting",
    .usage = "PARTNER [TITLE] --class WORD --severity WORD [options]\n"
             "       entitle check PARTNER BENEFIT [--at TIME]",
    .details = "With --class it asks what logging this incident would do, and exits with 0 if it would be logged,\n"
               "and as `open` would if it would be refused. Without, the second word is a benefit: it tells\n"
               "whether that is covered now, by which contract, or why not and when it opens, and exits with 0\n"
               "if it is covered, with 3 if it is not. What is required is so with --class only.",
    .render = incident_render,
    .run = check_run,
};
