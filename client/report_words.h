/*
 * The words of a report: days, times in the report's time zone, numbers, states and forecasts, the same in every
 * format. Texts that are returned are for free(), and hold what the server sent as it is: who shows them escapes
 * them.
 */
#ifndef CLIENT_REPORT_WORDS_H
#define CLIENT_REPORT_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How many of those who need action are named at the top of a page. */
#define REPORT_ATTENTION_MAX 24

/*
 * Makes a time zone the process's own, so that report_time() tells its times; what was before comes back with
 * report_zone_end(), and must. Where the zone is not known here, it is UTC, and that is what report_zone_name()
 * says.
 */
struct report_zone {
    char *before;     /* TZ as it was; NULL: it was not set */
    const char *name; /* what times are told in */
};

void report_zone_begin(struct report_zone *zone, const char *name);
void report_zone_end(struct report_zone *zone);

/* The number of a day ("YYYY-MM-DD…", or a time in the zone begun), from 1970-01-01 on. False if it is none. */
bool report_day_number(const char *text, long *number);

/* "YYYY-MM-DD" of such a number, in text (16 bytes); returns it. */
char *report_day_iso(long number, char *text);

/* "15 Mar 2016" of a day or a time; weekday: "Tuesday, 15 March 2016". What is none comes as it is, NULL as "". */
char *report_day(const char *text, bool weekday);

/*
 * The day on which a term starts or ends: it does so at midnight in its partner's time zone. Where that is not
 * known (NULL) it is the nearest midnight of UTC's, which is that day up to eleven hours around UTC.
 */
char *report_term_day(const char *text, const char *time_zone);

/* "15 Mar 2016 14:05" of a time, in the zone begun. */
char *report_time(const char *text);

/* "1,234". */
char *report_number(json_int_t number);

/* "1 incident", "600 minutes". */
char *report_units(json_int_t number, const char *unit);

/* "+3", "-2", or "" for the change between two members of two objects (totals and those of the day before). */
char *report_change(const json_t *now, const json_t *before, const char *name);

/* What a pool's status is called: "runs out early". */
const char *report_status(const char *status);

/* One of the protocol's words, without its underscores; NULL is "". */
char *report_word(const char *word);

/* What the reason is called for which somebody needs action: "target at risk". */
const char *report_reason(const char *reason);

/* How pressing a pool's status is: 0 exhausted … 5 ok; what is unknown comes last. */
unsigned report_rank(const char *status);

/* A forecast in a few words: "12 Jun 2016", "after it expires", "not enough data" or "". */
char *report_runs_out(const json_t *forecast);

/* The same as a sentence, with its band: "At this pace it runs out about 12 Jun 2016 (between … and …)." */
char *report_forecast(const json_t *forecast, const char *unit, const char *expires);

/* "87 %", or "none yet" where nothing counts: {"met", "missed", "percent"}. */
char *report_attained(const json_t *attained);

/* What the first line of a page says: who needs action; or that nobody does. */
char *report_headline(const json_t *summary);

/* The line about pools that do not add up, or NULL where all do. */
char *report_difference(const json_t *summary);

/* "Generated 16 Mar 2016 00:05. Days of America/Los_Angeles; it counts what had happened before …". */
char *report_made(const json_t *summary, const struct report_zone *zone);

#endif
