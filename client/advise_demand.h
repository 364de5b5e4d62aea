/* The demand that `entitle advise` asks about: from numbers that were typed, and from the rows of somebody's CSV
 * log. */
#ifndef CLIENT_ADVISE_DEMAND_H
#define CLIENT_ADVISE_DEMAND_H

#include "client/import_map.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A log that is counted; NULL: not given. Strings are borrowed. */
struct demand_log {
    const char *path; /* "-": standard input */
    const char *only; /* rows of this partner only, by its code or as the file names it; needs partner_column */
    const char *partner_column; /* these as `entitle import` has them */
    const char *id_column;
    const char *class; /* of every row; professional where there is no column either */
    const char *class_column;
};

/* A demand without anything; for json_decref(). */
json_t *demand_new(void);

/*
 * Sets a member of a demand ("professional") to the number that text says, 0 to 1000000. text NULL: leaves it.
 * flag: how the option is called. False with a sentence.
 */
bool demand_number(json_t *demand, const char *member, const char *flag, const char *text, char *why,
                   size_t why_size);

/* Sets the units of usage that "phone-consulting=300,isv-lab=2" says; NULL: none. False with a sentence. */
bool demand_usage(json_t *demand, const char *text, char *why, size_t why_size);

/*
 * Counts the incidents of a log by class: each row, or where there is an id_column, each id (at its first row;
 * later ones are updates). Of class advisory none is counted: that is asked for in minutes. Rows that say no class
 * or partner are passed over: *passed_over is how many, and why has the first one's line and problem. False with a
 * sentence where the log cannot be read to its end, or no row of it can be counted.
 */
bool demand_count(json_t *demand, const struct demand_log *log, size_t *passed_over, char *why, size_t why_size);

/* True for what has the form of a date, YYYY-MM-DD; so that --from takes both a day and a file. */
bool demand_is_date(const char *text);

#endif
