/* Owns the count of failed checks and the form in which they are told. */
#include "tests/system/check.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned outside; /* failed checks that no test was running for */

bool check_report(bool condition, const char *file, unsigned line, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!condition) {
        fflush(stdout);
        fprintf(stderr, "%s:%u: %s\n", file, line, text);
    }
    if (CU_get_current_test())
        CU_assertImplementation(condition, line, text, file, "", CU_FALSE);
    else if (!condition)
        outside++;
    return condition;
}

bool check_text(const char *seen, const char *wanted, const char *file, unsigned line, const char *what)
{
    bool same = seen && wanted ? strcmp(seen, wanted) == 0 : seen == wanted;

    return check_report(same, file, line, "%s is \"%s\", wanted is \"%s\"", what, seen ? seen : "(none)",
                        wanted ? wanted : "(none)");
}

bool check_number(long long seen, long long wanted, const char *file, unsigned line, const char *what)
{
    return check_report(seen == wanted, file, line, "%s is %lld, wanted is %lld", what, seen, wanted);
}

bool check_has(const char *text, const char *part, const char *file, unsigned line)
{
    return check_report(text && strstr(text, part), file, line, "\"%s\" is not in: %s", part,
                        text ? text : "(none)");
}

unsigned check_failures_outside(void)
{
    return outside;
}
