/* error: the table is whole, and each code and reason stands for one error. */
#include "common/error.h"
#include "tests/unit/suites.h"
#include <ctype.h>
#include <string.h>

static void rows_are_whole(void)
{
    for (int id = 0; id < ERROR_COUNT; id++) {
        const struct error_spec *spec = error_spec((enum error_id)id);

        CU_ASSERT_TRUE(spec->code != 0 && spec->exit_code >= 1 && spec->exit_code <= 5);
        CU_ASSERT_EQUAL(strspn(spec->reason, "abcdefghijklmnopqrstuvwxyz_"), strlen(spec->reason));
        CU_ASSERT_TRUE(islower((unsigned char)spec->text[0]));
        CU_ASSERT_NOT_EQUAL(spec->text[strlen(spec->text) - 1], '.');
        for (int other = 0; other < id; other++) {
            CU_ASSERT_NOT_EQUAL(error_spec((enum error_id)other)->code, spec->code);
            CU_ASSERT_STRING_NOT_EQUAL(error_spec((enum error_id)other)->reason, spec->reason);
        }
    }
}

static void found_by_reason(void)
{
    CU_ASSERT_PTR_EQUAL(error_find("entitlement_exhausted"), error_spec(ERROR_ENTITLEMENT_EXHAUSTED));
    CU_ASSERT_EQUAL(error_find("entitlement_exhausted")->code, 10);
    CU_ASSERT_EQUAL(error_find("entitlement_exhausted")->exit_code, 3);
    CU_ASSERT_PTR_NULL(error_find("Entitlement_exhausted"));
    CU_ASSERT_PTR_NULL(error_find(""));
}

CU_ErrorCode error_register(void)
{
    static CU_TestInfo tests[] = {
        {"rows are whole", rows_are_whole}, {"found by reason", found_by_reason}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"error", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
