/* The suites of the unit tests, once: SUITE(name) stands for tests/unit/<name>_test.c and its <name>_register(). */
#ifndef TESTS_UNIT_SUITES_H
#define TESTS_UNIT_SUITES_H

#include <CUnit/CUnit.h>

/* Adds a suite and its tests to CUnit's registry; CUE_SUCCESS or CUnit's error. */
#define SUITE(name) CU_ErrorCode name##_register(void);
#include "tests/unit/suites.def"
#undef SUITE

#endif
