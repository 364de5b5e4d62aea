/* due: how long there is until a deadline. */
#include "client/due.h"
#include "common/clock.h"
#include "tests/unit/suites.h"
#include <stdlib.h>

static void words(void)
{
    static const struct {
        const char *due, *text;
        bool over;
    } cases[] = {
        {"2004-08-23T12:00:00Z", "0m", false},          {"2004-08-23T12:00:59Z", "0m", false},
        {"2004-08-23T12:59:59Z", "59m", false},         {"2004-08-23T13:00:00Z", "1h 00m", false},
        {"2004-08-23T16:05:00+02:00", "2h 05m", false}, {"2004-08-24T11:59:00Z", "23h 59m", false},
        {"2004-08-24T12:00:00Z", "1d 0h", false},       {"2004-08-26T16:30:00Z", "3d 4h", false},
        {"2004-08-23T11:59:59Z", "0m over", true},      {"2004-08-23T09:30:00Z", "2h 30m over", true},
        {"2004-08-20T12:00:00Z", "3d 0h over", true},
    };
    int64_t now_us;

    CU_ASSERT_TRUE_FATAL(clock_parse("2004-08-23T12:00:00Z", &now_us));
    clock_set(now_us);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool over = !cases[i].over;
        char *text = due_text(cases[i].due, &over);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_STRING_EQUAL(text, cases[i].text);
        CU_ASSERT_EQUAL(over, cases[i].over);
        free(text);
    }
    CU_ASSERT_PTR_NULL(due_text("infinity", NULL));
    clock_set(0);
}

CU_ErrorCode client_due_register(void)
{
    static CU_TestInfo tests[] = {{"words", words}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_due", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
