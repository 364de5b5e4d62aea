/* icalendar_file, alone and by way of calendar_file: which days are holidays, and what is refused. */
#include "client/calendar_file.h"
#include "client/icalendar_file.h"
#include "common/clock.h"
#include "tests/unit/suites.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 4096
#define FILE_OF(events) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n" events "END:VCALENDAR\r\n"
#define EVENT(lines) "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n"
#define NAMED(name, lines) EVENT("SUMMARY:" name "\r\n" lines)

static char why[512];

/* Makes a file of text; its path, for free() after unlink(). */
static char *file_make(const char *text)
{
    char *path = strdup("/tmp/entitle-icalendar-XXXXXX");
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

/* Reads text for the years 2026 to 2028 into holidays. */
static bool text_read(const char *text, json_t *holidays)
{
    char *path = file_make(text);

    why[0] = '\0';
    bool good = icalendar_file_read(path, 2026, 2028, holidays, why, sizeof why);
    unlink(path);
    free(path);
    return good;
}

/* "2026-01-01 Name, …" of what is in the array, in its order. */
static void days_are(const json_t *holidays, const char *expected)
{
    char text[TEXT_SIZE] = "";
    json_t *holiday;
    size_t i, used = 0;

    json_array_foreach(holidays, i, holiday)
    {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", i == 0 ? "" : ", ",
                                 json_string_value(json_object_get(holiday, "day")),
                                 json_string_value(json_object_get(holiday, "name")));
        CU_ASSERT_TRUE_FATAL(used < sizeof text);
    }
    CU_ASSERT_STRING_EQUAL(text, expected);
    if (strcmp(text, expected) != 0)
        fprintf(stderr, "have: %s\nwant: %s\n", text, expected);
}

static void reads_as(const char *text, const char *expected)
{
    json_t *holidays = json_array();

    CU_ASSERT_TRUE(text_read(text, holidays));
    CU_ASSERT_STRING_EQUAL(why, "");
    days_are(holidays, expected);
    json_decref(holidays);
}

static void refused(const char *text, const char *place, const char *words)
{
    json_t *holidays = json_array();

    CU_ASSERT_FALSE(text_read(text, holidays));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, place));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, words));
    if (strstr(why, place) == NULL || strstr(why, words) == NULL)
        fprintf(stderr, "have: %s\nwant: %s %s\n", why, place, words);
    json_decref(holidays);
}

static void days(void)
{
    reads_as(FILE_OF(NAMED("New Year", "DTSTART;VALUE=DATE:20260101\r\n")), "2026-01-01 New Year");
    /* The end is not included; the same day as an end is a day too. */
    reads_as(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20260102\r\n")), "2026-01-01 A");
    reads_as(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20260101\r\n")), "2026-01-01 A");
    reads_as(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260227\r\nDTEND;VALUE=DATE:20260302\r\n")),
             "2026-02-27 A, 2026-02-28 A, 2026-03-01 A");
    reads_as(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20261230\r\nDURATION:P3D\r\n")),
             "2026-12-30 A, 2026-12-31 A, 2027-01-01 A");
    /* Of other years, cancelled, and twice. */
    reads_as(FILE_OF(NAMED("Old", "DTSTART;VALUE=DATE:20251231\r\nDTEND;VALUE=DATE:20260102\r\n")
                         NAMED("New", "DTSTART;VALUE=DATE:20281231\r\nDTEND;VALUE=DATE:20290102\r\n")),
             "2026-01-01 Old, 2028-12-31 New");
    reads_as(FILE_OF(NAMED("Off", "STATUS:CANCELLED\r\nDTSTART;VALUE=DATE:20260101\r\n")
                         NAMED("On", "STATUS:CONFIRMED\r\nDTSTART;VALUE=DATE:20260102\r\n")),
             "2026-01-02 On");
    reads_as(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260101\r\n") NAMED("B", "DTSTART;VALUE=DATE:20260101\r\n")),
             "2026-01-01 A");
    /* Folded lines, escapes, empty properties, other components, several calendars. */
    reads_as(FILE_OF("BEGIN:VTODO\r\nSUMMARY:x\r\nEND:VTODO\r\n" EVENT(
                 "DESCRIPTION:\r\nLOCATION:\r\nSUMMARY:Implanta\xC3\xA7\xC3\xA3o\\, da\r\n  Rep\xC3\xBA"
                 "blica\r\nDTSTART;VALUE=DATE:20261005\r\n")),
             "2026-10-05 Implanta\xC3\xA7\xC3\xA3o, da Rep\xC3\xBA"
             "blica");
    reads_as(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260101\r\n"))
                 FILE_OF(NAMED("B", "DTSTART;VALUE=DATE:20260102\r\n")),
             "2026-01-01 A, 2026-01-02 B");
}

static void recurrences(void)
{
    reads_as(FILE_OF(NAMED("Labour", "DTSTART;VALUE=DATE:19900501\r\nRRULE:FREQ=YEARLY\r\n")),
             "2026-05-01 Labour, 2027-05-01 Labour, 2028-05-01 Labour");
    reads_as(FILE_OF(NAMED("Labour", "DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=YEARLY;COUNT=2\r\n")),
             "2026-05-01 Labour, 2027-05-01 Labour");
    reads_as(FILE_OF(NAMED("Labour", "DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=YEARLY;UNTIL=20270501\r\n")),
             "2026-05-01 Labour, 2027-05-01 Labour");
    /* The fourth Thursday of November and the day after. */
    reads_as(FILE_OF(NAMED("Thanks", "DTSTART;VALUE=DATE:20201126\r\nDTEND;VALUE=DATE:20201128\r\n"
                                     "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n")),
             "2026-11-26 Thanks, 2026-11-27 Thanks, 2027-11-25 Thanks, 2027-11-26 Thanks, 2028-11-23 Thanks, "
             "2028-11-24 Thanks");
    reads_as(FILE_OF(NAMED("Leap", "DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY\r\n")), "2028-02-29 Leap");
    reads_as(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=YEARLY\r\n"
                                "EXDATE;VALUE=DATE:20260501,20280501\r\nRDATE;VALUE=DATE:20260502,20280502\r\n")),
             "2027-05-01 A, 2026-05-02 A, 2028-05-02 A");
    /* One occurrence is moved, one cancelled. */
    reads_as(FILE_OF(NAMED("A", "UID:a\r\nDTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=YEARLY\r\n") NAMED(
                 "Moved", "UID:a\r\nRECURRENCE-ID;VALUE=DATE:20270501\r\nDTSTART;VALUE=DATE:20270503\r\n")
                         NAMED("None", "UID:a\r\nSTATUS:CANCELLED\r\nRECURRENCE-ID;VALUE=DATE:20280501\r\n"
                                       "DTSTART;VALUE=DATE:20280501\r\n")),
             "2026-05-01 A, 2027-05-03 Moved");
}

static void wrong(void)
{
    refused("", "/tmp/", "no iCalendar file");
    refused("calendar us { }\n", "/tmp/", "no iCalendar file");
    refused("BEGIN:VCALENDAR\r\n" NAMED("A", "DTSTART;VALUE=DATE:20260101\r\n"), "/tmp/", "not the whole");
    refused(FILE_OF(""), "/tmp/", "no holiday from 2026 to 2028");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20190101\r\n")), "/tmp/", "no holiday from 2026 to 2028");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260101\r\n") NAMED("B", "DTSTART:20260101T000000\r\n")),
            ":8: ", "whole day");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20261301\r\n")), ":4: ", "whole day");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260230\r\n")), ":4: ", "whole day");
    refused(FILE_OF(NAMED("A", "")), ":4: ", "whole day");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260101\r\n")) FILE_OF(NAMED("B", "")), ":12: ", "whole day");
    refused(FILE_OF(NAMED("A", "DTSTART:next week\r\n")), ":4: ", "DTSTART");
    refused(FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n")), ":4: ", "SUMMARY");
    refused(FILE_OF(EVENT("SUMMARY:\r\nDTSTART;VALUE=DATE:20260101\r\n")), ":4: ", "SUMMARY");
    refused(FILE_OF(NAMED("\xFF", "DTSTART;VALUE=DATE:20260101\r\n")), ":4: ", "UTF-8");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260103\r\nDTEND;VALUE=DATE:20260101\r\n")), ":4: ", "end");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260103\r\nDTEND:20260104T120000\r\n")), ":4: ", "end");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=OFTEN\r\n")), ":4: ", "RRULE");
    refused(FILE_OF(NAMED("A", "DTSTART;VALUE=DATE:20260101\r\nnonsense\r\n")), ":4: ", "nonsense");
    json_t *holidays = json_array();
    CU_ASSERT_FALSE(icalendar_file_read("/nowhere/us.ics", 2026, 2028, holidays, why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "/nowhere/us.ics: No such file"));
    json_decref(holidays);
}

/* Reads a calendar that has these statements; its holidays, or NULL. The file of events stands beside it. */
static json_t *calendar_read(const char *statements, const char *events)
{
    char text[TEXT_SIZE];
    char *ics = file_make(events);

    snprintf(text, sizeof text, "calendar us { name = U time_zone = UTC\n holidays_from = {\"%s\"}\n%s }\n",
             strrchr(ics, '/') + 1, statements);
    char *conf = file_make(text);
    why[0] = '\0';
    json_t *document = calendar_file_read(conf, why, sizeof why);
    json_t *calendar = json_array_get(json_object_get(document, "calendars"), 0);
    json_t *holidays = json_incref(json_object_get(calendar, "holidays"));
    json_decref(document);
    unlink(ics);
    unlink(conf);
    free(ics);
    free(conf);
    return holidays;
}

/* A calendar names its files by where they stand beside it; what it lists itself comes first. */
static void from_a_calendar(void)
{
    static const char events[] = FILE_OF(NAMED("Labour", "DTSTART;VALUE=DATE:19900501\r\nRRULE:FREQ=YEARLY\r\n"));
    json_t *holidays = calendar_read("holidays_years = \"2004-2005\"\nholidays = {\"2004-05-01 Own\"}", events);

    days_are(holidays, "2004-05-01 Own, 2005-05-01 Labour");
    json_decref(holidays);
    clock_set((int64_t)1093262400 * 1000000); /* 2004-08-23 */
    holidays = calendar_read("", events);
    CU_ASSERT_EQUAL(json_array_size(holidays), 16);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(holidays, 0), "day")), "1999-05-01");
    json_decref(holidays);
    clock_set(0);
    static const char *const years[] = {"2005-2004", "2004", "2004-2005x", "x", "1000-2000"};
    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
        char statement[TEXT_SIZE];
        snprintf(statement, sizeof statement, "holidays_years = \"%s\"", years[i]);
        CU_ASSERT_PTR_NULL(calendar_read(statement, events));
        CU_ASSERT_PTR_NOT_NULL(strstr(why, "holidays_years"));
    }
    /* Both files and lines. */
    CU_ASSERT_PTR_NULL(calendar_read("", FILE_OF(EVENT(""))));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, ":3: calendar \"us\": /tmp/"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, ":4: this event"));
}

CU_ErrorCode client_icalendar_register(void)
{
    static CU_TestInfo tests[] = {{"days", days},
                                  {"recurrences", recurrences},
                                  {"wrong files", wrong},
                                  {"from a calendar", from_a_calendar},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_icalendar", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
