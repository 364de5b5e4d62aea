/*
 * Runs the system tests: every suite of suites.def, or those named as arguments.  Prints each failed check
 * where it happened with the end of the daemon's log, a line a suite, and closes with "N passed, N failed".
 */
#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/fixture.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <CUnit/TestRun.h>
#include <locale.h>
#include <signal.h>
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
#include "tests/system/suites.def"
#undef SUITE
};

#define SUITES (sizeof suites / sizeof suites[0])

static int64_t started_ms;

static void before_test(const CU_pTest test, const CU_pSuite suite)
{
    (void)test;
    (void)suite;
    started_ms = clock_monotonic_ms();
}

static void after_test(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord first)
{
    printf("%-7s %s/%s (%lld ms)\n", first ? "FAILED" : "ok", suite->pName, test->pName,
           (long long)(clock_monotonic_ms() - started_ms));
    fflush(stdout);
    if (first)
        server_tell();
}

static void init_failed(const CU_pSuite suite)
{
    fprintf(stderr, "FAILED  %s: the suite could not begin\n", suite->pName);
    server_tell();
}

/* Adds the suites that are named, or all; false if a word names none, or CUnit refuses. */
static bool suites_add(int words, char **word)
{
    for (size_t i = 0; words == 0 && i < SUITES; i++)
        if (suites[i].add() != CUE_SUCCESS)
            return false;
    for (int i = 0; i < words; i++) {
        size_t at = 0;

        while (at < SUITES && strcmp(suites[at].name, word[i]) != 0)
            at++;
        if (at == SUITES) {
            fprintf(stderr, "system: there is no suite %s; there are:", word[i]);
            for (size_t each = 0; each < SUITES; each++)
                fprintf(stderr, " %s", suites[each].name);
            fprintf(stderr, "\n");
            return false;
        }
        if (suites[at].add() != CUE_SUCCESS)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    unsigned passed = 0, failed = 1;

    setlocale(LC_ALL, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    if (CU_initialize_registry() != CUE_SUCCESS || !suites_add(argc - 1, argv + 1)) {
        CU_cleanup_registry();
        return 2;
    }
    CU_set_test_start_handler(before_test);
    CU_set_test_complete_handler(after_test);
    CU_set_suite_init_failure_handler(init_failed);
    if (fixture_start() && world_start()) {
        failed = CU_run_all_tests() == CUE_SUCCESS ? 0 : 1;
        passed = CU_get_number_of_tests_run() - CU_get_number_of_tests_failed();
        failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed() > 0
                     ? CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed()
                     : failed;
    } else {
        server_tell();
    }
    world_stop();
    fixture_stop();
    failed += check_failures_outside();
    CU_cleanup_registry();
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
