/*
 * Asks advise.plans for what a partner asked for, for numbers, or for what is counted in a log; shows the
 * alternatives and the reckoning of the first line by line. It reckons nothing itself.
 */
#include "client/command_advise.h"
#include "client/advise_demand.h"
#include "client/memory.h"
#include "client/text.h"
#include "client/value.h"
#include <stdlib.h>
#include <string.h>

#define ALTERNATIVES_SHOWN 10 /* in a table, without --all */

static const struct column alternative_columns[] = {
    {"PLANS", "plans", CELL_LIST},
    {"FEE", "fee", CELL_TEXT},
    {"TYPICAL", "typical", CELL_YES},
    {"COVERS ALL", "covers_all", CELL_YES},
    {"INCIDENTS BESIDE", "beside", CELL_OVER},
    {"UNITS BESIDE", "beside_units", CELL_OVER},
    {NULL, NULL, CELL_TEXT},
};

static const struct column alternative_csv[] = {
    {"plans", "plans", CELL_LIST},     {"fee", "fee", CELL_TEXT},
    {"typical", "typical", CELL_TEXT}, {"covers_all", "covers_all", CELL_TEXT},
    {"beside", "beside", CELL_NUMBER}, {"beside_units", "beside_units", CELL_NUMBER},
    {NULL, NULL, CELL_TEXT},
};

static const struct column line_columns[] = {
    {"WHAT", "what", CELL_TEXT},       {"ASKED", "asked", CELL_NUMBER}, {"INCLUDED", "included", CELL_NUMBER},
    {"BESIDE", "beside", CELL_OVER},   {"POOL", "pool", CELL_TEXT},     {"PLAN", "plan", CELL_TEXT},
    {"AMOUNT", "amount", CELL_NUMBER}, {"NOTE", "note", CELL_TEXT},     {NULL, NULL, CELL_TEXT},
};

/* What else is to be known of a line of the reckoning. */
static json_t *line_note(const json_t *line)
{
    json_int_t terms = json_integer_value(render_member(line, "terms"));
    bool typical = json_is_true(render_member(line, "typical"));
    bool own = json_is_true(render_member(line, "per_contract"));
    char *text = memory_format("%s%s%s", typical ? "typical" : "", typical && terms > 0 ? ", " : "",
                               own ? "a contract may set its own" : "");

    if (terms > 0) {
        char *longer = memory_format("%s%" JSON_INTEGER_FORMAT " terms", text, terms);
        free(text);
        text = longer;
    }
    json_t *note = text[0] == '\0' ? json_null() : json_string(text);
    free(text);
    return note;
}

static void lines_render(struct render *render, const json_t *alternative)
{
    char *plans = render_cell(render_member(alternative, "plans"), CELL_LIST, false);
    json_t *lines = json_deep_copy(render_member(alternative, "lines")), *line;
    size_t i;

    json_array_foreach(lines, i, line)
    {
        json_t *covered = json_object_get(line, "covered"); /* of what is no incident, but when one came */
        if (covered != NULL)
            json_object_set(line, "included", covered);
        json_object_set_new(line, "note", line_note(line));
    }
    render_line(render, "%s", "");
    render_line(render, "%s, line by line:", plans);
    render_rows(render, line_columns, lines);
    json_decref(lines);
    free(plans);
}

/* What the alternatives are for, in a line: whose, when, and each number that is not 0. */
static void demand_render(struct render *render, const json_t *result)
{
    static const char *const members[][2] = {
        {"professional", "professional"}, {"priority", "priority"},
        {"critical", "critical"},         {"delivered", "delivered by a partner"},
        {"advisory_minutes", "minutes"},  {"outside_hours", "outside business hours"},
    };
    const json_t *usage = render_member(result, "demand.usage");
    char *text = memory_copy("");

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_int_t count = json_integer_value(json_object_get(render_member(result, "demand"), members[i][0]));
        if (count == 0)
            continue;
        char *longer = memory_format("%s%s%" JSON_INTEGER_FORMAT " %s", text, text[0] == '\0' ? "" : ", ", count,
                                     members[i][1]);
        free(text);
        text = longer;
    }
    char *units = render_cell(usage, CELL_LIST, false);
    bool units_asked = json_object_size(usage) > 0;
    const char *from = render_string(result, "from", NULL), *to = render_string(result, "to", "");
    render_line(render, "%s%sregion %s%s%s%s%s: %s%s%s", render_string(result, "partner", ""),
                render_string(result, "partner", NULL) == NULL ? "" : ", ", render_string(result, "region", "?"),
                from == NULL ? "" : ", asked from ", from == NULL ? "" : from, from == NULL ? "" : " to ",
                from == NULL ? "" : to, text[0] == '\0' && !units_asked ? "nothing" : text,
                text[0] != '\0' && units_asked ? ", " : "", units_asked ? units : "");
    free(units);
    free(text);
}

static void advise_show(struct render *render, const json_t *result, bool all)
{
    const json_t *alternatives = render_member(result, "alternatives"), *best = json_array_get(alternatives, 0);
    size_t count = json_array_size(alternatives),
           shown = all || count < ALTERNATIVES_SHOWN ? count : ALTERNATIVES_SHOWN;

    if (render->format == RENDER_CSV) {
        render_rows(render, alternative_csv, alternatives);
        return;
    }
    demand_render(render, result);
    if (best == NULL) {
        render_line(render, "no plan is on offer in this region");
        return;
    }
    json_t *first = json_array();
    for (size_t i = 0; i < shown; i++)
        json_array_append(first, json_array_get(alternatives, i));
    render_rows(render, alternative_columns, first);
    json_decref(first);
    if (!json_is_true(render_member(best, "covers_all")))
        render_line(render, "nothing on offer covers all of it: the first leaves least");
    lines_render(render, best);
    if (shown < count)
        text_hint("there are %zu more: --all shows them", count - shown);
    if (json_is_false(render_member(result, "complete")))
        text_hint("there are more combinations of plans than were looked at");
}

static void advise_render(struct render *render, const json_t *result)
{
    advise_show(render, result, false);
}

/* --from: a day, which becomes a parameter, or a log. False with a sentence. */
static bool from_read(struct session *session, struct demand_log *log, char *why, size_t why_size)
{
    const char *from = session_value(session, "from");

    if (from != NULL && demand_is_date(from)) {
        json_t *day = value_read(method_param(method_spec(METHOD_ADVISE_PLANS), "from"), from, why, why_size);
        if (day == NULL)
            return false;
        json_object_set_new(session->params, "from", day);
    } else if (from != NULL && log->path != NULL) {
        snprintf(why, why_size, "--from: \"%s\" is no day (YYYY-MM-DD), and --file names the log already", from);
        return false;
    } else if (from != NULL) {
        log->path = from;
    }
    return true;
}

/* The numbers that were typed, over those counted. False with a sentence. */
static bool numbers_read(const struct session *session, json_t *demand, char *why, size_t why_size)
{
    static const char *const numbers[][2] = {
        {"professional", "professional"}, {"priority", "priority"},        {"critical", "critical"},
        {"delivered", "delivered"},       {"minutes", "advisory_minutes"}, {"outside-hours", "outside_hours"},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!demand_number(demand, numbers[i][1], numbers[i][0], session_value(session, numbers[i][0]), why,
                           why_size))
            return false;
    return demand_usage(demand, session_value(session, "usage"), why, why_size);
}

/* What is asked about goes into session->params. STATUS_DONE, or it has been said what is wrong. */
static enum status demand_read(struct session *session, const struct command *command)
{
    struct demand_log log = {
        .path = session_value(session, "file"),
        .only = session_value(session, "only"),
        .partner_column = session_value(session, "partner-column"),
        .id_column = session_value(session, "id-column"),
        .class = session_value(session, "class"),
        .class_column = session_value(session, "class-column"),
    };
    bool mapped = log.only || log.partner_column || log.id_column || log.class || log.class_column;
    json_t *demand = demand_new();
    enum status status = STATUS_USAGE;
    char why[COMMAND_WHY_MAX];
    size_t passed_over = 0;

    if (!from_read(session, &log, why, sizeof why))
        goto out;
    if (log.path == NULL && mapped) {
        snprintf(why, sizeof why, "columns and classes are those of a log: --file FILE");
        goto out;
    }
    if (log.only == NULL && log.partner_column != NULL)
        log.only = json_string_value(json_object_get(session->params, "partner"));
    if (log.path != NULL && !demand_count(demand, &log, &passed_over, why, sizeof why)) {
        text_complain("%s", why);
        json_decref(demand);
        return STATUS_FAILED;
    }
    if (passed_over > 0)
        text_hint("%zu %s not counted: %s", passed_over, passed_over == 1 ? "row was" : "rows were", why);
    if (!numbers_read(session, demand, why, sizeof why))
        goto out;
    if (log.path == NULL && json_object_size(demand) == 0) {
        status = STATUS_DONE; /* what the partner asked for */
        goto out;
    }
    if (json_object_get(session->params, "from") != NULL || json_object_get(session->params, "to") != NULL) {
        snprintf(why, sizeof why,
                 "--from and --to are days on which the partner asked: they do not go with numbers or a log");
        goto out;
    }
    json_object_set(session->params, "demand", demand);
    status = STATUS_DONE;
out:
    json_decref(demand);
    return status == STATUS_DONE ? status : command_misused(command, why);
}

static enum status advise_run(struct session *session, const struct command *command)
{
    json_t *result;
    enum status status = demand_read(session, command);

    if (status != STATUS_DONE)
        return status;
    status = command_request(session, command->method, &result);
    if (status == STATUS_DONE && session->render.format == RENDER_JSON)
        render_json(&session->render, result, false);
    else if (status == STATUS_DONE)
        advise_show(&session->render, result, session_value(session, "all") != NULL);
    json_decref(result);
    return status;
}

static const struct option_spec advise_options[] = {
    {"from", 'f', "DATE", "what it asked for from this day on; 365 days up to the last are the default"},
    {"professional", 0, "N", "so many professional incidents a year, in place of what it asked for"},
    {"priority", 0, "N", "so many priority incidents"},
    {"critical", 0, "N", "so many critical incidents"},
    {"delivered", 0, "N", "so many incidents that a partner delivers"},
    {"minutes", 0, "N", "so many minutes of advisory work"},
    {"outside-hours", 0, "N", "how many of the incidents come outside business hours"},
    {"usage", 0, "LIST", "units of pools by name: \"phone-consulting=300,isv-lab=2\""},
    {"file", 0, "FILE", "count the incidents of a CSV log; - for standard input (--from FILE does the same)"},
    {"partner-column", 'p', "NAME", "names the partner in the log: only PARTNER's rows count; all is the default"},
    {"only", 0, "TEXT", "count this partner's rows, as the log names it, in place of PARTNER's"},
    {"id-column", 'i', "NAME", "names the incident: later rows of one are its updates"},
    {"class", 'c', "WORD", "of every row: professional (the default), priority, critical or advisory"},
    {"class-column", 0, "NAME", "the class, as one of these words"},
    {"all", 'a', NULL, "show all alternatives; ten is the default"},
    {NULL, 0, NULL, NULL},
};

const struct command command_advise = {
    .name = "advise",
    .method = METHOD_ADVISE_PLANS,
    .words = "partner?",
    .letters = "r=region",
    .without = "from demand",
    .options = advise_options,
    .summary = "which plans would cover what a partner asks for, and at what fee",
    .example = "entitle advise contoso\n  entitle advise contoso --professional 7 --priority 3",
    .details =
        "Each alternative is one membership and the service plans beside it, at the region's fees; the first is "
        "the\n"
        "cheapest that covers all, and is reckoned line by line. BESIDE is what it does not include, in\n"
        "whatever order the incidents come. Incidents outside business hours are told, not counted as beside.",
    .render = advise_render,
    .run = advise_run,
};
