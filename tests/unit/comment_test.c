/* comment_blank(): comments become blanks, lines stay lines, what is quoted stays. */
#include "common/comment.h"

#include "tests/unit/suites.h"
#include <string.h>

/* A text as it is afterwards. */
static void blank_check(const char *before, const char *after)
{
    char text[128];

    strcpy(text, before);
    comment_blank(text);
    CU_ASSERT_STRING_EQUAL(text, after);
}

static void test_comments(void)
{
    blank_check("# c\na = 1 # d\n", "   \na = 1    \n");
    blank_check("// c\na = 1 // d", "    \na = 1     ");
    blank_check("a = /* b\n c */ 1\n", "a =     \n      1\n");
    blank_check("a = 1 /* not closed\n b", "a = 1              \n  ");
    blank_check("", "");
}

static void test_quoted(void)
{
    blank_check("a = \"# no \\\" // no\" # c", "a = \"# no \\\" // no\"    ");
    blank_check("a = '/* no */' /* c */", "a = '/* no */'        ");
    blank_check("a = \"not closed # no", "a = \"not closed # no");
    blank_check("a = \"ends in a backslash\\", "a = \"ends in a backslash\\");
}

/* A path that is not quoted. */
static void test_words(void)
{
    blank_check("a = /etc//x/*/y", "a = /etc//x/*/y");
    blank_check("a = 5/2", "a = 5/2");
}

CU_ErrorCode comment_register(void)
{
    CU_TestInfo tests[] = {{"comments", test_comments},
                           {"what is quoted", test_quoted},
                           {"slashes in words", test_words},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"comment", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
