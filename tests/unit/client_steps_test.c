/* import_steps: what the rows of one incident come to. */
#include "client/import_map.h"
#include "client/import_steps.h"
#include "tests/unit/suites.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATES                                                                                                     \
    "New=new,Active=in_progress,Wait=awaiting_partner,Vendor=awaiting_vendor,Resolved=resolved,Closed=closed"

static char *header_fields[] = {(char *)"state", (char *)"reopened", (char *)"group", (char *)"at"};
static const struct csv_row header = {header_fields, 4, 1, 0};
static char why[512];

static bool row_at(struct steps *steps, const struct steps_map *map, const char *state, const char *reopened,
                   const char *group, char severity, const struct steps_times *times)
{
    char *fields[] = {(char *)state, (char *)reopened, (char *)group, (char *)"at 8"};
    struct csv_row one = {fields, 4, 2, 0};

    return steps_row(steps, map, &one, severity, times, why, sizeof why);
}

/* Adds a row without times; severity 0: not told. */
static bool row(struct steps *steps, const struct steps_map *map, const char *state, const char *reopened,
                const char *group, char severity)
{
    return row_at(steps, map, state, reopened, group, severity,
                  &(struct steps_times){IMPORT_TIME_NONE, IMPORT_TIME_NONE, IMPORT_TIME_NONE, IMPORT_TIME_NONE});
}

/* The steps are these: "incident.update awaiting_partner; …", with the value of the one parameter that tells most.
 */
static void steps_are(const struct steps *steps, const char *expected)
{
    static const char *const names[] = {"state", "severity", "to", "text", "resolution", "reason"};
    char all[2048] = "";

    for (size_t i = 0; i < steps->count; i++) {
        strcat(all, i == 0 ? "" : "; ");
        strcat(all, method_spec(steps->list[i].method)->name + strlen("incident."));
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            const char *value = json_string_value(json_object_get(steps->list[i].params, names[k]));
            if (value != NULL)
                strcat(strcat(all, " "), value);
        }
    }
    CU_ASSERT_STRING_EQUAL(all, expected);
    if (strcmp(all, expected) != 0)
        printf("\n%s\n", all);
}

static void map_init(struct steps_map *map, const struct steps_wish *wish)
{
    CU_ASSERT_TRUE_FATAL(steps_map_init(map, wish, &header, why, sizeof why));
}

/* From new to closed, waiting, reopened, resolved again. */
static void life(void)
{
    struct steps_wish wish = {.state_column = "state", .state_map = STATES, .reopen_column = "reopened"};
    struct steps *steps = steps_new("1");
    struct steps_map map;

    map_init(&map, &wish);
    CU_ASSERT_TRUE(row(steps, &map, "New", "0", "a", 'C'));
    CU_ASSERT_TRUE(row(steps, &map, "Active", "0", "b", 'C'));
    CU_ASSERT_TRUE(row(steps, &map, "active", "0", "b", 'A'));
    CU_ASSERT_TRUE(row(steps, &map, "Resolved", "0", "b", 'A'));
    CU_ASSERT_TRUE(row(steps, &map, "Resolved", "1", "b", 'A'));
    CU_ASSERT_TRUE(row(steps, &map, "Wait", "1", "b", 'A'));
    CU_ASSERT_TRUE(row(steps, &map, "Closed", "1", "b", 'A'));
    steps_are(steps,
              "update in_progress; update A; resolve resolved in the log; reopen reopened in the log; resolve "
              "resolved in the log; reopen reopened in the log; update awaiting_partner; resolve resolved in the "
              "log; close closed in the log");
    CU_ASSERT_STRING_EQUAL(steps->last, "closed");
    for (size_t i = 0; i < steps->count; i++)
        for (size_t k = 0; k < i; k++)
            CU_ASSERT_STRING_NOT_EQUAL(steps->list[i].mark, steps->list[k].mark);
    CU_ASSERT_FALSE(row(steps, &map, "Lost", "1", "b", 'A'));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "Lost"));
    steps_free(steps);
}

/* The first row may be anywhere already; closed may be gone back to resolved; new cannot be had again. */
static void odd_rows(void)
{
    struct steps_wish wish = {.state_column = "state", .state_map = STATES};
    struct steps *steps = steps_new("1");
    struct steps_map map;

    map_init(&map, &wish);
    CU_ASSERT_TRUE(row(steps, &map, "Closed", "x", "?", 0));
    CU_ASSERT_TRUE(row(steps, &map, "Resolved", "x", "?", 0));
    CU_ASSERT_TRUE(row(steps, &map, "New", "x", "?", 0));
    steps_are(steps, "resolve resolved in the log; close closed in the log; reopen reopened in the log; resolve "
                     "resolved in the log; reopen reopened in the log");
    CU_ASSERT_STRING_EQUAL(steps->state, "in_progress");
    CU_ASSERT_STRING_EQUAL(steps->last, "new");
    steps_free(steps);
}

/* Groups become owners where the map has them, else notes; what is over is not handed over. */
static void groups(void)
{
    struct steps_wish wish = {
        .state_column = "state", .state_map = STATES, .group_column = "group", .owner_map = "a=anna,b=bert"};
    struct steps *steps = steps_new("1");
    struct steps_map map;

    map_init(&map, &wish);
    CU_ASSERT_TRUE(row(steps, &map, "New", "0", "a", 0));
    CU_ASSERT_TRUE(row(steps, &map, "New", "0", "?", 0));
    CU_ASSERT_TRUE(row(steps, &map, "New", "0", "c", 0));
    CU_ASSERT_TRUE(row(steps, &map, "New", "0", "a", 0));
    CU_ASSERT_TRUE(row(steps, &map, "Resolved", "0", "b", 0));
    CU_ASSERT_TRUE(row(steps, &map, "Resolved", "0", "a", 0));
    CU_ASSERT_TRUE(row(steps, &map, "Vendor", "0", "b", 0));
    steps_are(steps, "assign anna; note reassigned from a to c in the log; note reassigned from c to a in the log; "
                     "assign bert; resolve resolved in the log; note reassigned from b to a in the log; "
                     "reopen reopened in the log; note reassigned from a to b in the log; update awaiting_vendor");
    CU_ASSERT_EQUAL(steps_finish(steps), 0);
    CU_ASSERT_PTR_NULL(json_object_get(steps->list[0].params, "at"));
    steps_free(steps);
}

#define MINUTE_US INT64_C(60000000)

/* The times of day of the steps are these: "00:01 00:04 …". */
static void times_are(const struct steps *steps, const char *expected)
{
    char all[512] = "";

    for (size_t i = 0; i < steps->count; i++) {
        const char *at = json_string_value(json_object_get(steps->list[i].params, "at"));
        sprintf(all + strlen(all), "%s%.5s", i == 0 ? "" : " ", at == NULL ? "none!" : at + strlen("1970-01-01T"));
    }
    CU_ASSERT_STRING_EQUAL(all, expected);
    if (strcmp(all, expected) != 0)
        printf("\n%s\n", all);
}

/* A step is of its row's time, the last resolution and closing of the log's own; none is before the one before it.
 */
static void times(void)
{
    struct steps_wish wish = {.state_column = "state",
                              .state_map = STATES,
                              .group_column = "group",
                              .opened_at_column = "at",
                              .updated_at_column = "at",
                              .resolved_at_column = "at",
                              .closed_at_column = "at"};
    struct steps_times row_times = {.opened = MINUTE_US, .resolved = 7 * MINUTE_US, .closed = 9 * MINUTE_US};
    static const struct {
        const char *state, *group;
        int64_t minute;
    } rows[] = {{"New", "a", 0},      {"Active", "a", 0},   {"Resolved", "a", 3}, {"Active", "a", 5},
                {"Resolved", "a", 6}, {"Resolved", "b", 6}, {"Closed", "b", 8}};
    struct steps *steps = steps_new("1");
    struct steps_map map;

    map_init(&map, &wish);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        row_times.updated = rows[i].minute * MINUTE_US;
        CU_ASSERT_TRUE(row_at(steps, &map, rows[i].state, "0", rows[i].group, 0, &row_times));
    }
    steps_are(steps,
              "update in_progress; resolve resolved in the log; reopen reopened in the log; "
              "resolve resolved in the log; note reassigned from a to b in the log; close closed in the log");
    CU_ASSERT_EQUAL(steps_finish(steps), 2); /* before the opening; after the resolution, but written before it */
    times_are(steps, "00:01 00:03 00:05 00:07 00:07 00:09");
    steps_free(steps);
}

/* Where the log ends with an incident that is worked on again, its columns tell of no resolution that it has. */
static void times_reopened(void)
{
    struct steps_wish wish = {.state_column = "state",
                              .state_map = STATES,
                              .opened_at_column = "at",
                              .updated_at_column = "at",
                              .resolved_at_column = "at"};
    struct steps_times row_times = {.opened = 0, .resolved = 99 * MINUTE_US, .closed = IMPORT_TIME_NONE};
    struct steps *steps = steps_new("1");
    struct steps_map map;

    map_init(&map, &wish);
    row_times.updated = 2 * MINUTE_US;
    CU_ASSERT_TRUE(row_at(steps, &map, "Resolved", "0", "a", 0, &row_times));
    row_times.updated = 4 * MINUTE_US;
    CU_ASSERT_TRUE(row_at(steps, &map, "Wait", "0", "a", 0, &row_times));
    CU_ASSERT_EQUAL(steps_finish(steps), 0);
    times_are(steps, "00:02 00:04 00:04");
    steps_free(steps);
}

static void wishes_refused(void)
{
    static const struct {
        struct steps_wish wish;
        const char *word;
    } cases[] = {
        {{.state_map = STATES}, "--state-column"},
        {{.state_column = "state"}, "--state-map"},
        {{.state_column = "state", .state_map = "New=nwe"}, "New=nwe"},
        {{.state_column = "state", .state_map = "New=new,Active"}, "Active"},
        {{.state_column = "stat", .state_map = STATES}, "stat"},
        {{.state_column = "state", .state_map = STATES, .owner_map = "a=b"}, "--group-column"},
        {{.state_column = "state", .state_map = STATES, .reopen_column = "x"}, "--reopen-column"},
        {{.state_column = "state", .state_map = STATES, .closed_at_column = "at"}, "--opened-at-column"},
    };
    struct steps_map map;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT_FALSE(steps_map_init(&map, &cases[i].wish, &header, why, sizeof why));
        CU_ASSERT_PTR_NOT_NULL(strstr(why, cases[i].word));
    }
}

CU_ErrorCode client_steps_register(void)
{
    static CU_TestInfo tests[] = {{"a life", life},
                                  {"odd rows", odd_rows},
                                  {"groups", groups},
                                  {"times", times},
                                  {"times of a reopened one", times_reopened},
                                  {"wishes refused", wishes_refused},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_steps", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
