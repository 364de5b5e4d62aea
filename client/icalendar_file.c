/*
 * libical finds the events, and the days on which they recur; what is refused is what would silently lose a
 * holiday. It does not tell lines: the lines with BEGIN:VEVENT are counted beside it, as it keeps the events in
 * their order.
 */
#include "client/icalendar_file.h"
#include "common/clock.h"
#include <errno.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_BYTES_MAX (4 << 20)
#define RECUR_MAX 100000 /* days of one rule that are looked at */
#define NAME_BYTES_MAX 200
#define DAY_SECONDS 86400
#define DAY_SIZE 16

/* One reading. */
struct reading {
    const char *path;
    const char *text;
    icalcomponent *calendar; /* the VCALENDAR of the event at hand */
    const char *name;        /* and its SUMMARY */
    int first, last;         /* years */
    unsigned days;           /* seen of those years */
    unsigned events;         /* begun so far */
    json_t *holidays;
    char *why;
    size_t why_size;
};

/* The line of the nth BEGIN:VEVENT, from 1. */
static unsigned event_line(const char *text, unsigned n)
{
    unsigned line = 1;

    for (; text[0] != '\0'; line++) {
        if (strncasecmp(text, "BEGIN:VEVENT", strlen("BEGIN:VEVENT")) == 0 && --n == 0)
            return line;
        text += strcspn(text, "\n");
        text += text[0] == '\n';
    }
    return line;
}

/* False, with what is wrong with the event at hand. */
static bool event_refuse(struct reading *reading, const char *what, const char *detail)
{
    snprintf(reading->why, reading->why_size, "%s:%u: this event %s%s", reading->path,
             event_line(reading->text, reading->events), what, detail);
    return false;
}

/* The nth property of a kind, from 0; NULL for none. (libical has one place a component for a walk.) */
static icalproperty *property_at(icalcomponent *event, icalproperty_kind kind, int n)
{
    icalproperty *property = icalcomponent_get_first_property(event, kind);

    while (property != NULL && n-- > 0)
        property = icalcomponent_get_next_property(event, kind);
    return property;
}

/* Adds one day, unless it is there or of another year. */
static bool day_add(struct reading *reading, struct icaltimetype at)
{
    char day[DAY_SIZE];
    json_t *holiday;
    size_t i;

    if (at.year < reading->first || at.year > reading->last)
        return true;
    reading->days++;
    snprintf(day, sizeof day, "%04d-%02d-%02d", at.year, at.month, at.day);
    json_array_foreach(reading->holidays, i, holiday)
    {
        if (strcmp(json_string_value(json_object_get(holiday, "day")), day) == 0)
            return true;
    }
    holiday = json_pack("{s:s, s:s}", "day", day, "name", reading->name);
    return holiday == NULL ? event_refuse(reading, "has a SUMMARY that is not UTF-8", "")
                           : json_array_append_new(reading->holidays, holiday) == 0;
}

/* Whether the event does not take place on this day after all: an EXDATE, or an event of its own in its place. */
static bool day_is_excepted(const struct reading *reading, icalcomponent *event, struct icaltimetype at)
{
    const char *uid = icalcomponent_get_uid(event);

    for (icalproperty *except = icalcomponent_get_first_property(event, ICAL_EXDATE_PROPERTY); except != NULL;
         except = icalcomponent_get_next_property(event, ICAL_EXDATE_PROPERTY))
        if (icaltime_compare_date_only(icalproperty_get_exdate(except), at) == 0)
            return true;
    icalcompiter others = icalcomponent_begin_component(reading->calendar, ICAL_VEVENT_COMPONENT);
    for (icalcomponent *other; (other = icalcompiter_deref(&others)) != NULL; icalcompiter_next(&others)) {
        struct icaltimetype instead = icalcomponent_get_recurrenceid(other);
        const char *other_uid = icalcomponent_get_uid(other);
        if (other != event && uid != NULL && other_uid != NULL && strcmp(uid, other_uid) == 0 &&
            !icaltime_is_null_time(instead) && icaltime_compare_date_only(instead, at) == 0)
            return true;
    }
    return false;
}

/* Adds the days of one occurrence. */
static bool occurrence_add(struct reading *reading, icalcomponent *event, struct icaltimetype at, int days)
{
    if (day_is_excepted(reading, event, at))
        return true;
    for (int i = 0; i < days; i++, icaltime_adjust(&at, 1, 0, 0, 0))
        if (!day_add(reading, at))
            return false;
    return true;
}

/* Adds what the event's rules and further dates say. */
static bool recurrences_add(struct reading *reading, icalcomponent *event, struct icaltimetype start, int days)
{
    icalproperty *rule, *date;
    bool good = true;

    for (int n = 0; good && (rule = property_at(event, ICAL_RRULE_PROPERTY, n)) != NULL; n++) {
        icalrecur_iterator *days_of_rule = icalrecur_iterator_new(icalproperty_get_rrule(rule), start);
        if (days_of_rule == NULL)
            return event_refuse(reading, "has an RRULE that cannot be followed", "");
        struct icaltimetype at = icalrecur_iterator_next(days_of_rule);
        for (int i = 0; good && i < RECUR_MAX && !icaltime_is_null_time(at) && at.year <= reading->last; i++) {
            good = occurrence_add(reading, event, at, days);
            at = icalrecur_iterator_next(days_of_rule);
        }
        icalrecur_iterator_free(days_of_rule);
    }
    for (int n = 0; good && (date = property_at(event, ICAL_RDATE_PROPERTY, n)) != NULL; n++) {
        struct icaltimetype at = icalproperty_get_rdate(date).time;
        good = at.is_date ? occurrence_add(reading, event, at, days)
                          : event_refuse(reading, "has an RDATE that is not a whole day", "");
    }
    return good;
}

/* What libical could not read of the event; NULL: nothing. A property without a value says nothing. */
static const char *event_problem(icalcomponent *event)
{
    for (icalproperty *error = icalcomponent_get_first_property(event, ICAL_XLICERROR_PROPERTY); error != NULL;
         error = icalcomponent_get_next_property(event, ICAL_XLICERROR_PROPERTY))
        if (strncmp(icalproperty_get_xlicerror(error), "No value for ", strlen("No value for ")) != 0)
            return icalproperty_get_xlicerror(error);
    return NULL;
}

/* The first line of a SUMMARY, not longer than the server takes; empty for none. */
static void name_copy(char *name, const char *summary)
{
    size_t length = summary == NULL ? 0 : strcspn(summary, "\r\n");

    if (length > NAME_BYTES_MAX)
        for (length = NAME_BYTES_MAX; length > 0 && ((unsigned char)summary[length] & 0xC0) == 0x80;)
            length--;
    snprintf(name, NAME_BYTES_MAX + 1, "%.*s", (int)length, summary == NULL ? "" : summary);
}

static bool is_day(struct icaltimetype at)
{
    char day[DAY_SIZE];

    snprintf(day, sizeof day, "%04d-%02d-%02d", at.year, at.month, at.day);
    return at.is_date && clock_parse_date(day);
}

static bool event_read(struct reading *reading, icalcomponent *event)
{
    char name[NAME_BYTES_MAX + 1];
    const char *problem = event_problem(event);
    struct icaltimetype start = icalcomponent_get_dtstart(event), end = icalcomponent_get_dtend(event);

    if (icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED)
        return true;
    if (problem != NULL)
        return event_refuse(reading, "cannot be read: ", problem);
    name_copy(name, icalcomponent_get_summary(event));
    reading->name = name;
    if (name[0] == '\0')
        return event_refuse(reading, "has no SUMMARY, the name of the holiday", "");
    if (!is_day(start))
        return event_refuse(reading,
                            "does not begin with a whole day, such as DTSTART;VALUE=DATE:20041225: ", name);
    int days = 1;
    if (!icaltime_is_null_time(end)) {
        if (!is_day(end) || icaltime_compare_date_only(end, start) < 0)
            return event_refuse(reading, "does not end with a whole day after its DTSTART: ", name);
        days = (int)((icaltime_as_timet(end) - icaltime_as_timet(start)) / DAY_SECONDS);
    }
    days = days < 1 ? 1 : days; /* some write the same day, though the end is not included */
    if (icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY) == NULL &&
        !occurrence_add(reading, event, start, days))
        return false;
    return recurrences_add(reading, event, start, days);
}

/* Reads the events of a VCALENDAR, or of each in what libical makes of several. */
static bool component_read(struct reading *reading, icalcomponent *component)
{
    bool good = true;
    bool several = icalcomponent_isa(component) == ICAL_XROOT_COMPONENT;
    icalcompiter inner =
        icalcomponent_begin_component(component, several ? ICAL_VCALENDAR_COMPONENT : ICAL_VEVENT_COMPONENT);

    reading->calendar = component;
    for (icalcomponent *one; good && (one = icalcompiter_deref(&inner)) != NULL; icalcompiter_next(&inner)) {
        reading->events += !several;
        good = several ? component_read(reading, one) : event_read(reading, one);
    }
    return good;
}

/* All of a file, for free(); NULL with a sentence. */
static char *file_text(const char *path, char *why, size_t why_size)
{
    FILE *file = fopen(path, "re");
    char *text = file == NULL ? NULL : malloc(FILE_BYTES_MAX + 1);
    size_t size = text == NULL ? 0 : fread(text, 1, FILE_BYTES_MAX + 1, file);

    if (text == NULL || ferror(file)) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    } else if (size > FILE_BYTES_MAX || memchr(text, '\0', size) != NULL) {
        snprintf(why, why_size, "%s: this is no iCalendar file", path);
    } else {
        text[size] = '\0';
        fclose(file);
        return text;
    }
    free(text);
    if (file != NULL)
        fclose(file);
    return NULL;
}

bool icalendar_file_read(const char *path, int first, int last, json_t *holidays, char *why, size_t why_size)
{
    char *text = file_text(path, why, why_size);

    if (text == NULL)
        return false;
    icalerror_set_errors_are_fatal(0);
    icalcomponent *root = icalparser_parse_string(text);
    struct reading reading = {.path = path,
                              .text = text,
                              .first = first,
                              .last = last,
                              .holidays = holidays,
                              .why = why,
                              .why_size = why_size};
    icalcomponent_kind kind = root == NULL ? ICAL_NO_COMPONENT : icalcomponent_isa(root);
    bool good = kind == ICAL_VCALENDAR_COMPONENT || kind == ICAL_XROOT_COMPONENT;

    if (!good) {
        snprintf(why, why_size,
                 "%s: this is no iCalendar file, or not the whole of one (BEGIN:VCALENDAR … END:VCALENDAR)", path);
    } else if (component_read(&reading, root)) {
        good = reading.days > 0;
        if (!good)
            snprintf(why, why_size, "%s: it has no holiday from %d to %d", path, first, last);
    } else {
        good = false;
    }
    if (root != NULL)
        icalcomponent_free(root);
    free(text);
    return good;
}
