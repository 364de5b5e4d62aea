/*
 * Dates and local midnights.  A day's first instant is found by looking at each quarter of an hour around it with
 * localtime_r(): slow and plain, so what was found is kept.
 */
#include "tests/model/zone.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Days of which the first instant is kept: 1997 to 2106. */
enum { DAY_FIRST = 10000, DAYS = 40000 };

/*
 * Zones with a plain summer time, with clocks that change at midnight (Havana, East, Beirut, Asuncion) or one
 * minute after it (Newfoundland), far east and west, and one that left out a whole day, 2011-12-30 (Apia).
 */
static const char *const names[ZONES] = {
    "Etc/Universal", "Europe/Lisbon", "America/Toronto",     "America/Havana",   "Brazil/East",
    "Asia/Beirut",   "Asia/Kolkata",  "Canada/Newfoundland", "America/Asuncion", "Pacific/Apia",
};

static int64_t kept[ZONES][DAYS];

const char *zone_name(int zone)
{
    return names[zone];
}

bool zones_exist(const char **missing)
{
    char path[100];

    for (int i = 0; i < ZONES; i++) {
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", names[i]);
        *missing = names[i];
        if (access(path, R_OK) != 0)
            return false;
    }
    return true;
}

/* The civil date of a day: the calendar of 400 years, from a March. */
static void day_split(int day, int *year, int *month, int *dom)
{
    int shifted = day + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int of_era = shifted - era * 146097;
    int of_year, year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int march;

    of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    march = (5 * of_year + 2) / 153;
    *dom = of_year - (153 * march + 2) / 5 + 1;
    *month = march < 10 ? march + 3 : march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

int day_of(int year, int month, int dom)
{
    int from_march = month <= 2 ? year - 1 : year, era = (from_march >= 0 ? from_march : from_march - 399) / 400;
    int year_of_era = from_march - era * 400;
    int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + dom - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719468;
}

int day_add_months(int day, int months)
{
    int year, month, dom, next;

    day_split(day, &year, &month, &dom);
    months += month - 1;
    year += months / 12;
    month = months % 12 + 1;
    next = month == 12 ? day_of(year + 1, 1, 1) : day_of(year, month + 1, 1);
    day = day_of(year, month, 1);
    return day + dom <= next ? day + dom - 1 : next - 1;
}

const char *day_text(int day, char into[16])
{
    int year, month, dom;

    day_split(day, &year, &month, &dom);
    snprintf(into, 16, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100, (unsigned)dom % 100);
    return into;
}

const char *instant_text(int64_t instant, char into[32])
{
    char date[16];
    int day = (int)(instant / 86400), second = (int)(instant % 86400);

    snprintf(into, 32, "%sT%02u:%02u:%02uZ", day_text(day, date), (unsigned)second / 3600,
             (unsigned)second / 60 % 60, (unsigned)second % 60);
    return into;
}

/* The local day at an instant, in the zone that TZ names. */
static int local_day(int64_t instant)
{
    time_t at = (time_t)instant;
    struct tm local;

    localtime_r(&at, &local);
    return day_of(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

/* Makes a zone the C library's own. */
static void zone_enter(int zone)
{
    static int entered = -1;

    if (entered == zone)
        return;
    setenv("TZ", names[zone], 1);
    tzset();
    entered = zone;
}

int zone_day_at(int zone, int64_t instant)
{
    zone_enter(zone);
    return local_day(instant);
}

int64_t zone_day_starts(int zone, int day)
{
    int64_t at = (int64_t)day * 86400 - 20 * 3600;

    if (day < DAY_FIRST || day >= DAY_FIRST + DAYS)
        abort();
    if (kept[zone][day - DAY_FIRST] != 0)
        return kept[zone][day - DAY_FIRST];
    zone_enter(zone);
    while (local_day(at) < day)
        at += 900;
    kept[zone][day - DAY_FIRST] = at;
    return at;
}
