/* catalogue_file, calendar_file and document: the files for people, and the two that are shipped. */
#include "client/calendar_file.h"
#include "client/catalogue_file.h"
#include "client/document.h"
#include "common/line.h"
#include "tests/unit/suites.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char why[512];

/* Reads text as a file of one kind. Owned by the caller. */
static json_t *text_read(const char *text, document_reader *reader)
{
    char path[] = "/tmp/entitle-document-XXXXXX";
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    why[0] = '\0';
    json_t *document = document_read(path, reader, why, sizeof why);
    unlink(path);
    return document;
}

static void document_is(const char *text, document_reader *reader, const char *expected)
{
    json_t *document = text_read(text, reader), *wanted = json_loads(expected, 0, NULL);

    CU_ASSERT_PTR_NOT_NULL(document);
    CU_ASSERT_TRUE(json_equal(document, wanted));
    json_decref(document);
    json_decref(wanted);
}

static void refused(const char *text, document_reader *reader, const char *place, const char *word)
{
    json_t *document = text_read(text, reader);

    CU_ASSERT_PTR_NULL(document);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, place));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, word));
    json_decref(document);
}

#define HEAD                                                                                                       \
    "region us { name = \"United States\" }\n"                                                                     \
    "benefit free { name = \"Free incidents\" kind = pool unit = incident }\n"                                     \
    "benefit desk { name = \"Desk\" kind = access }\n"
#define HEAD_JSON                                                                                                  \
    "\"regions\":[{\"region\":\"us\",\"name\":\"United States\"}],\"benefits\":[{\"benefit\":\"free\",\"name\":"   \
    "\"Free "                                                                                                      \
    "incidents\",\"kind\":\"pool\",\"unit\":\"incident\"},{\"benefit\":\"desk\",\"name\":\"Desk\",\"kind\":"       \
    "\"access\"}]"

static void catalogue(void)
{
    document_is(
        HEAD "plan a { name = A kind = membership level = 2\n fee us { amount = \"1.00 USD\" }\n"
             " pool free { quantity = 5 rank = 10 accepts = {professional} coverage = 24x7 } }\n",
        catalogue_file_read,
        "{" HEAD_JSON ",\"plans\":[{\"plan\":\"a\",\"name\":\"A\",\"kind\":\"membership\",\"level\":2,\"months\":"
        "12,\"sold\":true,\"fees\":[{\"region\":\"us\",\"fee\":\"1.00 USD\",\"typical\":false}],\"includes\":"
        "[{\"benefit\":\"free\",\"quantity\":5,\"per_contract\":false,\"rank\":10,\"accepts\":"
        "[\"professional\"],\"coverage\":\"24x7\"}]}]}");
}

/* What the program is called and whose midnights end its days; either may be left out. */
static void program(void)
{
    document_is("program { name = \"Partners\" time_zone = \"Australia/Lord_Howe\" }\n" HEAD, catalogue_file_read,
                "{" HEAD_JSON ",\"plans\":[],\"program\":{\"name\":\"Partners\",\"time_zone\":"
                "\"Australia/Lord_Howe\"}}");
    document_is("program { time_zone = UTC }\n" HEAD, catalogue_file_read,
                "{" HEAD_JSON ",\"plans\":[],\"program\":{\"time_zone\":\"UTC\"}}");
}

/* Targets come with the plan that one is like, and may be overridden; an access may escalate. */
static void targets(void)
{
    document_is(
        "region us { name = US }\n"
        "benefit desk { name = Desk kind = access escalates = true }\n"
        "plan a { name = A kind = service\n"
        " target \"priority A\" { coverage = 24x7 respond = 60 }\n"
        " target \"priority B\" { coverage = 24x7 respond = 120 update = 60 resolve = 480 } }\n"
        "plan b { like = a name = B kind = service\n"
        " target \"priority A\" { coverage = business-hours resolve = 30 } }\n",
        catalogue_file_read,
        "{\"regions\":[{\"region\":\"us\",\"name\":\"US\"}],\"benefits\":[{\"benefit\":\"desk\",\"name\":"
        "\"Desk\",\"kind\":\"access\",\"escalates\":true}],\"plans\":[{\"plan\":\"a\",\"name\":\"A\",\"kind\":"
        "\"service\",\"months\":12,\"sold\":true,\"fees\":[],\"includes\":[],\"targets\":[{\"class\":"
        "\"priority\",\"severity\":\"A\",\"coverage\":\"24x7\",\"respond\":60},{\"class\":\"priority\","
        "\"severity\":\"B\",\"coverage\":\"24x7\",\"respond\":120,\"update\":60,\"resolve\":480}]},"
        "{\"plan\":\"b\",\"name\":\"B\",\"kind\":\"service\",\"months\":12,\"sold\":true,\"fees\":[],"
        "\"includes\":[],\"targets\":[{\"class\":\"priority\",\"severity\":\"A\",\"coverage\":"
        "\"business-hours\",\"resolve\":30},{\"class\":\"priority\",\"severity\":\"B\",\"coverage\":\"24x7\","
        "\"respond\":120,\"update\":60,\"resolve\":480}]}]}");
}

/* A plan like another has all of it, with what it says itself in its place. */
static void like(void)
{
    document_is(
        HEAD "plan a { name = A kind = service fee us { amount = \"1.00 USD\" }\n"
             " pool free { quantity = 5 coverage = 24x7 } }\n"
             "plan b { like = a name = B kind = service sold = false successor = a\n"
             " pool free { quantity = 9 per_contract = true coverage = 24x7 }\n"
             " access desk { coverage = business-hours } }\n",
        catalogue_file_read,
        "{" HEAD_JSON ",\"plans\":[{\"plan\":\"a\",\"name\":\"A\",\"kind\":\"service\",\"months\":12,\"sold\":true,"
        "\"fees\":[{\"region\":\"us\",\"fee\":\"1.00 USD\",\"typical\":false}],\"includes\":[{\"benefit\":"
        "\"free\",\"quantity\":5,\"per_contract\":false,\"rank\":100,\"accepts\":[],\"coverage\":\"24x7\"}]},"
        "{\"plan\":\"b\",\"name\":\"B\",\"kind\":\"service\",\"months\":12,\"sold\":false,\"successor\":\"a\","
        "\"fees\":[{\"region\":\"us\",\"fee\":\"1.00 USD\",\"typical\":false}],\"includes\":[{\"benefit\":"
        "\"free\",\"quantity\":9,\"per_contract\":true,\"rank\":100,\"accepts\":[],\"coverage\":\"24x7\"},"
        "{\"benefit\":\"desk\",\"accepts\":[],\"coverage\":\"business-hours\"}]}]}");
}

static void catalogue_wrong(void)
{
    static const struct {
        const char *text, *place, *word;
    } cases[] = {
        {HEAD "plan a { nme = A }\n", ":4: ", "nme"},
        {HEAD "plan a { kind = service }\n", ":4: ", "no name"},
        {HEAD "plan a { name = A kind = club }\n", ":4: ", "kind"},
        {HEAD "plan a { name = A kind = membership }\n", ":4: ", "level"},
        {HEAD "plan a { name = A kind = service level = 1 }\n", ":4: ", "level"},
        {HEAD "plan a { name = A kind = service like = b }\n", ":4: ", "not declared"},
        {HEAD "plan a { name = A kind = service like = a }\n", ":4: ", "not declared"},
        {HEAD "plan a { name = A kind = service pool x { quantity = 1 coverage = 24x7 } }\n",
         ":4: ", "not declared"},
        {HEAD "plan a { name = A kind = service pool desk { quantity = 1 coverage = 24x7 } }\n", ":4: ", "access"},
        {HEAD "plan a { name = A kind = service pool free { coverage = 24x7 } }\n", ":4: ", "quantity"},
        {HEAD "plan a { name = A kind = service pool free { quantity = 1 } }\n", ":4: ", "coverage"},
        {HEAD "plan a { name = A kind = service access desk { coverage = 24x7 accepts = {x} } }\n",
         ":4: ", "\"x\""},
        {HEAD "plan a { name = A kind = service fee eu { amount = \"1.00 EUR\" } }\n", ":4: ", "eu"},
        {HEAD "plan a { name = A kind = service target priority { coverage = 24x7 respond = 1 } }\n",
         ":4: ", "priority"},
        {HEAD "plan a { name = A kind = service target \"gold A\" { coverage = 24x7 respond = 1 } }\n",
         ":4: ", "gold"},
        {HEAD "plan a { name = A kind = service target \"priority D\" { coverage = 24x7 respond = 1 } }\n",
         ":4: ", "D"},
        {HEAD "plan a { name = A kind = service target \"priority A\" { respond = 1 } }\n", ":4: ", "coverage"},
        {HEAD "plan a { name = A kind = service target \"priority A\" { coverage = 24x7 } }\n", ":4: ", "respond"},
        {HEAD "plan a { name = A kind = service target \"priority A\" { coverage = 24x7 update = -1 } }\n",
         ":4: ", "update"},
        {HEAD "benefit x { name = X kind = pool unit = day escalates = true }\n", ":4: ", "escalate"},
        {HEAD "benefit x { name = X kind = pool unit = day delivered = true }\n", ":4: ", "delivered"},
        {HEAD "benefit x { name = X kind = pool }\n", ":4: ", "unit"},
        {HEAD "benefit desk { name = X kind = access }\n", ":4: ", "desk"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refused(cases[i].text, catalogue_file_read, cases[i].place, cases[i].word);
}

static void calendar(void)
{
    document_is(
        "calendar us { name = U time_zone = America/New_York hours = {\"Mon-Tue 09:00-12:00 13:00-24:00\"}\n"
        " holidays = {\"2004-12-25 Christmas Day\"} }\n",
        calendar_file_read,
        "{\"calendars\":[{\"calendar\":\"us\",\"name\":\"U\",\"time_zone\":\"America/New_York\",\"hours\":["
        "{\"weekday\":1,\"opens\":\"09:00\",\"closes\":\"12:00\"},{\"weekday\":2,\"opens\":\"09:00\",\"closes\":"
        "\"12:00\"},{\"weekday\":1,\"opens\":\"13:00\",\"closes\":\"24:00\"},{\"weekday\":2,\"opens\":\"13:00\","
        "\"closes\":\"24:00\"}],\"holidays\":[{\"day\":\"2004-12-25\",\"name\":\"Christmas Day\"}]}]}");
    refused("calendar us { name = U }\n", calendar_file_read, ":1: ", "time_zone");
    refused("calendar us { name = U time_zone = UTC\n holidays = {\"2004-02-30 None\"} }\n", calendar_file_read,
            ":2: ", "2004-02-30");
}

static void hours(void)
{
    static const char *const wrong[] = {
        "",
        "Mon",
        "Mon 9:00-17:00",
        "Mon 09:00",
        "Mon 17:00-09:00",
        "Mon 09:00-24:01",
        "Mon 09:60",
        "Fri-Mon 09:00-17:00",
        "Mon- 09:00-17:00",
        "Mon 09:00-17:00x",
        "09:00-17:00",
        "Mon 09:00-09:00",
    };
    json_t *array = json_array();

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(calendar_hours_read(array, wrong[i]));
    CU_ASSERT_EQUAL(json_array_size(array), 0);
    CU_ASSERT_TRUE(calendar_hours_read(array, "mon-SUN 00:00-24:00"));
    CU_ASSERT_EQUAL(json_array_size(array), 7);
    json_decref(array);
}

static void as_json(void)
{
    document_is(" \n{\"calendars\": []}", calendar_file_read, "{\"calendars\":[]}");
    refused("{\n\"calendars\": [\n", calendar_file_read, ":3: ", "");
    CU_ASSERT_PTR_NULL(document_read("/nowhere/x.conf", calendar_file_read, why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "No such file"));
}

/* The object of an array whose member is this word. */
static const json_t *found(const json_t *array, const char *member, const char *word)
{
    json_t *object;
    size_t i;

    json_array_foreach(array, i, object)
    {
        const char *text = json_string_value(json_object_get(object, member));
        if (text != NULL && strcmp(text, word) == 0)
            return object;
    }
    return NULL;
}

/* What is shipped can be read, fits into one line of the protocol, and has what the program sells. */
static void shipped_catalogue(void)
{
    static const char *const plans[] = {
        "registered",        "certified",     "gold-certified",   "mspa-standard", "mspa-plus",
        "mspa-isv-standard", "mspa-isv-plus", "mspa-si-standard", "mspa-si-plus",  "premier-developer",
        "essential",         "premier",       "partner-delivered"};
    json_t *document = document_read(TEST_SOURCE_DIR "/conf/catalogue.conf", catalogue_file_read, why, sizeof why);

    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    char *text = json_dumps(document, JSON_COMPACT);
    CU_ASSERT_TRUE(strlen(text) < LINE_BYTES_MAX - 1024);
    free(text);
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(found(json_object_get(document, "plans"), "plan", plans[i]));
    const json_t *certified = found(json_object_get(document, "plans"), "plan", "certified");
    const json_t *pool = found(json_object_get(certified, "includes"), "benefit", "free-incidents");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(pool, "quantity")), 5);
    const json_t *newsgroups = found(json_object_get(certified, "includes"), "benefit", "newsgroups");
    CU_ASSERT_PTR_NOT_NULL(newsgroups);
    const json_t *premier = found(json_object_get(document, "plans"), "plan", "premier-developer");
    CU_ASSERT_TRUE(json_is_false(json_object_get(premier, "sold")));
    json_decref(document);
}

static void shipped_calendars(void)
{
    json_t *document = document_read(TEST_SOURCE_DIR "/conf/calendars.conf", calendar_file_read, why, sizeof why);
    json_t *calendar_one, *holiday;
    size_t i, j;

    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    json_array_foreach(json_object_get(document, "calendars"), i, calendar_one)
    {
        json_t *days = json_object();
        json_array_foreach(json_object_get(calendar_one, "holidays"), j, holiday)
        {
            json_object_set(days, json_string_value(json_object_get(holiday, "day")), holiday);
        }
        CU_ASSERT_EQUAL(json_object_size(days), json_array_size(json_object_get(calendar_one, "holidays")));
        CU_ASSERT_TRUE(json_array_size(json_object_get(calendar_one, "hours")) >= 5);
        json_decref(days);
    }
    char *text = json_dumps(document, JSON_COMPACT);
    CU_ASSERT_TRUE(strlen(text) < LINE_BYTES_MAX - 1024);
    free(text);
    json_decref(document);
}

CU_ErrorCode client_document_register(void)
{
    static CU_TestInfo tests[] = {{"catalogue", catalogue},
                                  {"program", program},
                                  {"targets", targets},
                                  {"like", like},
                                  {"a wrong catalogue", catalogue_wrong},
                                  {"calendar", calendar},
                                  {"hours", hours},
                                  {"JSON", as_json},
                                  {"the shipped catalogue", shipped_catalogue},
                                  {"the shipped calendars", shipped_calendars},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_document", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
