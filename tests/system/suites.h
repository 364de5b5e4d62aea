/* The suites of the system tests, once: SUITE(name) stands for <name>_test.c and its <name>_register(). */
#ifndef TESTS_SYSTEM_SUITES_H
#define TESTS_SYSTEM_SUITES_H

#include <CUnit/CUnit.h>

/* Adds a suite and its tests to CUnit's registry; CUE_SUCCESS or CUnit's error. */
#define SUITE(name) CU_ErrorCode name##_register(void);
#include "tests/system/suites.def"
#undef SUITE

#endif
