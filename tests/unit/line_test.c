/* line: lines out of any cut of the stream, and their bound to the byte. */
#include "common/line.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>

static void put(struct line_buffer *buffer, const char *text)
{
    CU_ASSERT_EQUAL_FATAL(line_append(buffer, text, strlen(text)), 0);
}

static void expect(struct line_buffer *buffer, const char *wanted)
{
    char *line;
    size_t length;

    CU_ASSERT_EQUAL_FATAL(line_next(buffer, LINE_BYTES_MAX, &line, &length), LINE_FOUND);
    CU_ASSERT_STRING_EQUAL(line, wanted);
    CU_ASSERT_EQUAL(length, strlen(wanted));
}

static enum line_status next_status(struct line_buffer *buffer, size_t bytes_max)
{
    char *line;
    size_t length;

    return line_next(buffer, bytes_max, &line, &length);
}

static void cuts_lines(void)
{
    struct line_buffer buffer = {0};

    CU_ASSERT_EQUAL(next_status(&buffer, LINE_BYTES_MAX), LINE_MORE);
    put(&buffer, "one\ntwo\r\n\n\r\nth");
    expect(&buffer, "one");
    expect(&buffer, "two");
    expect(&buffer, "");
    expect(&buffer, "");
    CU_ASSERT_EQUAL(next_status(&buffer, LINE_BYTES_MAX), LINE_MORE);
    CU_ASSERT_EQUAL(line_pending(&buffer), 2);
    put(&buffer, "ree\r\r\n");
    expect(&buffer, "three\r");
    CU_ASSERT_EQUAL(next_status(&buffer, LINE_BYTES_MAX), LINE_MORE);
    CU_ASSERT_PTR_NULL(buffer.bytes); /* gives its memory back when empty */
}

/* Whatever the cuts, the same lines come out. */
static void any_cut(void)
{
    static const char text[] = "{\"a\":1}\nbb\r\n\nlonger than the others\n";

    for (size_t step = 1; step < sizeof text; step++) {
        struct line_buffer buffer = {0};
        char all[sizeof text] = "", *line;
        size_t length;

        for (size_t at = 0; at < sizeof text - 1; at += step) {
            size_t left = sizeof text - 1 - at;

            CU_ASSERT_EQUAL(line_append(&buffer, text + at, step < left ? step : left), 0);
            while (line_next(&buffer, LINE_BYTES_MAX, &line, &length) == LINE_FOUND) {
                strcat(all, line);
                strcat(all, "|");
            }
        }
        CU_ASSERT_STRING_EQUAL(all, "{\"a\":1}|bb||longer than the others|");
        line_clear(&buffer);
    }
}

/* With its LF a line may have bytes_max bytes, and not one more. */
static void bound_to_the_byte(void)
{
    struct line_buffer buffer = {0};

    put(&buffer, "1234567\n12345678\n");
    expect(&buffer, "1234567");
    CU_ASSERT_EQUAL(next_status(&buffer, 8), LINE_TOO_LONG);
    CU_ASSERT_EQUAL(next_status(&buffer, 9), LINE_FOUND);
    put(&buffer, "1234567");
    CU_ASSERT_EQUAL(next_status(&buffer, 8), LINE_MORE);
    put(&buffer, "8");
    CU_ASSERT_EQUAL(next_status(&buffer, 8), LINE_TOO_LONG);
    line_clear(&buffer);
}

/* A peer that trickles a long line, with lines before it, costs no search twice. */
static void remembers_its_search(void)
{
    struct line_buffer buffer = {0};

    put(&buffer, "first\n");
    for (int i = 0; i < 60000; i++) {
        CU_ASSERT_EQUAL(line_append(&buffer, "x", 1), 0);
        if (i == 1000)
            expect(&buffer, "first");
        else if (i > 1000)
            CU_ASSERT_EQUAL(next_status(&buffer, LINE_BYTES_MAX), LINE_MORE);
        if (i > 1001)
            CU_ASSERT_EQUAL(buffer.searched, buffer.end);
    }
    put(&buffer, "\n");
    CU_ASSERT_EQUAL(next_status(&buffer, LINE_BYTES_MAX), LINE_FOUND);
    line_clear(&buffer);
}

CU_ErrorCode line_register(void)
{
    static CU_TestInfo tests[] = {{"cuts lines", cuts_lines},
                                  {"any cut", any_cut},
                                  {"bound to the byte", bound_to_the_byte},
                                  {"remembers its search", remembers_its_search},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"line", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
