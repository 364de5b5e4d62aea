/* The shell's words and completion. */
#include "client/command_table.h"
#include "client/shell_complete.h"
#include "client/shell_words.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>

/* The words of a line, each in brackets; for free(). */
static char *split(const char *line, bool lenient)
{
    struct shell_words words;
    char why[128] = "", *text = calloc(1, 1024);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    if (!shell_words_split(&words, line, lenient, why, sizeof why)) {
        strcpy(text, why);
        return text;
    }
    for (int i = 0; i < words.count; i++)
        strcat(strcat(strcat(text, "["), words.words[i]), "]");
    if (words.open)
        strcat(text, "+");
    shell_words_release(&words);
    return text;
}

static void test_words(void)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"  # nothing", ""},
        {"list", "[list]+"},
        {"list \n", "[list]"},
        {"open contoso 'it''s' -c priority # said", "[open][contoso][its][-c][priority]"},
        {"note INC-000001 \"a \\\"b\\\" \\n c\"", "[note][INC-000001][a \"b\" \\n c]+"},
        {"a\\ b ''", "[a b][]+"},
        {"x#y", "[x#y]+"},
        {"open 'never closed", "a quote ' is not closed"},
        {"open \"never closed", "a quote \" is not closed"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = split(cases[i][0], false);

        CU_ASSERT_STRING_EQUAL(text, cases[i][1]);
        free(text);
    }
    char *text = split("open 'never clo", true);

    CU_ASSERT_STRING_EQUAL(text, "[open][never clo]+");
    free(text);
}

/* The candidates for a line, with commas between them; for free(). */
static char *complete(const char *line)
{
    struct shell_names names = {.partners = json_pack("[s, s, s]", "contoso", "consult", "fabrikam"),
                                .incidents = json_pack("[s, s]", "INC-000123", "INC-000124")};
    struct shell_words words;
    const char *typed;
    char why[128], *text = calloc(1, 8192);
    json_t *word;
    size_t i;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    shell_words_split(&words, line, true, why, sizeof why);
    json_t *found = shell_complete(command_table, &names, &words, &typed);

    json_array_foreach(found, i, word) strcat(strcat(text, i ? "," : ""), json_string_value(word));
    json_decref(found);
    json_decref(names.partners);
    json_decref(names.incidents);
    shell_words_release(&words);
    return text;
}

static void test_complete(void)
{
    static const char *const cases[][2] = {
        {"ba", "balance"},
        {"qui", "quit"},
        {"catalogue ", "show,apply"},
        {"catalogue a", "apply"},
        {"balance ", "contoso,consult,fabrikam"},
        {"balance con", "contoso,consult"},
        {"list --partner f", "fabrikam"},
        {"list -p f", "fabrikam"},
        {"list --severity ", "A,B,C"},
        {"list --sever", "--severity"},
        {"note INC-000124 ", ""},
        {"note ", "INC-000123,INC-000124"},
        {"show INC-0001", "INC-000123,INC-000124"},
        {"nonsense x ", ""},
    };
    json_t *both = json_pack("[s, s]", "contoso", "consult"), *none = json_array();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = complete(cases[i][0]);

        if (strcmp(text, cases[i][1]) != 0)
            printf("\"%s\": %s\n", cases[i][0], text);
        CU_ASSERT_STRING_EQUAL(text, cases[i][1]);
        free(text);
    }
    CU_ASSERT_EQUAL(shell_common(both), 3);
    CU_ASSERT_EQUAL(shell_common(none), 0);
    json_decref(both);
    json_decref(none);
}

CU_ErrorCode client_shell_register(void)
{
    CU_pSuite suite = CU_add_suite("client_shell", NULL, NULL);

    if (suite == NULL || CU_add_test(suite, "words", test_words) == NULL ||
        CU_add_test(suite, "completion", test_complete) == NULL)
        return CU_get_error();
    return CUE_SUCCESS;
}
