/* Steps in rounds: each round asks for the next step of every incident, so that those of one follow each other. */
#include "client/import_update.h"
#include "client/memory.h"
#include "client/refusal.h"
#include "client/text.h"
#include "common/clock.h"
#include <stdlib.h>
#include <string.h>

#define MISMATCHES_NAMED 20

/* One incident of the log. */
struct entry {
    struct steps *steps;
    char *incident; /* NULL: it was not logged */
    size_t next;    /* the step to come */
    size_t asked;   /* the round in which it was asked, from 1 */
    char *problem;  /* what stopped it, or NULL */
    char *state;    /* that it is in, at the end */
    size_t line;    /* of its last row */
};

struct import_update {
    struct steps_map map;
    const char *run;
    json_t *index; /* id: number of its entry */
    struct entry **entries;
    size_t count, at, round;
    size_t moves, replayed;
    size_t adjusted; /* steps that the log has before the step before them */
    bool asking;     /* for the states, after the last round */
};

struct import_update *import_update_new(const struct steps_wish *wish, const struct csv_row *header,
                                        const char *run, char *why, size_t why_size)
{
    struct import_update *update = memory_new(1, sizeof *update);

    update->run = run;
    update->index = json_object();
    if (steps_map_init(&update->map, wish, header, why, why_size))
        return update;
    import_update_free(update);
    return NULL;
}

void import_update_free(struct import_update *update)
{
    if (update == NULL)
        return;
    for (size_t i = 0; i < update->count; i++) {
        steps_free(update->entries[i]->steps);
        free(update->entries[i]->incident);
        free(update->entries[i]->problem);
        free(update->entries[i]->state);
        free(update->entries[i]);
    }
    free(update->entries);
    json_decref(update->index);
    free(update);
}

static struct entry *entry_of(struct import_update *update, const char *id, bool make)
{
    const json_t *number = json_object_get(update->index, id);

    if (number != NULL)
        return update->entries[json_integer_value(number)];
    if (!make)
        return NULL;
    struct entry *entry = memory_new(1, sizeof *entry);
    entry->steps = steps_new(id);
    json_object_set_new(update->index, id, json_integer((json_int_t)update->count));
    update->entries = memory_resize(update->entries, update->count + 1, sizeof(struct entry *));
    update->entries[update->count++] = entry;
    return entry;
}

/* What a row says of times. params: it as an opening. False with a sentence. */
static bool row_times(const struct import_update *update, const struct import_map *map, const struct csv_row *row,
                      const json_t *params, struct steps_times *times, char *why, size_t why_size)
{
    const char *opened = render_string(params, "opened_at", NULL);

    if (opened != NULL && !clock_parse(opened, &times->opened))
        return false;
    return import_map_time(map, row, update->map.updated_at, &times->updated, why, why_size) &&
           import_map_time(map, row, update->map.resolved_at, &times->resolved, why, why_size) &&
           import_map_time(map, row, update->map.closed_at, &times->closed, why, why_size);
}

bool import_update_row(struct import_update *update, const struct import_map *map, const char *id,
                       const struct csv_row *row, char *why, size_t why_size)
{
    json_t *params = import_map_row(map, row, why, why_size);
    struct steps_times times = {.opened = IMPORT_TIME_NONE};

    if (params == NULL || !row_times(update, map, row, params, &times, why, why_size)) {
        json_decref(params);
        return false;
    }
    char severity = render_string(params, "severity", "")[0];
    struct entry *entry = entry_of(update, id, true);
    entry->line = row->line;
    json_decref(params);
    return steps_row(entry->steps, &update->map, row, severity, &times, why, why_size);
}

void import_update_opened(struct import_update *update, const char *id, const char *incident)
{
    struct entry *entry = entry_of(update, id, false);

    if (entry != NULL && entry->incident == NULL)
        entry->incident = memory_copy(incident);
}

/* The parameters of a step, with incident and key. NULL where no key can be made. */
static json_t *step_params(const struct import_update *update, const struct entry *entry)
{
    const struct step *step = &entry->steps->list[entry->next];
    char key[IMPORT_KEY_MAX];

    if (!import_key(update->run, step->mark, NULL, 0, key))
        return NULL;
    json_t *params = json_copy(step->params);
    json_object_set_new(params, "incident", json_string(entry->incident));
    json_object_set_new(params, "key", json_string(key));
    return params;
}

/* The next incident that has something to ask in this round. */
static json_t *update_next(void *data, void **context)
{
    struct import_update *update = data;

    while (update->at < update->count) {
        struct entry *entry = update->entries[update->at++];
        if (entry->incident == NULL || entry->asked == update->round)
            continue;
        if (!update->asking && (entry->problem != NULL || entry->next == entry->steps->count))
            continue;
        entry->asked = update->round;
        *context = entry;
        json_t *params =
            update->asking ? json_pack("{s:s}", "incident", entry->incident) : step_params(update, entry);
        if (params != NULL)
            return params;
        entry->problem = memory_copy("OpenSSL cannot make its key");
    }
    return NULL;
}

static const char *update_method(const void *context)
{
    const struct entry *entry = context;

    return method_spec(entry->next < entry->steps->count && entry->problem == NULL
                           ? entry->steps->list[entry->next].method
                           : METHOD_INCIDENT_SHOW)
        ->name;
}

/* True where a refused step has nothing to do: the incident is already where it leads. */
static bool step_idle(const struct step *step, const json_t *error)
{
    const char *state = render_string(error, "data.state", "");
    bool closed = strcmp(state, "closed") == 0, over = closed || strcmp(state, "resolved") == 0;

    if (strcmp(render_string(error, "data.reason", ""), "invalid_state") != 0)
        return false;
    switch (step->method) {
    case METHOD_INCIDENT_ASSIGN:
        return strcmp(render_string(error, "data.owner", ""), render_string(step->params, "to", "?")) == 0;
    case METHOD_INCIDENT_UPDATE:
        return strcmp(state, render_string(step->params, "state", "?")) == 0;
    case METHOD_INCIDENT_RESOLVE:
        return over;
    case METHOD_INCIDENT_CLOSE:
        return closed;
    case METHOD_INCIDENT_REOPEN:
        return !over;
    default:
        return false;
    }
}

static void update_done(void *data, void *context, const json_t *result, const json_t *error)
{
    struct import_update *update = data;
    struct entry *entry = context;

    if (error != NULL && !update->asking && step_idle(&entry->steps->list[entry->next], error)) {
        entry->next++;
        return;
    }
    if (error != NULL) {
        if (entry->problem == NULL)
            entry->problem = refusal_line(error);
        return;
    }
    if (update->asking) {
        entry->state = memory_copy(render_string(result, "state", ""));
        return;
    }
    entry->next++;
    update->moves++;
    update->replayed += json_is_true(render_member(result, "replayed"));
}

/* True where an incident has a step to come. */
static bool steps_left(const struct import_update *update)
{
    for (size_t i = 0; i < update->count; i++) {
        const struct entry *entry = update->entries[i];
        if (entry->incident != NULL && entry->problem == NULL && entry->next < entry->steps->count)
            return true;
    }
    return false;
}

enum status import_update_run(struct import_update *update, struct call *call, size_t window,
                              const volatile sig_atomic_t *stop, char *why, size_t why_size)
{
    struct pipeline_work work = {
        .window = window,
        .data = update,
        .next = update_next,
        .method_of = update_method,
        .done = update_done,
        .stop = stop,
    };
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < update->count; i++)
        update->adjusted += steps_finish(update->entries[i]->steps);
    while (status == STATUS_DONE && !update->asking) {
        update->asking = !steps_left(update);
        update->at = 0;
        update->round++;
        status = pipeline_run(call, &work, why, why_size);
    }
    return status;
}

static void count_raise(json_t *object, const char *name)
{
    json_object_set_new(object, name, json_integer(json_integer_value(json_object_get(object, name)) + 1));
}

/* A row for each state: how many incidents are in it, and how many the log has there. */
static json_t *states_rows(json_t *here, json_t *log)
{
    static const char *const names[] = {"new",      "in_progress", "awaiting_partner", "awaiting_vendor",
                                        "resolved", "closed"};
    json_t *rows = json_array();

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_int_t count = json_integer_value(json_object_get(here, names[i]));
        json_int_t expected = json_integer_value(json_object_get(log, names[i]));
        if (count > 0 || expected > 0)
            json_array_append_new(
                rows, json_pack("{s:s, s:I, s:I}", "state", names[i], "incidents", count, "log", expected));
    }
    return rows;
}

json_t *import_update_summary(const struct import_update *update)
{
    json_t *here = json_object(), *log = json_object(), *mismatches = json_array();
    size_t compared = 0;

    for (size_t i = 0; i < update->count; i++) {
        const struct entry *entry = update->entries[i];
        const char *state = entry->state == NULL ? "" : entry->state;
        if (entry->incident == NULL)
            continue;
        compared++;
        if (entry->state != NULL)
            count_raise(here, state);
        count_raise(log, entry->steps->last);
        if (strcmp(state, entry->steps->last) != 0 || entry->problem != NULL)
            json_array_append_new(mismatches,
                                  json_pack("{s:s, s:s, s:s, s:s, s:I, s:s?}", "id", entry->steps->id, "incident",
                                            entry->incident, "state", state, "log", entry->steps->last, "line",
                                            (json_int_t)entry->line, "problem", entry->problem));
    }
    json_t *summary = json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "moves", (json_int_t)update->moves, "replayed",
                                (json_int_t)update->replayed, "adjusted", (json_int_t)update->adjusted, "incidents",
                                (json_int_t)compared, "states", states_rows(here, log), "mismatches", mismatches);
    json_decref(here);
    json_decref(log);
    return summary;
}

void import_update_show(const json_t *summary, struct render *render)
{
    static const struct column columns[] = {
        {"STATE", "state", CELL_STATE},
        {"INCIDENTS", "incidents", CELL_NUMBER},
        {"IN THE LOG", "log", CELL_NUMBER},
        {NULL, NULL, CELL_TEXT},
    };
    const json_t *mismatches = json_object_get(summary, "mismatches");
    json_t *mismatch;
    size_t i;

    render_line(render, "%s", "");
    render_rows(render, columns, json_object_get(summary, "states"));
    render_line(
        render,
        "%lld moves of %lld incidents (%lld of them before this run), %zu did not come to where the log has them",
        (long long)json_integer_value(json_object_get(summary, "moves")),
        (long long)json_integer_value(json_object_get(summary, "incidents")),
        (long long)json_integer_value(json_object_get(summary, "replayed")), json_array_size(mismatches));
    long long adjusted = json_integer_value(json_object_get(summary, "adjusted"));

    if (adjusted > 0)
        render_line(render, "%lld moves lie before the one before them in the log: each was taken as of that one",
                    adjusted);
    json_array_foreach(mismatches, i, mismatch)
    {
        if (i == MISMATCHES_NAMED) {
            text_hint("and %zu more; --json has all", json_array_size(mismatches) - i);
            break;
        }
        text_complain("%s (%s) is %s, and %s in the log%s%s", render_string(mismatch, "incident", ""),
                      render_string(mismatch, "id", ""), render_string(mismatch, "state", "of no known state"),
                      render_string(mismatch, "log", ""), render_member(mismatch, "problem") == NULL ? "" : ": ",
                      render_string(mismatch, "problem", ""));
    }
}
