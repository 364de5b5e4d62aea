/* What methods_test.c asks the suite `day`, so that no method is left out by all. */
#ifndef TESTS_SYSTEM_DAY_TEST_H
#define TESTS_SYSTEM_DAY_TEST_H

#include "common/methods.h"
#include <stdbool.h>

/* True if the suite `day` (day_test.c) has the test of this method. */
bool day_tests(enum method_id method);

#endif
