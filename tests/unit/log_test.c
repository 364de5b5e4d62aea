/* log: one line an event, logfmt that cannot be broken by what is logged. */
#include "common/clock.h"
#include "common/log.h"
#include "tests/unit/suites.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char written[8192];

/* Runs log_something with stderr in a pipe, and keeps what it wrote. */
static void capture(void (*log_something)(void))
{
    int ends[2], kept = dup(STDERR_FILENO);
    ssize_t length;

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    dup2(ends[1], STDERR_FILENO);
    log_something();
    dup2(kept, STDERR_FILENO);
    length = read(ends[0], written, sizeof written - 1);
    written[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    close(ends[1]);
    close(kept);
}

static void log_plain(void)
{
    log_info("worker.started", "pid", log_number(42), "none", NULL, "empty", "");
}

static void log_nasty(void)
{
    log_error("e", "value", "a \"quoted\" back\\slash\nlevel=info event=forged");
}

static void log_levels(void)
{
    log_debug("hidden", "a", "b");
    log_warn("seen");
}

static void log_long(void)
{
    char value[5000];

    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    log_info("long", "value", value);
}

static void plain(void)
{
    clock_set(INT64_C(1093262400000000));
    log_setup(LOG_LEVEL_INFO, "test", false);
    capture(log_plain);
    /* a field whose value is NULL ends nothing: it is left out */
    CU_ASSERT_STRING_EQUAL(
        written,
        "time=2004-08-23T12:00:00.000000Z level=info process=test event=worker.started pid=42 empty=\"\"\n");
    clock_set(0);
}

static void nasty(void)
{
    log_setup(LOG_LEVEL_INFO, "test", true);
    capture(log_nasty);
    CU_ASSERT_STRING_EQUAL(
        written,
        "<3>level=error process=test event=e value=\"a \\\"quoted\\\" back\\\\slash level=info event=forged\"\n");
}

static void levels(void)
{
    enum log_level level;

    log_setup(LOG_LEVEL_INFO, "test", true);
    capture(log_levels);
    CU_ASSERT_STRING_EQUAL(written, "<4>level=warn process=test event=seen\n");
    CU_ASSERT_TRUE(log_level_find("debug", &level) && level == LOG_LEVEL_DEBUG);
    CU_ASSERT_FALSE(log_level_find("loud", &level));
}

static void cut(void)
{
    log_setup(LOG_LEVEL_INFO, "test", true);
    capture(log_long);
    CU_ASSERT_TRUE(strlen(written) < 2100);
    CU_ASSERT_EQUAL(written[strlen(written) - 1], '\n');
    CU_ASSERT_PTR_EQUAL(strchr(written, '\n'), written + strlen(written) - 1);
}

CU_ErrorCode log_register(void)
{
    static CU_TestInfo tests[] = {{"plain", plain},
                                  {"nasty values", nasty},
                                  {"levels", levels},
                                  {"a long line is cut", cut},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"log", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
