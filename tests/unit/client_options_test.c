/* options and value: flags out of methods.def's rows, and what people type into them. */
#include "client/options.h"
#include "client/value.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>

static char why[512];
static json_t *params, *values;
static int words;

/* Parses the words of a line by the options of a method, but for those of `without`. */
static bool parse_without(enum method_id method, const char *letters, const char *without, const char *const *line)
{
    static const struct option_spec own[] = {
        {"activate", 'a', NULL, "a flag"}, {"file", 0, "FILE", "a value"}, {NULL, 0, NULL, NULL}};
    struct options options = {0};
    char *argv[32] = {(char[]){"entitle"}};
    int argc = 1;

    while (line[argc - 1] != NULL) {
        argv[argc] = strdup(line[argc - 1]);
        argc++;
    }
    json_decref(params);
    json_decref(values);
    params = json_object();
    values = json_object();
    options_add(&options, own, false);
    options_add_method(&options, method_spec(method), letters, without);
    bool good = options_parse(&options, argc, argv, false, params, values, &words, why, sizeof why);
    words = argc - words;
    options_release(&options);
    while (argc > 1)
        free(argv[--argc]);
    return good;
}

static bool parse(enum method_id method, const char *letters, const char *const *line)
{
    return parse_without(method, letters, NULL, line);
}

static const char *param(const char *name)
{
    const char *text = json_string_value(json_object_get(params, name));
    return text == NULL ? "" : text;
}

static int tear_down(void)
{
    json_decref(params);
    json_decref(values);
    params = values = NULL;
    return 0;
}

static void from_rows(void)
{
    const char *const line[] = {"contoso", "-c",          "professional",         "--severity=a",
                                "a title", "--opened-at", "2004-08-23T12:00:00Z", "--override-reason",
                                "because", NULL};

    CU_ASSERT_TRUE_FATAL(parse(METHOD_INCIDENT_OPEN, "c=class s=severity", line));
    CU_ASSERT_STRING_EQUAL(param("class"), "professional");
    CU_ASSERT_STRING_EQUAL(param("severity"), "A");
    CU_ASSERT_STRING_EQUAL(param("opened_at"), "2004-08-23T12:00:00Z");
    CU_ASSERT_STRING_EQUAL(param("override_reason"), "because");
    CU_ASSERT_EQUAL(words, 2);
}

static void flags(void)
{
    CU_ASSERT_TRUE(
        parse(METHOD_CATALOGUE_APPLY, NULL, (const char *const[]){"--dry-run", "-a", "--file", "x", NULL}));
    CU_ASSERT_TRUE(json_is_true(json_object_get(params, "dry_run")));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(values, "activate")), "yes");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(values, "file")), "x");
    CU_ASSERT_TRUE(parse(METHOD_PARTNER_UPDATE, NULL, (const char *const[]){"--disabled=no", NULL}));
    CU_ASSERT_TRUE(json_is_false(json_object_get(params, "disabled")));
    CU_ASSERT_FALSE(parse(METHOD_PARTNER_UPDATE, NULL, (const char *const[]){"--disabled=perhaps", NULL}));
    CU_ASSERT_FALSE(parse(METHOD_CATALOGUE_APPLY, NULL, (const char *const[]){"--document", "x", NULL}));
    CU_ASSERT_FALSE(parse(METHOD_CATALOGUE_APPLY, NULL, (const char *const[]){"--activate=1", NULL}));
    CU_ASSERT_FALSE(parse_without(METHOD_INCIDENT_CREDIT, NULL, "reason duplicate_of",
                                  (const char *const[]){"--duplicate-of", "INC-000001", NULL}));
    CU_ASSERT_TRUE(parse_without(METHOD_INCIDENT_CREDIT, NULL, "reason duplicate_of",
                                 (const char *const[]){"--note", "twice", NULL}));
}

/* Every row of methods.def can be built into options, and its key only where it writes. */
static void all_methods(void)
{
    for (int id = 0; id < METHOD_COUNT; id++) {
        const struct method_spec *spec = method_spec((enum method_id)id);
        bool has_key = parse((enum method_id)id, NULL, (const char *const[]){"--key", "k", NULL});
        bool writes = spec->access == METHOD_WRITES;
        CU_ASSERT_EQUAL(has_key, writes);
    }
}

static void wrong(void)
{
    CU_ASSERT_FALSE(parse(METHOD_INCIDENT_OPEN, NULL, (const char *const[]){"--severty", "A", NULL}));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "did you mean --severity?"));
    CU_ASSERT_FALSE(parse(METHOD_INCIDENT_OPEN, NULL, (const char *const[]){"--severity", NULL}));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "--severity needs a value"));
    CU_ASSERT_FALSE(parse(METHOD_INCIDENT_OPEN, NULL, (const char *const[]){"--severity", "D", NULL}));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "--severity"));
    CU_ASSERT_FALSE(parse(METHOD_INCIDENT_OPEN, NULL, (const char *const[]){"-z", NULL}));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "-z"));
    CU_ASSERT_FALSE(parse(METHOD_INCIDENT_LIST, NULL, (const char *const[]){"--limit", "many", NULL}));
    CU_ASSERT_FALSE(parse(METHOD_INCIDENT_LIST, NULL, (const char *const[]){"--limit", "501", NULL}));
}

/* The value of a text, as JSON, is what is expected; NULL: none. */
static void value_is(const struct param_spec *spec, const char *text, const char *expected)
{
    json_t *value = value_read(spec, text, why, sizeof why);
    char *dumped = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

    if (expected == NULL)
        CU_ASSERT_PTR_NULL(dumped);
    if (expected != NULL && dumped != NULL)
        CU_ASSERT_STRING_EQUAL(dumped, expected);
    CU_ASSERT_EQUAL(expected == NULL, dumped == NULL);
    free(dumped);
    json_decref(value);
}

static void value_types(void)
{
    const struct method_spec *contract = method_spec(METHOD_CONTRACT_CREATE),
                             *list = method_spec(METHOD_INCIDENT_LIST);

    value_is(method_param(contract, "quantities"), "a=1,b=20", "{\"a\":1,\"b\":20}");
    value_is(method_param(contract, "quantities"), "{\"a\": 1}", "{\"a\":1}");
    value_is(method_param(contract, "quantities"), "a=", NULL);
    value_is(method_param(contract, "quantities"), "=1", NULL);
    value_is(method_param(contract, "quantities"), "{\"a\": 1", NULL);
    value_is(method_param(contract, "starts"), "2004-02-30", NULL);
    value_is(method_param(contract, "price"), "35000.00 USD", "\"35000.00 USD\"");
    value_is(method_param(list, "limit"), "12", "12");
    value_is(method_param(list, "limit"), "12x", NULL);
    value_is(method_param(list, "class"), "Priority", "\"priority\"");
    value_is(method_param(list, "text"), "a\xff", NULL);
}

static void local_times(void)
{
    const struct param_spec *since = method_param(method_spec(METHOD_INCIDENT_LIST), "since");

    setenv("TZ", "Etc/GMT-2", 1);
    value_is(since, "2004-08-23 14:00", "\"2004-08-23T12:00:00.000000Z\"");
    value_is(since, "2004-08-23", "\"2004-08-22T22:00:00.000000Z\"");
    value_is(since, "2004-08-23T14:00:00+02:00", "\"2004-08-23T14:00:00+02:00\"");
    value_is(since, "yesterday", NULL);
    unsetenv("TZ");
}

CU_ErrorCode client_options_register(void)
{
    static CU_TestInfo tests[] = {{"from rows", from_rows},
                                  {"flags", flags},
                                  {"all methods", all_methods},
                                  {"what is wrong is named", wrong},
                                  {"values", value_types},
                                  {"local times", local_times},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_options", NULL, tear_down, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
