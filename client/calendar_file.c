/* Sections calendar, with hours and holidays as lists of short texts; more holidays out of iCalendar files. */
#include "client/calendar_file.h"
#include "client/config_file.h"
#include "client/icalendar_file.h"
#include "client/memory.h"
#include "common/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY_LETTERS 3
#define DATE_LETTERS 10
#define YEAR_MIN 1583 /* the first whole one of the calendar in use */
#define YEARS_BEFORE 5
#define YEARS_AFTER 10
#define WHY_MAX 512

/* 1 (Monday) to 7; 0 if text starts with no day's name. */
static int weekday_read(const char *text)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

    for (int i = 0; i < 7; i++)
        if (strncasecmp(text, days[i], DAY_LETTERS) == 0)
            return i + 1;
    return 0;
}

/* Minutes of "HH:MM", 00:00 to 24:00; -1 for anything else. */
static int minutes_read(const char *text)
{
    if (strspn(text, "0123456789") != 2 || text[2] != ':' || strspn(text + 3, "0123456789") != 2)
        return -1;
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    int minutes = hour * 60 + minute;
    return minute < 60 && minutes <= 24 * 60 ? minutes : -1;
}

/* Adds "HH:MM-HH:MM" for each day from first to last. */
static bool span_add(json_t *hours, int first, int last, const char *span)
{
    int opens = minutes_read(span);
    int closes = opens < 0 || span[5] != '-' ? -1 : minutes_read(span + 6);

    if (closes <= opens || span[11] != '\0')
        return false;
    for (int day = first; day <= last; day++)
        json_array_append_new(hours, json_pack("{s:i, s:s%, s:s%}", "weekday", day, "opens", span, (size_t)5,
                                               "closes", span + 6, (size_t)5));
    return true;
}

bool calendar_hours_read(json_t *hours, const char *text)
{
    int first = weekday_read(text), last = first;
    char *copy, *rest, *span;
    int spans = 0;

    if (first == 0)
        return false;
    text += DAY_LETTERS;
    if (text[0] == '-') {
        last = weekday_read(text + 1);
        text += 1 + DAY_LETTERS;
        if (last < first)
            return false;
    }
    if (text[0] != ' ')
        return false;
    rest = copy = memory_copy(text);
    while (spans >= 0 && (span = strsep(&rest, " ")) != NULL)
        if (span[0] != '\0')
            spans = span_add(hours, first, last, span) ? spans + 1 : -1;
    free(copy);
    return spans > 0;
}

/* Adds what "2004-12-25 Christmas Day" means. */
static bool holiday_read(json_t *holidays, const char *text)
{
    char day[DATE_LETTERS + 1];

    snprintf(day, sizeof day, "%s", text);
    if (!clock_parse_date(day) || text[DATE_LETTERS] != ' ' || text[DATE_LETTERS + 1] == '\0')
        return false;
    return json_array_append_new(holidays, json_pack("{s:s, s:s}", "day", day, "name", text + DATE_LETTERS + 1)) ==
           0;
}

/* "2020-2030"; without it, the years around this one. */
static bool years_read(const char *text, int *first, int *last)
{
    char now[CLOCK_TEXT_MAX];
    int used = 0;

    if (text != NULL)
        return sscanf(text, "%4d-%4d%n", first, last, &used) == 2 && text[used] == '\0' && *first >= YEAR_MIN &&
               *first <= *last;
    int year = atoi(clock_format(clock_wall_us(), now));
    *first = year - YEARS_BEFORE;
    *last = year + YEARS_AFTER;
    return true;
}

/* Adds the holidays of the iCalendar files that a calendar names. False after a cfg_error(). */
static bool holidays_from_read(cfg_t *root, cfg_t *calendar, json_t *holidays)
{
    const char *beside = config_path(), *slash = strrchr(beside, '/');
    int first, last, folder = slash == NULL ? 0 : (int)(slash + 1 - beside);
    char why[WHY_MAX];

    if (!years_read(cfg_getstr(calendar, "holidays_years"), &first, &last)) {
        cfg_error(root, "calendar \"%s\": holidays_years is like \"2020-2030\"", cfg_title(calendar));
        return false;
    }
    for (unsigned i = 0; i < cfg_size(calendar, "holidays_from"); i++) {
        const char *name = cfg_getnstr(calendar, "holidays_from", i);
        char *path = memory_format("%.*s%s", name[0] == '/' ? 0 : folder, beside, name);
        bool good = icalendar_file_read(path, first, last, holidays, why, sizeof why);
        free(path);
        if (!good) {
            cfg_error(root, "calendar \"%s\": %s", cfg_title(calendar), why);
            return false;
        }
    }
    return true;
}

/* One calendar's document, or NULL after a cfg_error() in root. */
static json_t *calendar_document(cfg_t *root, cfg_t *calendar)
{
    json_t *hours = json_array(), *holidays = json_array();
    const char *name = cfg_getstr(calendar, "name"), *time_zone = cfg_getstr(calendar, "time_zone");
    bool good = name != NULL && time_zone != NULL;

    if (!good)
        cfg_error(root, "calendar \"%s\" needs a name and a time_zone", cfg_title(calendar));
    for (unsigned i = 0; good && i < cfg_size(calendar, "hours"); i++) {
        good = calendar_hours_read(hours, cfg_getnstr(calendar, "hours", i));
        if (!good)
            cfg_error(root, "calendar \"%s\": \"%s\" is not like \"Mon-Fri 09:00-17:00\"", cfg_title(calendar),
                      cfg_getnstr(calendar, "hours", i));
    }
    for (unsigned i = 0; good && i < cfg_size(calendar, "holidays"); i++) {
        good = holiday_read(holidays, cfg_getnstr(calendar, "holidays", i));
        if (!good)
            cfg_error(root, "calendar \"%s\": \"%s\" is not like \"2004-12-25 Christmas Day\"", cfg_title(calendar),
                      cfg_getnstr(calendar, "holidays", i));
    }
    good = good && holidays_from_read(root, calendar, holidays);
    json_t *document = !good ? NULL
                             : json_pack("{s:s, s:s, s:s, s:O, s:O}", "calendar", cfg_title(calendar), "name", name,
                                         "time_zone", time_zone, "hours", hours, "holidays", holidays);
    json_decref(hours);
    json_decref(holidays);
    return document;
}

static int calendar_validate(cfg_t *cfg, cfg_opt_t *opt)
{
    json_t *document = calendar_document(cfg, cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1));
    bool good = document != NULL;

    json_decref(document);
    return good ? 0 : -1;
}

static void calendar_prepare(cfg_t *cfg)
{
    cfg_set_validate_func(cfg, "calendar", calendar_validate);
}

json_t *calendar_file_read(const char *path, char *why, size_t why_size)
{
    cfg_opt_t calendar[] = {CFG_STR("name", NULL, CFGF_NONE),
                            CFG_STR("time_zone", NULL, CFGF_NONE),
                            CFG_STR_LIST("hours", NULL, CFGF_NONE),
                            CFG_STR_LIST("holidays", NULL, CFGF_NONE),
                            CFG_STR_LIST("holidays_from", NULL, CFGF_NONE),
                            CFG_STR("holidays_years", NULL, CFGF_NONE),
                            CFG_END()};
    cfg_opt_t opts[] = {CFG_SEC("calendar", calendar, CFGF_TITLE | CFGF_MULTI | CFGF_NO_TITLE_DUPES), CFG_END()};
    cfg_t *cfg = config_parse(opts, path, calendar_prepare, why, why_size);

    if (cfg == NULL)
        return NULL;
    json_t *calendars = json_array();
    for (unsigned i = 0; i < cfg_size(cfg, "calendar"); i++) {
        json_t *document = calendar_document(cfg, cfg_getnsec(cfg, "calendar", i));
        if (document == NULL) {
            snprintf(why, why_size, "%s: calendar \"%s\" is not UTF-8", path,
                     cfg_title(cfg_getnsec(cfg, "calendar", i)));
            json_decref(calendars);
            calendars = NULL;
            break;
        }
        json_array_append_new(calendars, document);
    }
    cfg_free(cfg);
    return calendars == NULL ? NULL : json_pack("{s:o}", "calendars", calendars);
}
