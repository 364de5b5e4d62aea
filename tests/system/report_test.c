/*
 * `entitle report` against the real daemon: its formats, its files, and that its figures are those of the ledger.
 * The pages of a fixed world are compared byte for byte in tests/unit/client_report_test.c.
 */
#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/methods_test.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS_MAX 30
#define NAMES_MAX 64
#define WITHIN_MS 60000
#define DAY "2016-03-15"
#define ZONE "America/Los_Angeles" /* the program's, conf/catalogue.conf */
#define PARTNER "report-hostile"
#define NAME "<b>\"=cmd|' /C calc'!A1"

static struct peer *admin;
static char home[FIXTURE_PATH_MAX + 32], folder[FIXTURE_PATH_MAX + 32];

/* Incidents of 2016, some after the report's day. */
static const char *const opened[] = {"2016-01-20T10:00:00Z", "2016-02-18T23:30:00Z", "2016-03-15T20:00:00Z",
                                     "2016-03-16T06:59:59Z", "2016-03-16T07:00:00Z"};

static bool incidents_open(void)
{
    for (size_t i = 0; i < sizeof opened / sizeof opened[0]; i++) {
        json_t *reply = peer_ask(admin, "incident.open", "{s:s, s:s, s:s, s:s, s:s, s:s}", "partner", PARTNER,
                                 "class", "professional", "severity", "B", "title", "=1+1 <script>", "opened_at",
                                 opened[i], "key", world_key());
        bool good = strcmp(reply_reason(reply), "ok") == 0;
        json_decref(reply);
        if (!good)
            return false;
    }
    return true;
}

static int report_init(void)
{
    snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s", world_server()->dir);
    snprintf(folder, sizeof folder, "%s/reports", fixture_dir());
    admin = peer_open(world_server(), "admin");
    if (admin == NULL)
        return 1;
    json_t *reply = peer_ask(admin, "partner.create", "{s:s, s:s, s:s, s:s, s:s, s:s}", "partner", PARTNER, "name",
                             NAME, "region", "us", "time_zone", "UTC", "calendar", "us", "key", world_key());
    bool good = strcmp(reply_reason(reply), "ok") == 0;
    json_decref(reply);
    reply = peer_ask(admin, "contract.create", "{s:s, s:s, s:s, s:s}", "partner", PARTNER, "plan", "certified",
                     "starts", "2016-01-01", "key", world_key());
    json_t *active = peer_ask(admin, "contract.activate", "{s:s, s:s}", "contract",
                              good ? reply_text(reply, "contract.contract") : "", "key", world_key());
    good = good && strcmp(reply_reason(active), "ok") == 0;
    json_decref(active);
    json_decref(reply);
    return good && incidents_open() ? 0 : 1;
}

static int report_clean(void)
{
    peer_free(admin);
    return 0;
}

/* Runs `entitle report` with the words that follow, up to NULL. */
static void report(struct outcome *outcome, ...)
{
    const char *argv[WORDS_MAX] = {fixture_program("entitle"), "report"};
    const char *const env[] = {home, "ENTITLE_PROFILE=admin", "LC_ALL=C.UTF-8", NULL};
    va_list words;
    int count = 2;

    va_start(words, outcome);
    while (count < WORDS_MAX - 1 && (argv[count] = va_arg(words, const char *)))
        count++;
    va_end(words);
    process_run(&(struct process_wish){.argv = argv, .env = env}, fixture_ms(WITHIN_MS), outcome);
}

static json_t *section(const char *name)
{
    return peer_ask(admin, "report.usage", "{s:s, s:s, s:s}", "date", DAY, "partner", PARTNER, "section", name);
}

/* Each point of a curve is what was granted less what was opened up to and with that day. */
static void test_curve_is_ledger(void)
{
    json_t *reply = section("curves"), *point;
    const json_t *curve = json_array_get(reply_member(reply, "curves"), 0);
    long long granted = json_integer_value(json_object_get(curve, "granted"));
    size_t i;

    CHECK_NUMBER(granted, 5);
    CHECK(json_array_size(json_object_get(curve, "points")) >= 4, "only %zu points",
          json_array_size(json_object_get(curve, "points")));
    json_array_foreach(json_object_get(curve, "points"), i, point)
    {
        const char *day = json_string_value(json_array_get(point, 0));
        long long used = fixture_sql_number(
            "SELECT count(*) FROM entitled.incident i JOIN entitled.partner p USING (partner_id) WHERE p.code = "
            "'" PARTNER "' AND i.opened_at < (DATE '%s' + 1)::timestamp AT TIME ZONE '" ZONE "'",
            day);
        CHECK_NUMBER(json_integer_value(json_array_get(point, 1)), granted - used);
    }
    json_decref(reply);
}

/* ---- JSON, against the golden file ---- */

/* Copies text, with the numbers of incidents, contracts and escalations in the order in which they come ("INC-1"),
 * and times of this century's later years, which are those of the run, as "now"; for free(). */
static char *text_settled(const char *text)
{
    static const char *const kinds[] = {"INC-", "CON-", "ESC-"};
    char *settled = calloc(strlen(text) + 1, 1), *to = settled;
    char names[3][NAMES_MAX][16] = {{""}};

    while (*text != '\0') {
        size_t kind = 0, digits = 0, n = 0;
        while (kind < 3 && strncmp(text, kinds[kind], 4) != 0)
            kind++;
        if (kind < 3)
            digits = strspn(text + 4, "0123456789");
        if (digits > 0 && digits < sizeof names[0][0]) {
            while (n < NAMES_MAX - 1 && names[kind][n][0] != '\0' && strncmp(names[kind][n], text + 4, digits) != 0)
                n++;
            memcpy(names[kind][n], text + 4, digits);
            to += sprintf(to, "%s%zu", kinds[kind], n + 1);
            text += 4 + digits;
        } else if (strncmp(text, "\"20", 3) == 0 && text[3] >= '2' && strspn(text + 1, "0123456789-T:.") >= 19) {
            to = stpcpy(to, "\"now\"");
            text = strchr(text + 1, '"') + 1;
        } else {
            *to++ = *text++;
        }
    }
    return settled;
}

/* (REPORT_GOLDEN=write writes it anew, as in tests/unit/client_report_test.c.) */
static void test_json_golden(void)
{
    char path[FIXTURE_PATH_MAX];
    struct outcome outcome;

    fixture_source("tests/report/golden/partner.json", path);
    report(&outcome, DAY, "--partner", PARTNER, "--format", "json", NULL);
    CHECK_NUMBER(outcome.code, 0);
    char *settled = text_settled(outcome.out);

    if (getenv("REPORT_GOLDEN") && strcmp(getenv("REPORT_GOLDEN"), "write") == 0)
        file_write(path, settled);
    char *golden = file_text(path);

    CHECK_TEXT(settled, golden);
    free(golden);
    free(settled);
    outcome_release(&outcome);
}

static void test_text(void)
{
    struct outcome outcome;

    report(&outcome, DAY, "--partner", PARTNER, NULL);
    CHECK_NUMBER(outcome.code, 0);
    CHECK_HAS(outcome.out, "Burn-down since 1 Jan 2016: 1 of 5 incidents left on 15 Mar 2016.");
    CHECK_HAS(outcome.out, "█");
    CHECK(strstr(outcome.err, "entitle:") == NULL, "it complains: %s", outcome.err);
    outcome_release(&outcome);
    report(&outcome, DAY, NULL);
    CHECK_NUMBER(outcome.code, 0);
    CHECK_HAS(outcome.out, "entitlements at the end of Tuesday, 15 March 2016");
    outcome_release(&outcome);
}

static void test_json(void)
{
    struct outcome outcome;

    report(&outcome, DAY, "--partner", PARTNER, "--json", NULL);
    CHECK_NUMBER(outcome.code, 0);
    json_t *object = json_loads(outcome.out, JSON_REJECT_DUPLICATES, NULL);
    CHECK(object != NULL, "it is no JSON: %.300s", outcome.out);
    CHECK_NUMBER(json_array_size(json_object_get(object, "pools")), 1);
    CHECK_NUMBER(json_array_size(json_object_get(object, "incidents")),
                 4); /* all are open; the fifth was not yet */
    CHECK_TEXT(json_string_value(json_object_get(json_object_get(object, "summary"), "date")), DAY);
    json_decref(object);
    outcome_release(&outcome);
}

static void test_csv(void)
{
    struct outcome outcome;

    report(&outcome, DAY, "--partner", PARTNER, "--format", "csv", "--section", "incidents", NULL);
    CHECK_NUMBER(outcome.code, 0);
    CHECK_HAS(outcome.out, ",\"'=1+1 <script>\",");
    outcome_release(&outcome);
    report(&outcome, DAY, "--partner", PARTNER, "--format", "csv", NULL);
    CHECK_NUMBER(outcome.code, 0);
    CHECK_HAS(outcome.out, "\r\n" PARTNER ",\"<b>\"\"=cmd|' /C calc'!A1\",free-incidents,incident,CON-");
    outcome_release(&outcome);
}

static char *written(const char *name)
{
    char path[FIXTURE_PATH_MAX + 128];

    snprintf(path, sizeof path, "%s/" DAY "/%s", folder, name);
    return file_text(path);
}

/* Files: each partner's page and the program's, valid, and a second run leaves the same. */
static void test_files(void)
{
    struct outcome outcome;
    char day[FIXTURE_PATH_MAX + 64], tidy[FIXTURE_PATH_MAX + 256];

    for (int i = 0; i < 2; i++) {
        report(&outcome, DAY, "--out", folder, "--format", "html", NULL);
        CHECK(outcome.code == 0, "exit code %d: %s", outcome.code, outcome.err);
        CHECK_HAS(outcome.err, "partners' pages");
        outcome_release(&outcome);
    }
    snprintf(day, sizeof day, "%s/" DAY, folder);
    char *program = written("program.html"), *partner = written("partners/" PARTNER ".html");
    CHECK_HAS(program, "partners/" PARTNER ".html\"");
    CHECK_HAS(partner, "&lt;b&gt;&quot;=cmd|");
    CHECK_HAS(partner, "<svg role=\"img\"");
    CHECK(strstr(partner, "<script") == NULL, "a title became markup");
    snprintf(tidy, sizeof tidy,
             "cd %s && for f in *.html partners/" PARTNER ".html; do "
             "tidy -q -e --show-warnings no $f; [ $? -le 1 ] || exit 1; done",
             day);
    CHECK(system(tidy) == 0, "tidy finds errors");
    free(program);
    free(partner);
    report(&outcome, DAY, "--out", folder, "--format", "csv", NULL);
    CHECK_NUMBER(outcome.code, 0);
    char *pools = written("pools.csv"), *again = written("program.html");
    CHECK_HAS(pools, PARTNER);
    CHECK_HAS(again, "Partner Program");
    free(pools);
    free(again);
    outcome_release(&outcome);
}

/* What cannot be, says so, and leaves nothing. */
static void test_failures(void)
{
    struct outcome outcome;
    char path[FIXTURE_PATH_MAX + 128];

    report(&outcome, DAY, "--partner", "nobody-at-all", "--out", folder, NULL);
    CHECK(outcome.code != 0, "a partner that is not there has a report");
    outcome_release(&outcome);
    snprintf(path, sizeof path, "%s/." DAY ".part", folder);
    CHECK(access(path, F_OK) != 0, "%s was left", path);
    report(&outcome, DAY, "--out", "/proc/nothing", NULL);
    CHECK_NUMBER(outcome.code, 1);
    CHECK_HAS(outcome.err, "no file has changed");
    outcome_release(&outcome);
    report(&outcome, "2999-01-01", NULL);
    CHECK(outcome.code != 0, "a day to come has a report");
    outcome_release(&outcome);
    report(&outcome, DAY, "--format", "pdf", NULL);
    CHECK_NUMBER(outcome.code, 2);
    CHECK_HAS(outcome.err, "text html csv json");
    outcome_release(&outcome);
    report(&outcome, DAY, "--section", "pools", NULL);
    CHECK_NUMBER(outcome.code, 2);
    outcome_release(&outcome);
}

/* ---- the methods ---- */

static json_t *night(const char *method, const char *date)
{
    return peer_ask(admin, method, "{s:s, s:s}", "date", date, "key", world_key());
}

static void test_report_usage(void)
{
    json_t *reply = peer_ask(admin, "report.usage", "{s:s, s:s, s:i}", "date", DAY, "section", "pools", "limit", 1);

    CHECK_NUMBER(reply_count(reply, "pools"), 1);
    CHECK_TEXT(reply_text(reply, "cut_off"), "2016-03-16T07:00:00+00:00"); /* midnight of the program's zone */
    json_decref(reply);
    CHECK_TEXT(peer_reason(admin, "report.usage", "{s:s, s:s}", "date", DAY, "section", "ledger"),
               "invalid_params");
    CHECK_TEXT(peer_reason(admin, "report.usage", "{s:s}", "date", "2999-01-01"), "invalid_params");
    CHECK_TEXT(peer_reason(admin, "report.usage", "{s:s, s:s}", "date", DAY, "partner", "nobody"), "not_found");
}

/* A date that is taken twice stays as it was, whatever has happened meanwhile. */
static void test_report_snapshot(void)
{
    json_t *first = night("report.snapshot", DAY);
    json_t *before = section("pools");

    CHECK(json_is_false(reply_member(first, "already")), "%s is taken already", DAY);
    CHECK_NUMBER(reply_number(first, "differences"), 0);
    json_t *opened_late =
        peer_ask(admin, "incident.open", "{s:s, s:s, s:s, s:s, s:s, s:s}", "partner", PARTNER, "class", "critical",
                 "severity", "A", "title", "late", "outage", "server", "key", world_key());
    json_t *again = night("report.snapshot", DAY), *after = section("pools");
    CHECK(json_is_true(reply_member(again, "already")), "%s is taken anew", DAY);
    CHECK(json_equal(reply_member(before, "pools"), reply_member(after, "pools")), "the figures have changed");
    CHECK_TEXT(peer_reason(admin, "report.snapshot", "{s:s, s:s}", "date", "2999-01-01", "key", world_key()),
               "invalid_params");
    json_decref(first);
    json_decref(before);
    json_decref(opened_late);
    json_decref(again);
    json_decref(after);
}

static void test_report_finish(void)
{
    json_t *first = night("report.finish", DAY), *again = night("report.finish", DAY);

    CHECK(json_is_false(reply_member(first, "already")), "%s is finished already", DAY);
    CHECK(json_is_true(reply_member(again, "already")), "%s is finished twice", DAY);
    CHECK_TEXT(peer_reason(admin, "report.finish", "{s:s, s:s}", "date", "2016-03-14", "key", world_key()),
               "invalid_state");
    json_decref(first);
    json_decref(again);
}

/* From the day after the last that was finished, each day to the last that is over. */
static void test_report_pending(void)
{
    json_t *reply = peer_ask(admin, "report.pending", NULL);
    size_t count = json_array_size(reply_member(reply, "dates"));

    CHECK(count > 3000, "only %zu nights are pending", count);
    CHECK_TEXT(reply_text(reply, "dates.0"), "2016-03-16");
    json_decref(reply);
}

static const struct {
    enum method_id method;
    CU_TestFunc test;
} tests_by_method[] = {
    {METHOD_REPORT_USAGE, test_report_usage},
    {METHOD_REPORT_SNAPSHOT, test_report_snapshot},
    {METHOD_REPORT_FINISH, test_report_finish},
    {METHOD_REPORT_PENDING, test_report_pending},
};

#define TESTS (sizeof tests_by_method / sizeof tests_by_method[0])

bool report_tests(enum method_id method)
{
    for (size_t i = 0; i < TESTS; i++)
        if (tests_by_method[i].method == method)
            return true;
    return false;
}

CU_ErrorCode report_register(void)
{
    static CU_TestInfo tests[] = {{"report.usage", test_report_usage},
                                  {"json, golden", test_json_golden},
                                  {"report.snapshot", test_report_snapshot},
                                  {"report.finish", test_report_finish},
                                  {"report.pending", test_report_pending},
                                  {"curve is ledger", test_curve_is_ledger},
                                  {"text", test_text},
                                  {"json", test_json},
                                  {"csv", test_csv},
                                  {"files", test_files},
                                  {"failures", test_failures},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"report", report_init, report_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
