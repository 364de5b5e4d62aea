/* clock: instants as the wire writes them, to and fro, and a clock that stands still. */
#include "common/clock.h"
#include "tests/unit/suites.h"

static int64_t parsed(const char *text)
{
    int64_t instant_us = -1;

    CU_ASSERT_TRUE(clock_parse(text, &instant_us));
    return instant_us;
}

static void reads_rfc_3339(void)
{
    CU_ASSERT_EQUAL(parsed("1970-01-01T00:00:00Z"), 0);
    CU_ASSERT_EQUAL(parsed("1970-01-01T00:00:00.5Z"), 500000);
    CU_ASSERT_EQUAL(parsed("1970-01-01T00:00:00.1234569Z"), 123456);
    CU_ASSERT_EQUAL(parsed("1970-01-01T02:00:00+02:00"), 0);
    CU_ASSERT_EQUAL(parsed("1969-12-31T19:00:00-05:00"), 0);
    CU_ASSERT_EQUAL(parsed("2004-08-23t12:00:00z"), INT64_C(1093262400000000));
    CU_ASSERT_EQUAL(parsed("2016-12-31T23:59:60Z"), parsed("2017-01-01T00:00:00Z"));
    CU_ASSERT_EQUAL(parsed("2000-02-29T00:00:00+05:45"), parsed("2000-02-28T18:15:00Z"));
}

static void refuses_other_texts(void)
{
    static const char *const texts[] = {"",
                                        "2004",
                                        "2004-08-23",
                                        "2004-08-23T12:00:00",
                                        "2004-08-23T12:00Z",
                                        "2004-08-23T24:00:00Z",
                                        "2004-08-23T12:60:00Z",
                                        "2004-02-30T12:00:00Z",
                                        "2003-02-29T12:00:00Z",
                                        "2004-13-01T12:00:00Z",
                                        "2004-08-23T12:00:00.Z",
                                        "2004-08-23T12:00:00+2:00",
                                        "2004-08-23T12:00:00+02",
                                        "2004-08-23T12:00:00Z ",
                                        " 2004-08-23T12:00:00Z",
                                        "+2004-08-23T12:00:00Z",
                                        "2004-08-23T12:00:00+24:00",
                                        "tomorrow"};
    int64_t ignored;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        CU_ASSERT_FALSE(clock_parse(texts[i], &ignored));
}

static void reads_days(void)
{
    CU_ASSERT_TRUE(clock_parse_date("2004-02-29"));
    CU_ASSERT_TRUE(clock_parse_date("2000-02-29"));
    CU_ASSERT_FALSE(clock_parse_date("1900-02-29"));
    CU_ASSERT_FALSE(clock_parse_date("2004-04-31"));
    CU_ASSERT_FALSE(clock_parse_date("2004-4-3"));
    CU_ASSERT_FALSE(clock_parse_date("2004-04-03T"));
}

static void writes_what_it_reads(void)
{
    static const char *const texts[] = {"2004-08-23T12:00:00.000000Z", "1969-12-31T23:59:59.999999Z",
                                        "2038-01-19T03:14:08.000001Z"};
    char text[CLOCK_TEXT_MAX];

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        CU_ASSERT_STRING_EQUAL(clock_format(parsed(texts[i]), text), texts[i]);
}

static void stands_still_when_set(void)
{
    clock_set(INT64_C(1093262400000000));
    CU_ASSERT_EQUAL(clock_wall_us(), INT64_C(1093262400000000));
    CU_ASSERT_EQUAL(clock_monotonic_ms(), INT64_C(1093262400000));
    clock_set(0);
    CU_ASSERT_TRUE(clock_wall_us() > INT64_C(1700000000000000));
    CU_ASSERT_TRUE(clock_monotonic_ms() > 0);
}

CU_ErrorCode clock_register(void)
{
    static CU_TestInfo tests[] = {{"reads RFC 3339", reads_rfc_3339},
                                  {"refuses other texts", refuses_other_texts},
                                  {"reads days", reads_days},
                                  {"writes what it reads", writes_what_it_reads},
                                  {"stands still when set", stands_still_when_set},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"clock", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
