/* The daemon's options: defaults, ranges, sentences, reload; and that what is made of the table is fresh. */
#include "daemon/options.h"
#include "tests/unit/suites.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX 512

/* Loads text as a configuration file. */
static struct options *load(const char *text, size_t length, char *why)
{
    char path[] = "/tmp/entitled-options-XXXXXX";
    int fd = mkstemp(path);
    struct options *options = NULL;

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_FATAL(write(fd, text, length) == (ssize_t)length);
    close(fd);
    options = options_load(path, why, WHY_MAX);
    unlink(path);
    return options;
}

/* True if text is refused with a sentence that has both parts. */
static bool refused(const char *text, const char *part, const char *other)
{
    char why[WHY_MAX] = "";
    struct options *options = load(text, strlen(text), why);
    bool right = options == NULL && strstr(why, part) != NULL && strstr(why, other) != NULL;

    if (!right)
        fprintf(stderr, "options: %s: %s\n", text, options == NULL ? why : "was taken");
    options_free(options);
    return right;
}

static void test_defaults(void)
{
    char why[WHY_MAX] = "";
    struct options *options = options_load(NULL, why, sizeof why);

    CU_ASSERT_PTR_NOT_NULL_FATAL(options);
#define OPTION_INTEGER(name, value, min, max, ...)                                                                 \
    CU_ASSERT_EQUAL(options->name, value);                                                                         \
    CU_ASSERT(options->name >= (min) && options->name <= (max));
#define OPTION_STRING(name, value, ...) CU_ASSERT_STRING_EQUAL(options->name, value);
#include "daemon/options.def"
#undef OPTION_INTEGER
#undef OPTION_STRING
    options_free(options);
}

static void test_values(void)
{
    static const char text[] = "# a comment\n\nworkers = 5\nlisten = \"0.0.0.0:1 [::]:1\" // another\n"
                               "log_level = debug\nidle_timeout_ms=1000";
    char why[WHY_MAX] = "";
    struct options *options = load(text, strlen(text), why);

    CU_ASSERT_PTR_NOT_NULL_FATAL(options);
    CU_ASSERT_EQUAL(options->workers, 5);
    CU_ASSERT_EQUAL(options->idle_timeout_ms, 1000);
    CU_ASSERT_EQUAL(options->batch_max, 256);
    CU_ASSERT_STRING_EQUAL(options->listen, "0.0.0.0:1 [::]:1");
    CU_ASSERT_STRING_EQUAL(options->log_level, "debug");
    options_free(options);
}

static void test_refused(void)
{
    static const char nul[] = "workers = 1\0\n";
    char why[WHY_MAX] = "";

    CU_ASSERT(refused("workers = 0\n", ":1: workers is 0", "1 to 64 processes"));
    CU_ASSERT(refused("\n\nworkers = 65\n", ":3: workers is 65", "1 to 64"));
    CU_ASSERT(refused("workers = two\n", ":1: ", "workers"));
    CU_ASSERT(refused("workers = 99999999999999999999\n", ":1: ", "workers"));
    CU_ASSERT(refused("log_level = \"loud\"\n", "loud", "error|warn|info|debug"));
    CU_ASSERT(refused("log_level = \"info|debug\"\n", "info|debug", "one of"));
    CU_ASSERT(refused("workes = 2\n", ":1: ", "workes"));
    CU_ASSERT(refused("tls_key = \"\"\n", "tls_key", "empty"));
    CU_ASSERT(refused("workers 2\n", ":1: ", ""));
    CU_ASSERT(refused("database = \"never closed\n", ":", ""));
    CU_ASSERT_PTR_NULL(load(nul, sizeof nul - 1, why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "NUL"));
    CU_ASSERT_PTR_NULL(options_load("/nonexistent/entitled.conf", why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "/nonexistent/entitled.conf: cannot be opened: No such file"));
    CU_ASSERT_PTR_NULL(options_load("/", why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "directory"));
}

static void test_reload(void)
{
    static const char before[] = "workers = 2\nidle_timeout_ms = 2000\nlog_level = info\n";
    static const char after[] = "workers = 3\nidle_timeout_ms = 3000\nlog_level = debug\n";
    char why[WHY_MAX] = "";
    struct options *current = load(before, strlen(before), why);
    struct options *fresh = load(after, strlen(after), why);
    struct options *same = load(before, strlen(before), why);

    CU_ASSERT_FATAL(current != NULL && fresh != NULL && same != NULL);
    CU_ASSERT_STRING_EQUAL(options_reload(current, fresh), "workers");
    CU_ASSERT_EQUAL(current->workers, 2);
    CU_ASSERT_EQUAL(current->idle_timeout_ms, 3000);
    CU_ASSERT_STRING_EQUAL(current->log_level, "debug");
    CU_ASSERT_PTR_NULL(options_reload(current, same));
    options_free(current);
    options_free(fresh);
    options_free(same);
}

/* True if the command's output is the file. */
static bool made_of(const char *command, const char *path)
{
    FILE *left = popen(command, "r");
    FILE *right = fopen(path, "r");
    bool same = left != NULL && right != NULL;
    long bytes = 0;

    for (int a = 0, b = 0; same && a != EOF; bytes++) {
        a = fgetc(left);
        b = fgetc(right);
        same = a == b;
    }
    if (left != NULL && pclose(left) != 0)
        same = false;
    if (right != NULL)
        fclose(right);
    return same && bytes > 100;
}

/* Run from the build's folder, as `make check` does. */
static void test_fresh(void)
{
    CU_ASSERT(made_of("./daemon/options-doc", TEST_SOURCE_DIR "/conf/entitled.conf"));
    CU_ASSERT(made_of("./daemon/options-doc --mdoc", TEST_SOURCE_DIR "/doc/entitled.conf.5"));
}

/* The file that is installed has every default commented; with the comments removed it says the same. */
static void test_shipped(void)
{
    char why[WHY_MAX] = "";
    struct options *options = options_load(TEST_SOURCE_DIR "/conf/entitled.conf", why, sizeof why);

    CU_ASSERT_PTR_NOT_NULL(options);
    options_free(options);

    FILE *file = fopen(TEST_SOURCE_DIR "/conf/entitled.conf", "r");
    char line[1024];
    char text[16384] = "";

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (line[0] == '#' && line[1] != ' ' && line[1] != '\n')
            strncat(text, line + 1, sizeof text - strlen(text) - 1);
    fclose(file);
    CU_ASSERT(strlen(text) > 100);
    options = load(text, strlen(text), why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(options);
    CU_ASSERT_EQUAL(options->workers, 2);
    options_free(options);
}

CU_ErrorCode options_register(void)
{
    CU_pSuite suite = CU_add_suite("options", NULL, NULL);

    if (suite == NULL || CU_add_test(suite, "defaults", test_defaults) == NULL ||
        CU_add_test(suite, "values", test_values) == NULL || CU_add_test(suite, "refused", test_refused) == NULL ||
        CU_add_test(suite, "reload", test_reload) == NULL || CU_add_test(suite, "fresh", test_fresh) == NULL ||
        CU_add_test(suite, "shipped", test_shipped) == NULL)
        return CU_get_error();
    return CUE_SUCCESS;
}
