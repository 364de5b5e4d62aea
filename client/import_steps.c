/*
 * Rows into moves. The order within a row: taken up again, handed over, then its state. A step happened when its
 * row was written; but the last resolution and the last closing when the log says so itself, in a column of their
 * own.
 */
#include "config.h"

#include "client/import_map.h"
#include "client/import_steps.h"
#include "client/memory.h"
#include "client/render.h"
#include "common/clock.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const states[] = {"new",    "in_progress", "awaiting_partner", "awaiting_vendor", "resolved",
                                     "closed", NULL};

/* What a map of "word=value" pairs with commas between has for a word, in any case; NULL: nothing. For free(). */
static char *map_value(const char *map, const char *word)
{
    size_t length = strlen(word);
    char *otherwise = NULL;

    while (map != NULL && map[0] != '\0') {
        size_t end = strcspn(map, ",");
        const char *equals = memrchr(map, '=', end);
        size_t name = equals == NULL ? 0 : (size_t)(equals - map);
        if (equals != NULL && name == length && strncasecmp(map, word, length) == 0) {
            free(otherwise);
            return strndup(equals + 1, end - name - 1);
        }
        if (name == 1 && map[0] == '*' && otherwise == NULL)
            otherwise = strndup(equals + 1, end - name - 1);
        map += end + (map[end] == ',');
    }
    return otherwise;
}

/* The protocol's word for a state; NULL where it is none. */
static const char *state_word(const char *text)
{
    for (size_t i = 0; text != NULL && states[i] != NULL; i++)
        if (strcmp(states[i], text) == 0)
            return states[i];
    return NULL;
}

static bool state_map_check(const char *map, char *why, size_t why_size)
{
    for (const char *at = map; at[0] != '\0';) {
        size_t end = strcspn(at, ",");
        const char *equals = memrchr(at, '=', end);
        char *value = equals == NULL ? NULL : strndup(equals + 1, (size_t)(at + end - equals - 1));
        bool known = state_word(value) != NULL;
        free(value);
        if (!known) {
            snprintf(why, why_size,
                     "--state-map: \"%.*s\" is not WORD=STATE with a state of new, in_progress, awaiting_partner, "
                     "awaiting_vendor, resolved, closed",
                     (int)end, at);
            return false;
        }
        at += end + (at[end] == ',');
    }
    return true;
}

bool steps_map_init(struct steps_map *map, const struct steps_wish *wish, const struct csv_row *header, char *why,
                    size_t why_size)
{
    *map = (struct steps_map){.wish = wish, .count = header->count};
    if (wish->state_column == NULL || wish->state_map == NULL) {
        snprintf(why, why_size,
                 "--with-updates needs --state-column and --state-map: which states the rows tell of");
        return false;
    }
    if (wish->owner_map != NULL && wish->group_column == NULL) {
        snprintf(why, why_size, "--owner-map needs --group-column");
        return false;
    }
    if (wish->opened_at_column == NULL &&
        (wish->updated_at_column != NULL || wish->resolved_at_column != NULL || wish->closed_at_column != NULL)) {
        snprintf(why, why_size, "times of updates need --opened-at-column: they are after the opening");
        return false;
    }
    return state_map_check(wish->state_map, why, why_size) &&
           import_column(header, wish->state_column, "state-column", &map->state, why, why_size) &&
           import_column(header, wish->reopen_column, "reopen-column", &map->reopened, why, why_size) &&
           import_column(header, wish->group_column, "group-column", &map->group, why, why_size) &&
           import_column(header, wish->updated_at_column, "updated-at-column", &map->updated_at, why, why_size) &&
           import_column(header, wish->resolved_at_column, "resolved-at-column", &map->resolved_at, why,
                         why_size) &&
           import_column(header, wish->closed_at_column, "closed-at-column", &map->closed_at, why, why_size);
}

struct steps *steps_new(const char *id)
{
    struct steps *steps = memory_new(1, sizeof *steps);

    steps->id = memory_copy(id);
    steps->state = steps->last = states[0];
    steps->times = (struct steps_times){IMPORT_TIME_NONE, IMPORT_TIME_NONE, IMPORT_TIME_NONE, IMPORT_TIME_NONE};
    return steps;
}

void steps_free(struct steps *steps)
{
    if (steps == NULL)
        return;
    for (size_t i = 0; i < steps->count; i++) {
        json_decref(steps->list[i].params);
        free(steps->list[i].mark);
    }
    free(steps->list);
    free(steps->group);
    free(steps->owner);
    free(steps->id);
    free(steps);
}

/*
 * Adds a step with one parameter. Its mark has how often the incident had the same before, and not where it stands:
 * so that other flags, or rows that were added, leave the keys of the others as they were.
 */
static struct step *step_add(struct steps *steps, enum method_id method, const char *name, const char *value)
{
    size_t before = 0;

    for (size_t i = 0; i < steps->count; i++)
        before +=
            steps->list[i].method == method && strcmp(render_string(steps->list[i].params, name, ""), value) == 0;
    steps->list = memory_resize(steps->list, steps->count + 1, sizeof *steps->list);
    struct step *step = &steps->list[steps->count++];
    step->method = method;
    step->params = json_object();
    json_object_set_new(step->params, name, json_string(value));
    step->row_us = steps->times.updated;
    step->mark = memory_format("%s\n%s\n%s\n%zu", steps->id, method_spec(method)->name, value, before);
    return step;
}

static bool is_over(const char *state)
{
    return strcmp(state, "resolved") == 0 || strcmp(state, "closed") == 0;
}

/* An assignment group that is another than before. The first one is only a step where the map names its owner. */
static void group_step(struct steps *steps, const struct steps_map *map, const char *group)
{
    char *owner = NULL;

    if (group == NULL || (steps->group != NULL && strcmp(steps->group, group) == 0))
        return;
    if (!is_over(steps->state))
        owner = map_value(map->wish->owner_map, group);
    if (owner != NULL && (steps->owner == NULL || strcmp(owner, steps->owner) != 0)) {
        step_add(steps, METHOD_INCIDENT_ASSIGN, "to", owner);
        free(steps->owner);
        steps->owner = memory_copy(owner);
    } else if (steps->group != NULL) {
        char *text = memory_format("reassigned from %s to %s in the log", steps->group, group);
        struct step *step = step_add(steps, METHOD_INCIDENT_NOTE, "text", text);
        json_object_set_new(step->params, "visibility", json_string("internal"));
        free(text);
    }
    free(owner);
    free(steps->group);
    steps->group = memory_copy(group);
}

/* From the state that the steps have led to, to the one that the row wants. What cannot be had is left. */
static void state_steps(struct steps *steps, const char *wanted)
{
    if (strcmp(steps->state, wanted) == 0 || strcmp(wanted, "new") == 0)
        return;
    if (is_over(wanted) && !is_over(steps->state))
        step_add(steps, METHOD_INCIDENT_RESOLVE, "resolution", "resolved in the log");
    if (strcmp(wanted, "closed") == 0)
        step_add(steps, METHOD_INCIDENT_CLOSE, "reason", "closed in the log");
    else if (!is_over(wanted))
        step_add(steps, METHOD_INCIDENT_UPDATE, "state", wanted);
    steps->state = wanted;
}

/* Keeps what a row says of times; what it does not say stays as it was. */
static void times_keep(struct steps_times *kept, const struct steps_times *times)
{
    kept->opened = times->opened == IMPORT_TIME_NONE ? kept->opened : times->opened;
    kept->updated = times->updated == IMPORT_TIME_NONE ? kept->updated : times->updated;
    kept->resolved = times->resolved == IMPORT_TIME_NONE ? kept->resolved : times->resolved;
    kept->closed = times->closed == IMPORT_TIME_NONE ? kept->closed : times->closed;
}

bool steps_row(struct steps *steps, const struct steps_map *map, const struct csv_row *row, char severity,
               const struct steps_times *times, char *why, size_t why_size)
{
    const char *word = row->count == map->count ? import_field(row, map->state) : NULL;
    char *value = word == NULL ? NULL : map_value(map->wish->state_map, word);
    const char *wanted = state_word(value), *counted = word == NULL ? NULL : import_field(row, map->reopened);
    long reopened = counted == NULL ? steps->reopened : strtol(counted, NULL, 10);

    free(value);
    if (wanted == NULL) {
        snprintf(why, why_size, "--state-map has no state for \"%s\"", word == NULL ? "" : word);
        return false;
    }
    times_keep(&steps->times, times);
    if (is_over(steps->state) && (reopened > steps->reopened || !is_over(wanted) ||
                                  (strcmp(steps->state, "closed") == 0 && strcmp(wanted, "resolved") == 0))) {
        step_add(steps, METHOD_INCIDENT_REOPEN, "reason", "reopened in the log");
        steps->state = states[1];
    }
    group_step(steps, map, import_field(row, map->group));
    if (severity != 0 && steps->severity != 0 && severity != steps->severity && !is_over(steps->state)) {
        char letter[2] = {severity, '\0'};
        step_add(steps, METHOD_INCIDENT_UPDATE, "severity", letter);
    }
    steps->severity = severity != 0 && !is_over(steps->state) ? severity : steps->severity;
    state_steps(steps, wanted);
    steps->reopened = reopened > steps->reopened ? reopened : steps->reopened;
    steps->last = wanted;
    return true;
}

/* True where no later step is of the same method, and the incident is over in the end. */
static bool step_is_last(const struct steps *steps, size_t n)
{
    for (size_t later = n + 1; later < steps->count; later++)
        if (steps->list[later].method == steps->list[n].method)
            return false;
    return is_over(steps->state);
}

/* When a step happened; IMPORT_TIME_NONE: the log does not say. */
static int64_t step_time(const struct steps *steps, size_t n)
{
    const struct step *step = &steps->list[n];
    int64_t own = step->method == METHOD_INCIDENT_RESOLVE ? steps->times.resolved
                  : step->method == METHOD_INCIDENT_CLOSE ? steps->times.closed
                                                          : IMPORT_TIME_NONE;

    return own != IMPORT_TIME_NONE && step_is_last(steps, n) ? own : step->row_us;
}

size_t steps_finish(struct steps *steps)
{
    int64_t before = steps->times.opened;
    char written[CLOCK_TEXT_MAX];
    size_t moved = 0;

    for (size_t i = 0; i < steps->count && before != IMPORT_TIME_NONE; i++) {
        struct step *step = &steps->list[i];
        int64_t at = step_time(steps, i);
        moved += at != IMPORT_TIME_NONE && at < before;
        before = at > before ? at : before;
        json_object_set_new(step->params, "at", json_string(clock_format(before, written)));
        char *mark = memory_format("%s\n%s", step->mark, written); /* another time is another request */
        free(step->mark);
        step->mark = mark;
    }
    return moved;
}
