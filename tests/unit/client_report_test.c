/*
 * report: pages of a small fixed world (tests/report/program.json, partner.json) in every format, byte for byte as
 * in tests/report/golden/. `REPORT_GOLDEN=write tests/unit/unit client_report` writes those anew: look at what git
 * says of them.
 */
#include "config.h"

#include "client/report_folder.h"
#include "client/report_html.h"
#include "client/report_page.h"
#include "client/report_words.h"
#include "client/text.h"
#include "tests/unit/suites.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#define ROWS_MAX 500
#define WIDTH 80

static struct report_page *page_read(const char *name)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/tests/report/%s.json", TEST_SOURCE_DIR, name);
    json_t *parts = json_load_file(path, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parts);
    struct report_page *page = report_page_new(parts, ROWS_MAX);
    json_decref(parts);
    return page;
}

/* The whole of a stream opened with "w+"; for free(). */
static char *stream_text(FILE *stream)
{
    long length = ftell(stream);
    char *text = calloc((size_t)length + 1, 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    rewind(stream);
    CU_ASSERT_EQUAL(fread(text, 1, (size_t)length, stream), (size_t)length);
    return text;
}

/* A page in a format: "html", "txt", "ascii.txt", or a list for CSV. */
static char *page_format(const char *name, const char *format, bool charts)
{
    struct report_page *page = page_read(name);
    struct report_drawer *drawer = charts ? report_drawer_new() : NULL;
    FILE *stream = tmpfile();

    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    if (strcmp(format, "html") == 0)
        report_page_html(page, drawer, stream);
    else if (strcmp(format, "txt") == 0 || strcmp(format, "ascii.txt") == 0)
        report_page_text(page, format[0] == 'a', stream);
    else
        report_page_csv(page, format, stream);
    if (charts)
        CU_ASSERT_PTR_NULL(report_drawer_why(drawer));
    char *text = stream_text(stream);
    fclose(stream);
    report_drawer_free(drawer);
    report_page_free(page);
    return text;
}

/* Compares with a golden file, or writes it. */
static void golden_check(const char *file, const char *text)
{
    const char *wish = getenv("REPORT_GOLDEN");
    bool writes = wish != NULL && strcmp(wish, "write") == 0;
    char path[1024];

    snprintf(path, sizeof path, "%s/tests/report/golden/%s", TEST_SOURCE_DIR, file);
    FILE *stream = fopen(path, writes ? "w" : "r");
    if (stream == NULL)
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    if (writes) {
        fputs(text, stream);
    } else {
        fseek(stream, 0, SEEK_END);
        char *golden = stream_text(stream);
        if (strcmp(golden, text) != 0) {
            size_t line = 1, at = 0;
            for (; golden[at] == text[at]; at++)
                line += golden[at] == '\n';
            fprintf(stderr, "%s:%zu: golden %.60s, now %.60s\n", path, line, golden + at, text + at);
        }
        CU_ASSERT_STRING_EQUAL(golden, text);
        free(golden);
    }
    fclose(stream);
}

static void golden(void)
{
    static const struct {
        const char *page, *format, *file;
    } cases[] = {
        {"program", "html", "program.html"},
        {"partner", "html", "partner.html"},
        {"program", "txt", "program.txt"},
        {"partner", "txt", "partner.txt"},
        {"program", "ascii.txt", "program.ascii.txt"},
        {"partner", "ascii.txt", "partner.ascii.txt"},
        {"program", "pools", "pools.csv"},
        {"program", "refusals", "refusals.csv"},
        {"program", "overrides", "overrides.csv"},
        {"program", "escalations", "escalations.csv"},
        {"program", "alerts", "alerts.csv"},
        {"partner", "incidents", "incidents.csv"},
        {"partner", "ledger", "ledger.csv"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = page_format(cases[i].page, cases[i].format, strcmp(cases[i].format, "html") == 0);
        golden_check(cases[i].file, text);
        free(text);
    }
}

/* The charts stand in the order of the pools, in whatever order the curves came. */
static void curves_sorted(void)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/tests/report/partner.json", TEST_SOURCE_DIR);
    json_t *parts = json_load_file(path, 0, NULL), *curves = json_object_get(parts, "curves");
    CU_ASSERT_PTR_NOT_NULL_FATAL(curves);
    for (size_t i = 1; i < json_array_size(curves); i++) { /* the last first */
        json_t *curve = json_incref(json_array_get(curves, i));
        json_array_remove(curves, i);
        json_array_insert_new(curves, 0, curve);
    }
    struct report_page *page = report_page_new(parts, ROWS_MAX);
    FILE *stream = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    report_page_text(page, false, stream);
    char *text = stream_text(stream);
    golden_check("partner.txt", text);
    free(text);
    fclose(stream);
    report_page_free(page);
    json_decref(parts);
}

/* tidy finds no error, with charts and without. */
static void html_is_valid(void)
{
    for (int i = 0; i < 4; i++) {
        char path[] = "/tmp/entitle-report-XXXXXX", command[128];
        char *text = page_format(i % 2 == 0 ? "program" : "partner", "html", i < 2);
        int fd = mkstemp(path);
        CU_ASSERT_TRUE_FATAL(fd >= 0);
        CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
        snprintf(command, sizeof command, "tidy -q -e --show-warnings no %s", path);
        int code = system(command); /* 0: fine, 1: warnings, 2: errors */
        CU_ASSERT_TRUE(WIFEXITED(code) && WEXITSTATUS(code) <= 1);
        unlink(path);
        free(text);
    }
}

/* What a partner may be called does no harm. */
static void hostile_names(void)
{
    static const char *const lists[] = {"pools", "refusals", "overrides", "escalations", "ledger", "incidents"};

    for (int i = 0; i < 2; i++) {
        char *html = page_format(i == 0 ? "program" : "partner", "html", true);
        CU_ASSERT_PTR_NULL(strstr(html, "<b>\"="));
        CU_ASSERT_PTR_NULL(strstr(html, "<script"));
        CU_ASSERT_PTR_NULL(strstr(html, "href=\"http"));
        CU_ASSERT_PTR_NULL(strstr(html, "src="));
        CU_ASSERT_PTR_NOT_NULL(strstr(html, "&lt;b&gt;&quot;=cmd|&#39; /C calc&#39;!A1"));
        free(html);
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        char *csv = page_format(i < 4 ? "program" : "partner", lists[i], false);
        for (const char *at = csv; *at != '\0'; at++) {
            bool begins = at == csv || at[-1] == ',' || at[-1] == '\n' || (at[-1] == '"' && at > csv + 1);
            bool number = at[0] == '-' && at[1] >= '0' && at[1] <= '9';
            if (begins && strchr("=+@-", *at) != NULL && !number)
                CU_ASSERT_TRUE(at[-1] == '"' && at[-2] == '"'); /* within a field, after a quote that is doubled */
        }
        free(csv);
    }
    struct report_page *page = page_read("partner");
    char *subject = report_page_subject(page);
    CU_ASSERT_PTR_NULL(strpbrk(subject, "\r\n\t"));
    free(subject);
    report_page_free(page);
}

static void text_fits(void)
{
    static const char *const formats[] = {"txt", "ascii.txt"};

    for (int i = 0; i < 4; i++) {
        char *text = page_format(i % 2 == 0 ? "program" : "partner", formats[i / 2], false), *rest = text, *line;
        while ((line = strsep(&rest, "\n")) != NULL) {
            wchar_t wide[1024];
            size_t count = mbstowcs(wide, line, sizeof wide / sizeof wide[0]);
            CU_ASSERT_TRUE_FATAL(count < sizeof wide / sizeof wide[0]);
            if (wcswidth(wide, count) > WIDTH)
                fprintf(stderr, "%d columns: %s\n", wcswidth(wide, count), line);
            CU_ASSERT_TRUE(wcswidth(wide, count) >= 0 && wcswidth(wide, count) <= WIDTH);
        }
        free(text);
    }
}

/* Without gnuplot a page says so, and has its tables. */
static void without_gnuplot(void)
{
    struct report_page *page = page_read("partner");
    struct report_drawer *drawer = report_drawer_new();
    char *before = strdup(getenv("PATH"));
    FILE *stream = tmpfile();

    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    setenv("PATH", "/nonexistent", 1);
    report_page_html(page, drawer, stream);
    setenv("PATH", before, 1);
    char *html = stream_text(stream);
    CU_ASSERT_STRING_EQUAL(report_drawer_why(drawer), "gnuplot is not installed");
    CU_ASSERT_PTR_NOT_NULL(strstr(html, "There are no charts here: gnuplot is not installed."));
    CU_ASSERT_PTR_NULL(strstr(html, "<svg"));
    CU_ASSERT_PTR_NOT_NULL(strstr(html, "Pools in figures"));
    free(html);
    fclose(stream);
    free(before);
    report_drawer_free(drawer);
    report_page_free(page);
}

static void mail_parts(void)
{
    struct report_page *page = page_read("partner");
    struct report_drawer *drawer = report_drawer_new();
    struct report_mail mail;

    report_page_mail(page, drawer, &mail);
    CU_ASSERT_EQUAL(mail.image_count, 4);
    for (size_t i = 0; i < mail.image_count; i++) {
        char source[64];
        snprintf(source, sizeof source, "<img src=\"cid:%s\"", mail.images[i].id);
        CU_ASSERT_PTR_NOT_NULL(strstr(mail.html, source));
        CU_ASSERT_TRUE(mail.images[i].length > 1000);
        CU_ASSERT_EQUAL(memcmp(mail.images[i].bytes, "\x89PNG\r\n", 6), 0);
    }
    CU_ASSERT_PTR_NULL(strstr(mail.html, "<svg"));
    CU_ASSERT_EQUAL(mail.attachment_count, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(mail.subject, "WRONG FIGURES"));
    report_mail_release(&mail);
    report_drawer_free(drawer);
    report_page_free(page);
}

/* Where a script of ours fails, or a server sends what is no number, there is no picture, and the next sheet is
 * drawn. */
static void drawer_recovers(void)
{
    struct report_drawer *drawer = report_drawer_new();
    static const char *const scripts[] = {"plot 1 +\n", "plot sin(x)\n"};
    size_t length = 0;

    for (size_t i = 0; i < 2; i++) {
        struct report_sheet *sheet = report_sheet_new(REPORT_SVG);
        fputs(scripts[i], report_sheet_next(sheet, 100, 100));
        report_drawer_start(drawer, sheet);
        report_drawer_finish(drawer, sheet);
        const char *picture = report_sheet_picture(sheet, 0, &length);
        CU_ASSERT_EQUAL(picture == NULL, i == 0);
        CU_ASSERT_PTR_NULL(report_sheet_picture(sheet, 1, &length));
        CU_ASSERT_PTR_NOT_NULL(report_drawer_why(drawer));
        report_sheet_free(sheet);
    }
    report_drawer_free(drawer);
}

static void words(void)
{
    struct report_zone zone;
    long number;
    char *text;

    report_zone_begin(&zone, "America/Los_Angeles");
    CU_ASSERT_STRING_EQUAL(zone.name, "America/Los_Angeles");
    text = report_time("2016-03-13T10:30:00+00:00"); /* half an hour after the clocks went forward */
    CU_ASSERT_STRING_EQUAL(text, "13 Mar 2016 03:30");
    free(text);
    CU_ASSERT_TRUE(report_day_number("2016-03-16T06:59:59Z", &number));
    text = report_day("2016-03-15", true);
    CU_ASSERT_STRING_EQUAL(text, "Tuesday, 15 March 2016");
    free(text);
    char iso[16];
    CU_ASSERT_STRING_EQUAL(report_day_iso(number, iso), "2016-03-15");
    report_zone_end(&zone);
    static const char *const strange[] = {"../../etc/passwd", "/etc/localtime", "", "Mars/Olympus", ":UTC"};
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        report_zone_begin(&zone, strange[i]);
        CU_ASSERT_STRING_EQUAL(zone.name, "UTC");
        report_zone_end(&zone);
    }
    CU_ASSERT_FALSE(report_day_number("2016-02-30", &number));
    CU_ASSERT_FALSE(report_day_number("0:1'; system('x')", &number));
    text = report_number(-1234567);
    CU_ASSERT_STRING_EQUAL(text, "-1,234,567");
    free(text);
    text = report_units(1, "minute");
    CU_ASSERT_STRING_EQUAL(text, "1 minute");
    free(text);
}

static void file_put(struct report_folder *folder, const char *partner, const char *name, const char *text)
{
    char why[256];
    FILE *stream = report_folder_open(folder, partner, name, why, sizeof why);

    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    fputs(text, stream);
    CU_ASSERT_TRUE(report_folder_close(stream, why, sizeof why));
}

static bool file_is(const char *folder, const char *name, const char *wanted)
{
    char path[256], text[64] = "";

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "r");
    if (stream == NULL)
        return wanted == NULL;
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    return wanted != NULL && strcmp(text, wanted) == 0;
}

/* A day's folder is there as a whole, or as it was. */
static void folder(void)
{
    char path[] = "/tmp/entitle-folder-XXXXXX", why[256] = "", command[64];
    struct report_folder one, other;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
    CU_ASSERT_TRUE_FATAL(report_folder_begin(&one, path, "2016-03-15", why, sizeof why));
    file_put(&one, NULL, "program.html", "half");
    CU_ASSERT_FALSE(report_folder_begin(&other, path, "2016-03-15", why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "another process"));
    report_folder_end(&one); /* given up */
    CU_ASSERT_TRUE(file_is(path, ".2016-03-15.part/program.html", NULL));
    CU_ASSERT_TRUE(file_is(path, "2016-03-15/program.html", NULL));
    /* What a killed run leaves. */
    CU_ASSERT_TRUE_FATAL(report_folder_begin(&one, path, "2016-03-15", why, sizeof why));
    file_put(&one, "contoso", ".html", "old");
    file_put(&one, NULL, "stale.html", "stale");
    close(one.within);
    close(one.partners);
    close(one.parent);
    CU_ASSERT_TRUE_FATAL(report_folder_begin(&one, path, "2016-03-15", why, sizeof why));
    file_put(&one, NULL, "program.html", "first");
    CU_ASSERT_TRUE(report_folder_publish(&one, why, sizeof why));
    report_folder_end(&one);
    CU_ASSERT_TRUE(file_is(path, "2016-03-15/program.html", "first"));
    CU_ASSERT_TRUE(file_is(path, "2016-03-15/stale.html", NULL));
    CU_ASSERT_TRUE(file_is(path, "2016-03-15/partners/contoso.html", NULL));
    /* Into a folder that is there. */
    CU_ASSERT_TRUE_FATAL(report_folder_begin(&one, path, "2016-03-15", why, sizeof why));
    file_put(&one, "contoso", ".html", "new");
    file_put(&one, NULL, "pools.csv", "csv");
    CU_ASSERT_TRUE(report_folder_publish(&one, why, sizeof why));
    report_folder_end(&one);
    CU_ASSERT_TRUE(file_is(path, "2016-03-15/program.html", "first"));
    CU_ASSERT_TRUE(file_is(path, "2016-03-15/partners/contoso.html", "new"));
    CU_ASSERT_TRUE(file_is(path, "2016-03-15/pools.csv", "csv"));
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    snprintf(command, sizeof command, "%s/.2016-03-15.part", path);
    CU_ASSERT_NOT_EQUAL(access(command, F_OK), 0);
    snprintf(command, sizeof command, "rm -r %s", path);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* Where the tic with this label stands in an SVG, whose line comes before its text: its x or y. */
static double label_at(const char *svg, const char *text, bool x)
{
    const char *end = strstr(svg, text), *at = svg, *found = NULL;
    double across = 0, down = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    while ((at = strstr(at, "d='M")) != NULL && at < end)
        found = at++;
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_EQUAL_FATAL(sscanf(found, "d='M%lf,%lf", &across, &down), 2);
    return x ? across : down;
}

/* The line that is drawn goes through the points of the ledger: read off the SVG by its own axes. */
static void chart_is_true(void)
{
    static const struct {
        int day, left; /* since 1 January */
    } wanted[] = {{0, 5}, {19, 5}, {19, 4}, {48, 4}, {48, 3}, {50, 3}, {50, 4}, {61, 4}, {61, 3}, {74, 3}, {74, 2}};
    char *html = page_format("partner", "html", true), *svg = strstr(html, "<svg");
    double zero = label_at(svg, "<text> 0</text>", false), five = label_at(svg, "<text> 5</text>", false);
    double january = label_at(svg, "<text>Jan 2016</text>", true),
           october = label_at(svg, "<text>Oct</text>", true);
    const char *path = strstr(svg, "class=\"sl\""), *at = path == NULL ? NULL : strstr(path, "d='M");
    size_t found = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    for (at += 3; found < sizeof wanted / sizeof wanted[0] && (*at == 'M' || *at == 'L'); found++) {
        double x = 0, y = 0;
        int length = 0;
        CU_ASSERT_EQUAL_FATAL(sscanf(at + 1, "%lf,%lf%n", &x, &y, &length), 2);
        CU_ASSERT_DOUBLE_EQUAL((x - january) * 274 / (october - january), wanted[found].day, 1);
        CU_ASSERT_DOUBLE_EQUAL((zero - y) * 5 / (zero - five), wanted[found].left, 0.05);
        at += 1 + length;
        at += strspn(at, " \n\t");
    }
    CU_ASSERT_EQUAL(found, sizeof wanted / sizeof wanted[0]);
    free(html);
}

/* The program has more pools than a page: the most urgent stay, all are counted. */
static void urgent_first(void)
{
    json_t *parts = json_pack("{s:{}, s:[]}", "summary", "pools"), *pools = json_object_get(parts, "pools");

    for (int i = 0; i < 1000; i++)
        json_array_append_new(pools, json_pack("{s:o, s:s, s:i}", "partner", json_sprintf("p%04d", i), "status",
                                               i % 100 == 99 ? "exhausted" : "ok", "percent", i % 101));
    struct report_page *page = report_page_new(parts, 20);
    const json_t *rows = report_model_rows(page, REPORT_POOLS);
    size_t counted = 0;
    CU_ASSERT_EQUAL(json_array_size(rows), 20);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(rows, 0), "partner")), "p0099");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(rows, 9), "partner")), "p0999");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(rows, 10), "partner")), "p0000");
    for (size_t i = 0; i < REPORT_BANDS; i++)
        counted += report_model_bands(page)[i];
    CU_ASSERT_EQUAL(counted, 1000);
    CU_ASSERT_TRUE(report_model_is_cut(page, REPORT_POOLS));
    report_page_free(page);
    json_decref(parts);
}

CU_ErrorCode client_report_register(void)
{
    static CU_TestInfo tests[] = {{"golden", golden},
                                  {"curves sorted", curves_sorted},
                                  {"html is valid", html_is_valid},
                                  {"hostile names", hostile_names},
                                  {"text fits", text_fits},
                                  {"without gnuplot", without_gnuplot},
                                  {"mail parts", mail_parts},
                                  {"drawer recovers", drawer_recovers},
                                  {"words", words},
                                  {"folder", folder},
                                  {"urgent first", urgent_first},
                                  {"chart is true", chart_is_true},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_report", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
