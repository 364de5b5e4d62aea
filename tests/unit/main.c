/*
 * Runs the unit tests: every suite of suites.def, or those named as arguments.  Prints each failure
 * where it happened, a line a suite, and closes with "N passed, N failed", as every test program here.
 */
#include "tests/unit/suites.h"
#include <CUnit/TestRun.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suite_entry {
    const char *name;
    CU_ErrorCode (*add)(void);
};

static const struct suite_entry suites[] = {
#define SUITE(name) {#name, name##_register},
#include "tests/unit/suites.def"
#undef SUITE
};

#define SUITES (sizeof suites / sizeof suites[0])

/* True if the suite is among the words, or there are none. */
static bool wanted(const char *name, int words, char **word)
{
    for (int i = 0; i < words; i++) {
        if (strcmp(name, word[i]) == 0)
            return true;
    }
    return words == 0;
}

/* Prints one line for each failed check of a test, as a compiler would. */
static void print_test(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord first)
{
    for (CU_pFailureRecord at = first; at != NULL; at = at->pNext) {
        fprintf(stderr, "%s:%u: %s/%s: %s\n", at->strFileName, at->uiLineNumber, suite->pName, test->pName,
                at->strCondition);
    }
}

static void print_suite(const CU_pSuite suite, const CU_pFailureRecord failures)
{
    (void)failures;
    printf("%s: %u tests\n", suite->pName, suite->uiNumberOfTests);
    fflush(stdout);
}

/* Adds the suites that are wanted; false if a word names none, or CUnit refuses. */
static bool suites_add(int words, char **word)
{
    for (int i = 0; i < words; i++) {
        size_t at = 0;
        while (at < SUITES && strcmp(suites[at].name, word[i]) != 0)
            at++;
        if (at == SUITES) {
            fprintf(stderr, "unit: there is no suite %s\n", word[i]);
            return false;
        }
    }
    for (size_t i = 0; i < SUITES; i++) {
        if (wanted(suites[i].name, words, word) && suites[i].add() != CUE_SUCCESS) {
            fprintf(stderr, "unit: suite %s: %s\n", suites[i].name, CU_get_error_msg());
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    if (CU_initialize_registry() != CUE_SUCCESS) {
        fprintf(stderr, "unit: %s\n", CU_get_error_msg());
        return EXIT_FAILURE;
    }
    if (!suites_add(argc - 1, argv + 1)) {
        CU_cleanup_registry();
        return 2;
    }
    CU_set_test_complete_handler(print_test);
    CU_set_suite_complete_handler(print_suite);
    CU_ErrorCode ran = CU_run_all_tests();
    unsigned failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
    unsigned passed = CU_get_number_of_tests_run() - CU_get_number_of_tests_failed();
    if (ran != CUE_SUCCESS && failed == 0)
        failed = 1;
    CU_cleanup_registry();
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
