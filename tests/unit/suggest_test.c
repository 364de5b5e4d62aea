/* suggest: distances, and where a word is near enough to be meant. */
#include "common/suggest.h"
#include "tests/unit/suites.h"

static const char *const words[] = {"open", "check", "balance", "partner create", "partner update", "list"};
#define WORDS (sizeof words / sizeof words[0])

static void distance(void)
{
    CU_ASSERT_EQUAL(suggest_distance("", ""), 0);
    CU_ASSERT_EQUAL(suggest_distance("open", "open"), 0);
    CU_ASSERT_EQUAL(suggest_distance("", "open"), 4);
    CU_ASSERT_EQUAL(suggest_distance("opn", "open"), 1);
    CU_ASSERT_EQUAL(suggest_distance("opeen", "open"), 1);
    CU_ASSERT_EQUAL(suggest_distance("opan", "open"), 1);
    CU_ASSERT_EQUAL(suggest_distance("oepn", "open"), 1);
    CU_ASSERT_EQUAL(suggest_distance("kitten", "sitting"), 3);
}

static void nearest(void)
{
    CU_ASSERT_STRING_EQUAL(suggest_nearest("opne", words, WORDS), "open");
    CU_ASSERT_STRING_EQUAL(suggest_nearest("balanse", words, WORDS), "balance");
    CU_ASSERT_STRING_EQUAL(suggest_nearest("partner creat", words, WORDS), "partner create");
    CU_ASSERT_STRING_EQUAL(suggest_nearest("bal", words, WORDS), "balance");
    CU_ASSERT_PTR_NULL(suggest_nearest("xyzzy", words, WORDS));
    CU_ASSERT_PTR_NULL(suggest_nearest("x", words, WORDS));
    CU_ASSERT_PTR_NULL(suggest_nearest("", words, WORDS));
    CU_ASSERT_PTR_NULL(suggest_nearest("open", words, 0));
}

/* Longer than what is compared. */
static void long_words(void)
{
    char one[201], other[201];

    for (int i = 0; i < 200; i++)
        one[i] = other[i] = 'a';
    one[200] = other[200] = '\0';
    other[199] = 'b';
    CU_ASSERT_EQUAL(suggest_distance(one, other), 0);
    other[0] = 'b';
    CU_ASSERT_EQUAL(suggest_distance(one, other), 1);
}

CU_ErrorCode suggest_register(void)
{
    static CU_TestInfo tests[] = {
        {"distance", distance}, {"nearest", nearest}, {"long words", long_words}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"suggest", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
