/*
 * Checks with a sentence: a test that fails says what it saw, not only where.  Built on CUnit's own
 * assertion, so that its counts and its summary hold.
 */
#ifndef TESTS_SYSTEM_CHECK_H
#define TESTS_SYSTEM_CHECK_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <string.h>

/* Counts a check; a failed one prints file, line and the sentence. Returns condition. */
bool check_report(bool condition, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* CHECK(condition, "what was seen instead: %s", …); its value is the condition's. */
#define CHECK(condition, ...) check_report((condition), __FILE__, __LINE__, __VA_ARGS__)

/* Both are the same text (NULL is none). */
#define CHECK_TEXT(seen, wanted) check_text((seen), (wanted), __FILE__, __LINE__, #seen)
bool check_text(const char *seen, const char *wanted, const char *file, unsigned line, const char *what);

/* Both are the same number. */
#define CHECK_NUMBER(seen, wanted) check_number((long long)(seen), (long long)(wanted), __FILE__, __LINE__, #seen)
bool check_number(long long seen, long long wanted, const char *file, unsigned line, const char *what);

/* The text has a part. */
#define CHECK_HAS(text, part) check_has((text), (part), __FILE__, __LINE__)
bool check_has(const char *text, const char *part, const char *file, unsigned line);

/* Failed checks while no test was running: in what all tests stand on. */
unsigned check_failures_outside(void);

#endif
