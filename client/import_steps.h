/*
 * What the rows of one incident in a log come to: the moves that lead from an incident that was just logged to
 * where the log leaves it. Pure: nothing is asked, all is told by the rows, in their order; so a second run comes
 * to the same steps.
 */
#ifndef CLIENT_IMPORT_STEPS_H
#define CLIENT_IMPORT_STEPS_H

#include "client/csv_file.h"
#include "common/methods.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* As the flags of `entitle import --with-updates` give them; NULL: not given. Strings are borrowed. */
struct steps_wish {
    const char *state_column, *state_map; /* "New=new,Active=in_progress,*=awaiting_vendor"; both are required */
    const char *opened_at_column;         /* NULL: all happens now */
    const char *reopen_column;            /* counts the reopenings */
    const char *group_column, *owner_map; /* "Group 56=anna,*=bert"; without it a change of the group is a note */
    const char *updated_at_column;        /* when a row was written: its steps happened then */
    const char *resolved_at_column, *closed_at_column; /* of the last time that it was, in whatever row it stands */
};

/* Which columns they are. */
struct steps_map {
    const struct steps_wish *wish;
    size_t state, reopened, group, updated_at, resolved_at, closed_at, count;
};

/* What a row says of times, microseconds since 1970-01-01T00:00:00Z; IMPORT_TIME_NONE: nothing. */
struct steps_times {
    int64_t opened, updated, resolved, closed;
};

/* One request. */
struct step {
    enum method_id method;
    json_t *params; /* without incident and key; steps_finish() adds `at` */
    char *mark;     /* what its key is made of */
    int64_t row_us; /* when its row was written */
};

/* The steps of one incident, and where its rows have led so far. */
struct steps {
    char *id;
    const char *state; /* of an incident, a word of the protocol */
    const char *last;  /* that the last row wants */
    char *group;       /* NULL: not known */
    char *owner;       /* to whom it was handed over; NULL: to nobody */
    char severity;     /* 0: not known */
    long reopened;
    struct steps_times times; /* of the last row that says them */
    struct step *list;
    size_t count;
};

/* Finds the columns and checks the maps. False with a sentence. */
bool steps_map_init(struct steps_map *map, const struct steps_wish *wish, const struct csv_row *header, char *why,
                    size_t why_size);

struct steps *steps_new(const char *id);
void steps_free(struct steps *steps);

/*
 * Adds what a row comes to; the first row of an incident too. severity: that of the row, or 0. False with a
 * sentence where its state is none of the map's; then nothing is added.
 */
bool steps_row(struct steps *steps, const struct steps_map *map, const struct csv_row *row, char severity,
               const struct steps_times *times, char *why, size_t why_size);

/*
 * After the last row: says of each step when it happened. What would lie before the step before it is taken as of
 * that. Returns how many these were.
 */
size_t steps_finish(struct steps *steps);

#endif
