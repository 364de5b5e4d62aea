/* text and render: nothing of what others wrote reaches a terminal as an order to it. */
#include "client/render.h"
#include "client/text.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>

static void safe_is(const char *text, bool lines, const char *expected)
{
    char *safe = text_safe(text, lines);

    CU_ASSERT_STRING_EQUAL(safe, expected);
    free(safe);
}

static void plain(void)
{
    safe_is("", false, "");
    safe_is(NULL, false, "");
    safe_is("B\xc3\xbcro, \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80", false,
            "B\xc3\xbcro, \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80");
    safe_is("a\nb\tc", false, "a b c");
    safe_is("a\nb\tc", true, "a\nb\tc");
}

static void controls(void)
{
    safe_is("\033[31mred", false, "<0x1b>[31mred");
    safe_is("\r\b\a\177", true, "<0x0d><0x08><0x07><0x7f>");
    safe_is("\xc2\x9b", false, "<0x9b>");
    safe_is("\xe2\x80\xae", false, "<U+202E>");
    safe_is("\xe2\x81\xa6", false, "<U+2066>");
}

static void not_utf8(void)
{
    safe_is("\xff", false, "<0xff>");
    safe_is("a\xc3", false, "a<0xc3>");
    safe_is("\xc0\x80", false, "<0xc0><0x80>");
    safe_is("\xed\xa0\x80", false, "<0xed><0xa0><0x80>");
    safe_is("\xf4\x90\x80\x80", false, "<0xf4><0x90><0x80><0x80>");
}

static void json(void)
{
    char *safe = text_safe_json("{\"a\":\"\x7f\xc2\x9b\xe2\x80\xae\"}\n");

    CU_ASSERT_STRING_EQUAL(safe, "{\"a\":\"\\u007f\\u009b\\u202e\"}\n");
    free(safe);
}

static void cell_is(const char *value, enum cell_kind kind, bool raw, const char *expected)
{
    json_t *parsed = json_loads(value, JSON_DECODE_ANY, NULL);
    char *cell = render_cell(parsed, kind, raw);

    CU_ASSERT_STRING_EQUAL(cell, expected);
    free(cell);
    json_decref(parsed);
}

static void cells(void)
{
    char *none = render_cell(NULL, CELL_TEXT, false);

    CU_ASSERT_STRING_EQUAL(none, "");
    free(none);
    cell_is("null", CELL_NUMBER, false, "");
    cell_is("12", CELL_NUMBER, false, "12");
    cell_is("0", CELL_OVER, false, "");
    cell_is("0", CELL_OVER, true, "0");
    cell_is("2", CELL_OVER, false, "2");
    cell_is("true", CELL_YES, false, "yes");
    cell_is("false", CELL_YES, false, "");
    cell_is("false", CELL_TEXT, false, "no");
    cell_is("false", CELL_TEXT, true, "false");
    cell_is("[\"a\",\"b\"]", CELL_LIST, false, "a, b");
    cell_is("{\"a\":1}", CELL_LIST, false, "a=1");
    cell_is("\"not a time\"", CELL_TIME, false, "not a time");
    cell_is("\"2004-08-23T12:00:00+00:00\"", CELL_TIME, true, "2004-08-23T12:00:00+00:00");
}

/* What rows become in one format, in memory. For free(). */
static char *rows_text(enum render_format format, const char *rows)
{
    static const struct column columns[] = {
        {"NAME", "name", CELL_TEXT}, {"LEFT", "charge.left", CELL_LEFT}, {NULL, NULL, CELL_TEXT}};
    json_t *parsed = json_loads(rows, 0, NULL);
    struct render render = {.format = format};
    char *text = NULL;
    size_t size;

    render.stream = open_memstream(&text, &size);
    render_rows(&render, columns, parsed);
    render_rows(&render, columns, parsed);
    fclose(render.stream);
    json_decref(parsed);
    return text;
}

static void csv(void)
{
    char *text = rows_text(RENDER_CSV, "[{\"name\":\"a,\\\"b\\\"\",\"charge\":{\"left\":3}},{\"name\":\"c\"}]");

    CU_ASSERT_STRING_EQUAL(text, "name,charge.left\r\n\"a,\"\"b\"\"\",3\r\nc,\r\n");
    free(text);
}

static void table(void)
{
    char *text = rows_text(RENDER_TABLE, "[{\"name\":\"\\u001b[2J\",\"charge\":{\"left\":3}}]");

    CU_ASSERT_PTR_NULL(strchr(text, '\033'));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<0x1b>[2J"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "LEFT"));
    free(text);
}

CU_ErrorCode client_text_register(void)
{
    static CU_TestInfo tests[] = {{"plain", plain}, {"controls", controls}, {"not UTF-8", not_utf8},
                                  {"json", json},   {"cells", cells},       {"csv", csv},
                                  {"table", table}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_text", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
