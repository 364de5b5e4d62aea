/* call_array: the bytes that PostgreSQL's array_recv() reads. */
#include "daemon/call_array.h"
#include "tests/unit/suites.h"
#include <string.h>

static void bigints(void)
{
    static const char wanted[] = "\0\0\0\1\0\0\0\0\0\0\0\24\0\0\0\2\0\0\0\1"
                                 "\0\0\0\10\0\0\0\0\0\0\0\7\0\0\0\10\377\377\377\377\377\377\377\376";
    struct call_array array = {0};

    CU_ASSERT_TRUE(call_array_begin_int8(&array, 2));
    CU_ASSERT_TRUE(call_array_add_int8(&array, 7) && call_array_add_int8(&array, -2));
    CU_ASSERT_EQUAL_FATAL(array.length, sizeof wanted - 1);
    CU_ASSERT_EQUAL(memcmp(array.bytes, wanted, array.length), 0);
    call_array_release(&array);
}

static void documents(void)
{
    static const char wanted[] = "\0\0\0\1\0\0\0\0\0\0\16\332\0\0\0\1\0\0\0\1\0\0\0\3\1{}";
    struct call_array array = {0};

    for (int again = 0; again < 2; again++) { /* it begins anew in the same memory */
        CU_ASSERT_TRUE(call_array_begin_jsonb(&array, 1));
        CU_ASSERT_TRUE(call_array_add_jsonb(&array, "{}", 2));
        CU_ASSERT_EQUAL_FATAL(array.length, sizeof wanted - 1);
        CU_ASSERT_EQUAL(memcmp(array.bytes, wanted, array.length), 0);
    }
    call_array_release(&array);
    CU_ASSERT_PTR_NULL(array.bytes);
}

static void grows(void)
{
    struct call_array array = {0};
    char text[1000];

    memset(text, ' ', sizeof text);
    CU_ASSERT_TRUE(call_array_begin_jsonb(&array, 100));
    for (int i = 0; i < 100; i++)
        CU_ASSERT_TRUE(call_array_add_jsonb(&array, text, sizeof text));
    CU_ASSERT_EQUAL(array.length, 20 + 100 * 1005);
    call_array_release(&array);
}

CU_ErrorCode call_array_register(void)
{
    static CU_TestInfo tests[] = {
        {"bigints", bigints}, {"documents", documents}, {"grows", grows}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"call_array", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
