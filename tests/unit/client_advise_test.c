/* advise_demand: numbers, lists and logs into a demand. */
#include "client/advise_demand.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64], why[512];

/* A demand is this JSON; frees it. */
static void demand_is(json_t *demand, const char *json)
{
    char *text = json_dumps(demand, JSON_COMPACT | JSON_SORT_KEYS);

    CU_ASSERT_STRING_EQUAL(text, json);
    free(text);
    json_decref(demand);
}

static void numbers(void)
{
    static const char *const wrong[] = {"", "-1", "+1", "1.5", "1x", " 1", "1000001", "99999999999999999999", "x"};
    json_t *demand = demand_new();

    CU_ASSERT_TRUE(demand_number(demand, "priority", "priority", NULL, why, sizeof why));
    CU_ASSERT_TRUE(demand_number(demand, "professional", "professional", "7", why, sizeof why));
    CU_ASSERT_TRUE(demand_number(demand, "advisory_minutes", "minutes", "1000000", why, sizeof why));
    CU_ASSERT_TRUE(demand_number(demand, "critical", "critical", "0", why, sizeof why));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_FALSE(demand_number(demand, "priority", "priority", wrong[i], why, sizeof why));
        CU_ASSERT_PTR_NOT_NULL(strstr(why, "--priority: \""));
    }
    demand_is(demand, "{\"advisory_minutes\":1000000,\"critical\":0,\"professional\":7}");
}

static void usage(void)
{
    static const char *const wrong[] = {"", "a", "a=", "=1", "a=1,", "a=1,,b=2", "a=-1", "a=1=2"};
    json_t *demand = demand_new();

    CU_ASSERT_TRUE(demand_usage(demand, NULL, why, sizeof why));
    CU_ASSERT_EQUAL(json_object_size(demand), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(demand_usage(demand, wrong[i], why, sizeof why));
    CU_ASSERT_TRUE(demand_usage(demand, "phone-consulting=300,isv-lab=2", why, sizeof why));
    demand_is(demand, "{\"usage\":{\"isv-lab\":2,\"phone-consulting\":300}}");
}

static void dates(void)
{
    static const char *const none[] = {"", "2004", "2004-1-01", "2004/01/01", "2004-01-011", "log.csv", "-"};

    CU_ASSERT_TRUE(demand_is_date("2004-08-23"));
    CU_ASSERT_TRUE(demand_is_date("2004-99-99")); /* its form only: that there is such a day is checked later */
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        CU_ASSERT_FALSE(demand_is_date(none[i]));
}

/* Counts text as a log; its path becomes the log's. */
static bool counted(json_t *demand, struct demand_log *log, const char *text, size_t *passed_over)
{
    strcpy(path, "/tmp/entitle-advise-XXXXXX");
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    log->path = path;
    bool good = demand_count(demand, log, passed_over, why, sizeof why);
    unlink(path);
    return good;
}

/* Updates count once, advisory ones not at all, other partners' not either. */
static void logs(void)
{
    static const char text[] =
        "id,who,class\n1,Contoso Ltd,Priority\n1,Contoso Ltd,critical\n2,contoso-ltd,professional\n"
        "3,Fabrikam,priority\n4,Contoso Ltd,advisory\n5,?,priority\n6,Contoso Ltd,urgent\n";
    json_t *demand = demand_new();
    size_t passed_over;

    CU_ASSERT_TRUE(
        counted(demand,
                &(struct demand_log){
                    .partner_column = "who", .only = "contoso-ltd", .id_column = "id", .class_column = "class"},
                text, &passed_over));
    CU_ASSERT_EQUAL(passed_over, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, ":7: it names no partner"));
    demand_is(demand, "{\"priority\":1,\"professional\":1}");
    demand = demand_new();
    CU_ASSERT_TRUE(counted(demand, &(struct demand_log){0}, text, &passed_over));
    CU_ASSERT_EQUAL(passed_over, 0);
    demand_is(demand, "{\"professional\":7}");
    demand = demand_new();
    CU_ASSERT_TRUE(counted(demand, &(struct demand_log){.class = "critical"}, "id\n", &passed_over));
    demand_is(demand, "{}");
}

static void logs_wrong(void)
{
    static const struct {
        struct demand_log log;
        const char *text, *why;
    } wrong[] = {
        {{.only = "x"}, "id\n1\n", "--only needs --partner-column"},
        {{.partner_column = "who"}, "id\n1\n", "no column \"who\""},
        {{.partner_column = "id", .only = "???"}, "id\n1\n", "--only: \"???\""},
        {{.class = "urgent"}, "id\n1\n", ":2: \"urgent\" is not one of"},
        {{0}, "", "the file is empty"},
        {{0}, "id\n1\n\"2\n", "quote"},
    };
    size_t passed_over;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct demand_log log = wrong[i].log;
        json_t *demand = demand_new();
        CU_ASSERT_FALSE(counted(demand, &log, wrong[i].text, &passed_over));
        CU_ASSERT_PTR_NOT_NULL(strstr(why, wrong[i].why));
        json_decref(demand);
    }
    struct demand_log missing = {.path = "/nowhere/log.csv"};
    json_t *demand = demand_new();
    CU_ASSERT_FALSE(demand_count(demand, &missing, &passed_over, why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "/nowhere/log.csv"));
    json_decref(demand);
}

CU_ErrorCode client_advise_register(void)
{
    static CU_TestInfo tests[] = {{"numbers", numbers}, {"usage", usage},           {"dates", dates},
                                  {"logs", logs},       {"wrong logs", logs_wrong}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_advise", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
