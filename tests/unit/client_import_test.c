/* csv_file and import_map: rows, lines, and what a row is as an incident. */
#include "client/csv_file.h"
#include "client/import_map.h"
#include "common/clock.h"
#include "common/methods.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char path[64], why[512];

/* Opens text (of a length, so that it may have NUL bytes) as a file. */
static struct csv_file *text_open(const char *text, size_t length)
{
    strcpy(path, "/tmp/entitle-csv-XXXXXX");
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, length), (ssize_t)length);
    close(fd);
    struct csv_file *file = csv_file_open(path, why, sizeof why);
    unlink(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    return file;
}

/* The next row stands on this line and has these fields, joined by '|'. */
static void row_is(struct csv_file *file, size_t line, const char *fields)
{
    char joined[512] = "";
    struct csv_row row;

    CU_ASSERT_EQUAL_FATAL(csv_file_next(file, &row, why, sizeof why), CSV_ROW);
    for (size_t i = 0; i < row.count; i++) {
        strcat(joined, i == 0 ? "" : "|");
        strcat(joined, row.fields[i]);
    }
    CU_ASSERT_STRING_EQUAL(joined, fields);
    CU_ASSERT_EQUAL(row.line, line);
}

static void outcome_is(struct csv_file *file, enum csv_outcome outcome)
{
    struct csv_row row;

    CU_ASSERT_EQUAL(csv_file_next(file, &row, why, sizeof why), outcome);
    csv_file_close(file);
}

static void csv_rows(void)
{
    static const char text[] = "\xef\xbb\xbf"
                               "a,b\r\n1,\" two, \"\"2\"\"\"\r\n\r\n\"x\ny\r\nz\",\n last , 1";
    struct csv_file *file = text_open(text, sizeof text - 1);

    row_is(file, 1, "a|b");
    row_is(file, 2, "1| two, \"2\"");
    row_is(file, 4, "x\ny\r\nz|");
    row_is(file, 7, " last | 1");
    outcome_is(file, CSV_END_OF_FILE);
    outcome_is(text_open("", 0), CSV_END_OF_FILE);
}

static void csv_wrong(void)
{
    struct csv_file *file = text_open("a,b\n1,\"2\n3,4\n", 12);

    row_is(file, 1, "a|b");
    outcome_is(file, CSV_BROKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, ":2: "));
    file = text_open("a,b\n1,x\"2\n", 10);
    row_is(file, 1, "a|b");
    outcome_is(file, CSV_BROKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, ":2: "));
    CU_ASSERT_PTR_NULL(csv_file_open("/nowhere/x.csv", why, sizeof why));
}

static void slug(void)
{
    char code[IMPORT_SLUG_MAX];

    CU_ASSERT_TRUE(import_slug("Location 143", code));
    CU_ASSERT_STRING_EQUAL(code, "location-143");
    CU_ASSERT_TRUE(import_slug("  A. Datum & Co.  ", code));
    CU_ASSERT_STRING_EQUAL(code, "a-datum-co");
    CU_ASSERT_TRUE(import_slug("B\xc3\xbcro", code));
    CU_ASSERT_STRING_EQUAL(code, "b-ro");
    CU_ASSERT_FALSE(import_slug("?", code));
    CU_ASSERT_FALSE(import_slug("", code));
    char name[100];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CU_ASSERT_TRUE(import_slug(name, code));
    CU_ASSERT_EQUAL(strlen(code), 63);
}

static void severity(void)
{
    CU_ASSERT_EQUAL(import_severity("1 - Critical=A,2 - High=B,*=C", "1 - Critical"), 'A');
    CU_ASSERT_EQUAL(import_severity("1 - Critical=A,2 - High=b,*=C", "2 - high"), 'B');
    CU_ASSERT_EQUAL(import_severity("1 - Critical=A,2 - High=B,*=C", "3 - Moderate"), 'C');
    CU_ASSERT_EQUAL(import_severity("1 - Critical=A", "3 - Moderate"), 0);
    CU_ASSERT_EQUAL(import_severity("a=b=C", "a=b"), 'C');
    CU_ASSERT_EQUAL(import_severity("nonsense,,=,x", "nonsense"), 0);
    CU_ASSERT_EQUAL(import_severity("", "x"), 0);
}

static void times(void)
{
    char written[CLOCK_TEXT_MAX];

    setenv("TZ", "Europe/Lisbon", 1);
    tzset();
    CU_ASSERT_TRUE(import_time("29-02-2016 01:16", "%d-%m-%Y %H:%M", written));
    CU_ASSERT_STRING_EQUAL(written, "2016-02-29T01:16:00.000000Z");
    CU_ASSERT_TRUE(import_time("29-06-2016 01:16", "%d-%m-%Y %H:%M", written));
    CU_ASSERT_STRING_EQUAL(written, "2016-06-29T00:16:00.000000Z");
    CU_ASSERT_TRUE(import_time("2016-06-29 01:16 +0200", "%Y-%m-%d %H:%M %z", written));
    CU_ASSERT_STRING_EQUAL(written, "2016-06-28T23:16:00.000000Z");
    CU_ASSERT_FALSE(import_time("2016-06-29", "%d-%m-%Y %H:%M", written));
    CU_ASSERT_FALSE(import_time("29-02-2016 01:16 later", "%d-%m-%Y %H:%M", written));
    unsetenv("TZ");
    tzset();
}

static void keys(void)
{
    char one[IMPORT_KEY_MAX], other[IMPORT_KEY_MAX];
    char a[] = "a", b[] = "b", ab[] = "ab", none[] = "";
    struct csv_row row = {.fields = (char *[]){a, b}, .count = 2},
                   joined = {.fields = (char *[]){ab, none}, .count = 2};

    CU_ASSERT_TRUE(import_key(NULL, "INC1", &row, 0, one));
    CU_ASSERT_TRUE(import_key(NULL, "INC1", &joined, 7, other));
    CU_ASSERT_STRING_EQUAL(one, other);
    CU_ASSERT_TRUE(strlen(one) <= 64 && strncmp(one, "import-", 7) == 0);
    CU_ASSERT_TRUE(import_key(NULL, "INC2", &row, 0, other));
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
    CU_ASSERT_TRUE(import_key("second", "INC1", &row, 0, other));
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
    CU_ASSERT_TRUE(import_key(NULL, NULL, &row, 0, one));
    CU_ASSERT_TRUE(import_key(NULL, NULL, &joined, 0, other));
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
    CU_ASSERT_TRUE(import_key(NULL, NULL, &row, 1, other));
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
}

/* What a one-row file becomes under a wish; NULL where the header or the row is refused. */
static json_t *mapped(const struct import_wish *wish, const char *text)
{
    struct csv_file *file = text_open(text, strlen(text));
    json_t *params = NULL;
    struct csv_row row;

    CU_ASSERT_EQUAL_FATAL(csv_file_next(file, &row, why, sizeof why), CSV_ROW);
    struct import_map *map = import_map_new(wish, &row, why, sizeof why);
    if (map != NULL && csv_file_next(file, &row, why, sizeof why) == CSV_ROW)
        params = import_map_row(map, &row, why, sizeof why);
    import_map_free(map);
    csv_file_close(file);
    return params;
}

static const struct import_wish usual = {
    .partner_column = "location",
    .id_column = "number",
    .opened_at_column = "opened",
    .time_format = "%d-%m-%Y %H:%M",
    .time_zone = "UTC",
    .title = "{cat} ({number})",
    .class = "professional",
    .severity_column = "priority",
    .severity_map = "1=A,*=C",
    .contact_column = "caller",
    .channel_column = "via",
};
#define HEADER "number,location,opened,cat,priority,caller,via\n"

static void mapping(void)
{
    json_t *params = mapped(&usual, HEADER "INC1,Location 143,29-02-2016 01:16,\"Mail,\nout\",3,?,Phone\n");
    json_t *wanted = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "partner", "location-143", "class", "professional",
                               "title", "Mail, out (INC1)", "severity", "C", "opened_at",
                               "2016-02-29T01:16:00.000000Z", "channel", "phone");

    CU_ASSERT_TRUE(json_equal(params, wanted));
    json_object_set_new(params, "key", json_string("k"));
    CU_ASSERT_TRUE(method_params_check(method_spec(METHOD_INCIDENT_OPEN), params, why, sizeof why));
    json_decref(params);
    json_decref(wanted);
}

static void rows_refused(void)
{
    static const struct {
        const char *row, *word;
    } cases[] = {
        {"INC1,?,29-02-2016 01:16,Mail,3,?,Phone\n", "partner"},
        {"INC1,,29-02-2016 01:16,Mail,3,?,Phone\n", "partner"},
        {"INC1,Location 1,30-02-2016,Mail,3,?,Phone\n", "time"},
        {"INC1,Location 1,?,Mail,3,?,Phone\n", "time"},
        {"INC1,Location 1,29-02-2016 01:16,Mail,?,?,Phone\n", "severity"},
        {"INC1,Location 1\n", "2 fields"},
        {"INC1,Location 1,29-02-2016 01:16,Mail,3,?,Phone,more\n", "8 fields"},
        {"INC1,Location 1,29-02-2016 01:16,Mail,3,\xff,Phone\n", "UTF-8"},
    };
    char text[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, HEADER "%s", cases[i].row);
        CU_ASSERT_PTR_NULL(mapped(&usual, text));
        CU_ASSERT_PTR_NOT_NULL(strstr(why, cases[i].word));
    }
}

static void wishes_refused(void)
{
    struct import_wish wish = usual;

    wish.partner_column = "place";
    CU_ASSERT_PTR_NULL(mapped(&wish, HEADER));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "place"));
    wish = usual;
    wish.title = "{category}";
    CU_ASSERT_PTR_NULL(mapped(&wish, HEADER));
    wish.title = "{cat";
    CU_ASSERT_PTR_NULL(mapped(&wish, HEADER));
    wish = usual;
    wish.time_zone = NULL;
    CU_ASSERT_PTR_NULL(mapped(&wish, HEADER));
    wish.time_zone = "Europe/Nowhere";
    CU_ASSERT_PTR_NULL(mapped(&wish, HEADER));
    wish = usual;
    wish.class = NULL;
    CU_ASSERT_PTR_NULL(mapped(&wish, HEADER));
}

/* A title is cut to what the protocol takes, between characters. */
static void long_title(void)
{
    char text[1024] = HEADER "INC1,Location 1,29-02-2016 01:16,";
    struct import_wish wish = usual;

    wish.title = NULL;
    wish.title_column = "cat";
    for (int i = 0; i < 250; i++)
        strcat(text, "\xc3\xbc");
    strcat(text, ",3,?,Phone\n");
    json_t *params = mapped(&wish, text);
    CU_ASSERT_EQUAL(json_string_length(json_object_get(params, "title")), 400);
    json_decref(params);
}

CU_ErrorCode client_import_register(void)
{
    static CU_TestInfo tests[] = {{"CSV rows", csv_rows},
                                  {"wrong CSV", csv_wrong},
                                  {"slug", slug},
                                  {"severity", severity},
                                  {"times", times},
                                  {"keys", keys},
                                  {"mapping", mapping},
                                  {"rows refused", rows_refused},
                                  {"wishes refused", wishes_refused},
                                  {"a long title", long_title},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_import", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
