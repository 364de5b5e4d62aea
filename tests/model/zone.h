/*
 * Dates and local midnights for the model test, from the C library's time zones: nothing here asks PostgreSQL.
 */
#ifndef TESTS_MODEL_ZONE_H
#define TESTS_MODEL_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The zones that partners have; an index into this list is a zone everywhere else. */
enum { ZONES = 10 };

/* The IANA name of a zone, 0 … ZONES - 1. */
const char *zone_name(int zone);

/* Whether the C library has every zone of the list; if not, its name is in *missing. */
bool zones_exist(const char **missing);

/*
 * The first instant of a local day, in seconds since 1970: its midnight, the first one where there are two, and
 * where midnight is skipped the instant at which the clocks are set forward.  day: days since 1970-01-01.
 */
int64_t zone_day_starts(int zone, int day);

/* The local day at an instant. */
int zone_day_at(int zone, int64_t instant);

/* The day of a date of the proleptic Gregorian calendar. */
int day_of(int year, int month, int dom);

/* The day so many months later; where that month is shorter, its last day. */
int day_add_months(int day, int months);

/* Writes YYYY-MM-DD; returns into. */
const char *day_text(int day, char into[16]);

/* Writes an instant as YYYY-MM-DDTHH:MM:SSZ; returns into. */
const char *instant_text(int64_t instant, char into[32]);

#endif
