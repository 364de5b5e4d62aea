/* What methods_test.c asks the other suites that have a test a method, so that no method is left out by all. */
#ifndef TESTS_SYSTEM_METHODS_TEST_H
#define TESTS_SYSTEM_METHODS_TEST_H

#include "common/methods.h"
#include <stdbool.h>

/* True if the suite `engine` (engine_test.c), `units` (units_test.c), `advise` (advise_test.c) or `report`
 * (report_test.c) has the test of this method. */
bool engine_tests(enum method_id method);
bool units_tests(enum method_id method);
bool advise_tests(enum method_id method);
bool report_tests(enum method_id method);

#endif
