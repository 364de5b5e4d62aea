/* methods: the table is whole and sorted, and each type takes what it says and nothing else. */
#include "common/methods.h"
#include "tests/unit/suites.h"
#include <string.h>

static void table_is_sorted_and_whole(void)
{
    for (int id = 0; id < METHOD_COUNT; id++) {
        const struct method_spec *spec = method_spec((enum method_id)id);

        CU_ASSERT_TRUE(id == 0 || strcmp(method_spec((enum method_id)(id - 1))->name, spec->name) < 0);
        CU_ASSERT_EQUAL(method_find(spec->name, strlen(spec->name)), (enum method_id)id);
        CU_ASSERT_TRUE(spec->roles != 0 && spec->summary[0]);
        CU_ASSERT_TRUE(!spec->route || method_param(spec, spec->route));
        for (const struct param_spec *param = spec->params; param->name; param++)
            CU_ASSERT_TRUE(param->help[0] && (param->type == PARAM_CHOICE) == (param->choices != NULL));
    }
}

static void look_up(void)
{
    CU_ASSERT_EQUAL(method_find("incident.open", 13), METHOD_INCIDENT_OPEN);
    CU_ASSERT_EQUAL(method_find("incident.open", 12), METHOD_COUNT);
    CU_ASSERT_EQUAL(method_find("incident.opened", 15), METHOD_COUNT);
    CU_ASSERT_EQUAL(method_find("", 0), METHOD_COUNT);
    CU_ASSERT_STRING_EQUAL(method_suggest("incident.opne"), "incident.open");
    CU_ASSERT_PTR_NULL(method_suggest("something.else.entirely"));
}

/* Both take the same parameters, so that they decide the same. */
static void check_takes_what_open_takes(void)
{
    const struct param_spec *open = method_spec(METHOD_INCIDENT_OPEN)->params;
    const struct param_spec *check = method_spec(METHOD_INCIDENT_CHECK)->params;

    for (; open->name; open++, check++)
        CU_ASSERT_TRUE(check->name && strcmp(open->name, check->name) == 0 && open->required == check->required);
    CU_ASSERT_PTR_NULL(check->name);
    CU_ASSERT_PTR_NOT_NULL(method_param(method_spec(METHOD_INCIDENT_OPEN), "key"));
    CU_ASSERT_PTR_NULL(method_param(method_spec(METHOD_INCIDENT_CHECK), "key"));
}

static void roles(void)
{
    CU_ASSERT_STRING_EQUAL(role_name(ROLE_MANAGER), "manager");
    CU_ASSERT_EQUAL(role_find("reporter"), ROLE_REPORTER);
    CU_ASSERT_EQUAL(role_find("root"), 0);
    CU_ASSERT_PTR_NULL(role_name(ROLE_PARTNER | ROLE_ADMIN));
}

/* One value of a parameter's type, as JSON text. */
static bool takes(enum param_type type, long min, long max, const char *choices, const char *value)
{
    struct param_spec param = {"p", type, true, min, max, choices, ""};
    json_t *read = json_loads(value, JSON_DECODE_ANY, NULL);
    char why[256] = "";
    bool taken;

    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    taken = param_value_check(&param, read, why, sizeof why);
    CU_ASSERT_EQUAL(taken, why[0] == '\0');
    CU_ASSERT_TRUE(taken || strncmp(why, "parameter `p` must be ", 22) == 0);
    json_decref(read);
    return taken;
}

static const char code_63[] = "\"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij-23\"";
static const char code_64[] = "\"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij-234\"";
static const char hex_64[] = "\"0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789\"";

static void types_take(void)
{
    CU_ASSERT_TRUE(takes(PARAM_CODE, 0, 0, NULL, "\"contoso\""));
    CU_ASSERT_TRUE(takes(PARAM_PARTNER, 0, 0, NULL, "\"9-to-5\""));
    CU_ASSERT_TRUE(takes(PARAM_CODE, 0, 0, NULL, code_63));
    CU_ASSERT_TRUE(takes(PARAM_INCIDENT, 0, 0, NULL, "\"INC-000123\""));
    CU_ASSERT_TRUE(takes(PARAM_CONTRACT, 0, 0, NULL, "\"CON-1234567\""));
    CU_ASSERT_TRUE(takes(PARAM_TEXT, 1, 3, NULL, "\"\\u00e4\\u00f6\\u00fc\""));
    CU_ASSERT_TRUE(takes(PARAM_TEXT, 1, 9, NULL, "\"a\\n\\tb\""));
    CU_ASSERT_TRUE(takes(PARAM_CHOICE, 0, 0, "A|B|C", "\"C\""));
    CU_ASSERT_TRUE(takes(PARAM_BOOLEAN, 0, 0, NULL, "false"));
    CU_ASSERT_TRUE(takes(PARAM_INTEGER, 1, 500, NULL, "500"));
    CU_ASSERT_TRUE(takes(PARAM_TIME, 0, 0, NULL, "\"2004-08-23T12:00:00+02:00\""));
    CU_ASSERT_TRUE(takes(PARAM_DATE, 0, 0, NULL, "\"2004-02-29\""));
    CU_ASSERT_TRUE(takes(PARAM_KEY, 1, 64, NULL, "\"~ !\""));
    CU_ASSERT_TRUE(takes(PARAM_MONEY, 0, 0, NULL, "\"1500.00 USD\""));
    CU_ASSERT_TRUE(takes(PARAM_FINGERPRINT, 0, 0, NULL, hex_64));
    CU_ASSERT_TRUE(takes(PARAM_OBJECT, 0, 0, NULL, "{}"));
}

static void types_refuse(void)
{
    static const struct {
        enum param_type type;
        const char *choices, *value;
    } wrong[] = {{PARAM_CODE, NULL, "\"\""},
                 {PARAM_CODE, NULL, "\"-a\""},
                 {PARAM_CODE, NULL, "\"A\""},
                 {PARAM_CODE, NULL, "\"a b\""},
                 {PARAM_CODE, NULL, "7"},
                 {PARAM_CODE, NULL, code_64},
                 {PARAM_INCIDENT, NULL, "\"INC-00012\""},
                 {PARAM_INCIDENT, NULL, "\"CON-000123\""},
                 {PARAM_INCIDENT, NULL, "\"INC-000123x\""},
                 {PARAM_INCIDENT, NULL, "\"INC-1234567890123456789\""},
                 {PARAM_TEXT, NULL, "\"\""},
                 {PARAM_TEXT, NULL, "\"a\\u0007\""},
                 {PARAM_TEXT, NULL, "\"\\u007f\""},
                 {PARAM_TEXT, NULL, "\"123456\""},
                 {PARAM_TEXT, NULL, "null"},
                 {PARAM_CHOICE, "A|B|C", "\"D\""},
                 {PARAM_CHOICE, "A|B|C", "\"A|B\""},
                 {PARAM_CHOICE, "A|B|C", "\"\""},
                 {PARAM_BOOLEAN, NULL, "\"true\""},
                 {PARAM_BOOLEAN, NULL, "0"},
                 {PARAM_INTEGER, NULL, "6"},
                 {PARAM_INTEGER, NULL, "0"},
                 {PARAM_INTEGER, NULL, "1.0"},
                 {PARAM_INTEGER, NULL, "\"1\""},
                 {PARAM_TIME, NULL, "\"2004-08-23\""},
                 {PARAM_TIME, NULL, "0"},
                 {PARAM_DATE, NULL, "\"2004-02-30\""},
                 {PARAM_KEY, NULL, "\"\""},
                 {PARAM_KEY, NULL, "\"\\u00e4\""},
                 {PARAM_KEY, NULL, "\"123456\""},
                 {PARAM_MONEY, NULL, "\"1500 USD\""},
                 {PARAM_MONEY, NULL, "\"1500.00\""},
                 {PARAM_MONEY, NULL, "\"-1.00 USD\""},
                 {PARAM_MONEY, NULL, "\"1.00 usd\""},
                 {PARAM_MONEY, NULL, "\"1.0x USD\""},
                 {PARAM_MONEY, NULL, "1500"},
                 {PARAM_FINGERPRINT, NULL, "\"00\""},
                 {PARAM_OBJECT, NULL, "[]"}};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(takes(wrong[i].type, 1, 5, wrong[i].choices, wrong[i].value));
}

/* What is wrong with these parameters of contract.activate; "" for nothing. */
static const char *problem(const char *text)
{
    static char why[256];
    json_t *params = text ? json_loads(text, 0, NULL) : NULL;

    why[0] = '\0';
    CU_ASSERT_EQUAL(method_params_check(method_spec(METHOD_CONTRACT_ACTIVATE), params, why, sizeof why),
                    why[0] == '\0');
    json_decref(params);
    return why;
}

static void whole_parameters(void)
{
    CU_ASSERT_STRING_EQUAL(problem("{\"contract\":\"CON-000001\",\"key\":\"k\"}"), "");
    CU_ASSERT_STRING_EQUAL(
        problem("{\"contract\":\"CON-000001\"}"),
        "contract.activate needs the parameter `key`: unique for this change; the same key again gives the same "
        "answer");
    CU_ASSERT_STRING_EQUAL(problem("{\"key\":\"k\"}"),
                           "contract.activate needs the parameter `contract`: the contract");
    CU_ASSERT_STRING_EQUAL(problem("{\"contract\":\"CON-000001\",\"key\":\"k\",\"x\":1}"),
                           "contract.activate has no parameter `x`");
    CU_ASSERT_STRING_EQUAL(problem("{\"contract\":\"1\",\"key\":\"k\"}"),
                           "parameter `contract` must be a contract's name, such as CON-000123");
    CU_ASSERT_STRING_NOT_EQUAL(problem(NULL), "");
}

CU_ErrorCode methods_register(void)
{
    static CU_TestInfo tests[] = {{"the table is sorted and whole", table_is_sorted_and_whole},
                                  {"look-up", look_up},
                                  {"check takes what open takes", check_takes_what_open_takes},
                                  {"roles", roles},
                                  {"types take", types_take},
                                  {"types refuse", types_refuse},
                                  {"whole parameters", whole_parameters},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"methods", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
