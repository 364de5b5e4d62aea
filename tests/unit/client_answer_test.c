/* What the commands make of answers: as tables, CSV and JSON, whole and in pages. */
#include "client/charge.h"
#include "client/command_check.h"
#include "client/command_contract.h"
#include "client/command_ledger.h"
#include "client/command_moves.h"
#include "client/command_table.h"
#include "client/command_upgrade.h"
#include "client/command_usage.h"
#include "client/contract_view.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>

typedef void shower(struct render *render, const json_t *result);

/* What a command shows of an answer. For free(). */
static char *shown(shower *show, enum render_format format, const char *answer)
{
    json_t *parsed = json_loads(answer, 0, NULL);
    struct render render = {.format = format};
    char *text = NULL;
    size_t size;

    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
    render.stream = open_memstream(&text, &size);
    show(&render, parsed);
    fclose(render.stream);
    json_decref(parsed);
    return text;
}

static void shows(shower *show, enum render_format format, const char *answer, const char *expected)
{
    char *text = shown(show, format, answer);

    CU_ASSERT_PTR_NOT_NULL(strstr(text, expected));
    if (strstr(text, expected) == NULL)
        fprintf(stderr, "not there: %s\nin: %s\n", expected, text);
    free(text);
}

static void shows_not(shower *show, const char *answer, const char *unwanted)
{
    char *text = shown(show, RENDER_TABLE, answer);

    CU_ASSERT_PTR_NULL(strstr(text, unwanted));
    free(text);
}

static void charges(void)
{
    json_t *charge = json_loads("{\"pool\":\"p\",\"contract\":\"CON-000001\",\"units\":1,\"ordinal\":3,\"of\":5,"
                                "\"remaining\":2,\"override\":false}",
                                0, NULL);
    char *text = charge_text(charge), *none = charge_text(NULL);

    CU_ASSERT_STRING_EQUAL(text, "p of CON-000001, incident 3 of 5, 2 left");
    CU_ASSERT_STRING_EQUAL(none, "nothing");
    free(none);
    free(text);
    json_object_set_new(charge, "override", json_true());
    text = charge_text(charge);
    CU_ASSERT_STRING_EQUAL(text, "p of CON-000001, by override, 2 left");
    free(text);
    json_decref(charge);
}

#define ENTRIES                                                                                                    \
    "{\"entries\":[{\"seq\":2,\"at\":\"2004-08-23T12:00:00Z\",\"pool\":\"p\",\"contract\":\"CON-000001\","         \
    "\"kind\":\"credit\",\"units\":1,\"change\":1,\"left\":3,\"incident\":\"INC-000007\",\"by\":\"anna\","         \
    "\"reason\":\"goodwill\",\"note\":\"sorry, really\",\"written\":true},"                                        \
    "{\"seq\":3,\"kind\":\"override\",\"units\":1,\"change\":0,\"left\":3,\"note\":\"go on\"},"                    \
    "{\"seq\":4,\"kind\":\"expiry\",\"units\":3,\"change\":-3,\"left\":0,\"written\":false}]}"

static void ledgers(void)
{
    shower *show = command_ledger.render;

    shows(show, RENDER_TABLE, ENTRIES, "goodwill: sorry, really");
    shows(show, RENDER_TABLE, ENTRIES, "   +1     3  INC-000007  anna  ");
    shows(show, RENDER_TABLE, ENTRIES, "  (1)     3                    go on");
    shows(show, RENDER_TABLE, ENTRIES, "   -3     0                    not booked yet");
    shows(show, RENDER_CSV, ENTRIES,
          "at,contract,pool,seq,kind,units,change,left,incident,by,reason,note,written\r\n");
    shows(show, RENDER_CSV, ENTRIES, ",credit,1,1,3,INC-000007,anna,goodwill,\"sorry, really\",true\r\n");
    shows(show, RENDER_TABLE, "{\"entries\":[]}", "none");
}

static void proofs(void)
{
    shower *show = command_ledger_verify.render;

    shows(show, RENDER_TABLE, "{\"grants\":2,\"entries\":9,\"broken\":[]}",
          "9 entries of 2 grants: every chain is whole");
    shows(show, RENDER_TABLE,
          "{\"grants\":2,\"entries\":9,\"broken\":[{\"partner\":\"contoso\",\"pool\":\"p\",\"seq\":4,"
          "\"what\":\"it was changed\"}]}",
          "contoso  p         4  it was changed");
    shows(show, RENDER_CSV, "{\"grants\":2,\"entries\":9,\"broken\":[]}", "partner,contract,pool,seq,what\r\n");
}

static void contracts(void)
{
    const char *const answer =
        "{\"contract\":{\"contract\":\"CON-000002\",\"plan\":\"gold-certified\",\"renews\":\"CON-000001\","
        "\"renewed_by\":null,\"grants\":[{\"pool\":\"p\",\"granted\":5,\"used\":1,\"expired\":4,\"remaining\":0}],"
        "\"accesses\":[{\"benefit\":\"concierge\",\"coverage\":\"business-hours\"}]},"
        "\"open_incidents\":[{\"incident\":\"INC-000009\",\"state\":\"new\",\"title\":\"a title\"}]}";

    shows(command_contract_show.render, RENDER_TABLE, answer, "renews        CON-000001\n");
    shows_not(command_contract_show.render, answer, "renewed by");
    shows(command_contract_show.render, RENDER_TABLE, answer, "concierge  business-hours");
    shows(command_contract_cancel.render, RENDER_TABLE, answer, "expired: 4 of p\n");
    shows(command_contract_cancel.render, RENDER_TABLE, answer, "INC-000009     new    a title");
}

static void upgrades(void)
{
    const char *const members =
        "\"from\":\"certified\",\"to\":\"gold-certified\",\"ends\":\"2005-06-01\",\"pools\":[{\"pool\":\"p\","
        "\"unit\":\"incident\",\"granted_before\":5,\"used\":1,\"granted_after\":9,\"left_after\":8}],"
        "\"accesses\":{\"gained\":[\"coordinator\",{\"benefit\":\"concierge\",\"coverage\":\"24x7\"}],\"lost\":[]},"
        "\"expires\":[{\"pool\":\"p\",\"units\":4}],\"fee_after\":\"1500.00 USD\"";
    char answer[1024];

    for (int nested = 0; nested < 2; nested++) {
        snprintf(answer, sizeof answer, nested ? "{\"effect\":{%s}}" : "{%s}", members);
        shows(command_contract_upgrade.render, RENDER_TABLE, answer,
              "from certified to gold-certified, until 2005-06-01\n");
        shows(command_contract_upgrade.render, RENDER_TABLE, answer, "coordinator, concierge (24x7)\n");
        shows(command_contract_upgrade.render, RENDER_TABLE, answer, "expires    4 of p\n");
        shows(command_contract_upgrade.render, RENDER_TABLE, answer, "fee        none before, 1500.00 USD after\n");
        shows_not(command_contract_upgrade.render, answer, "lost");
        shows(command_contract_upgrade.render, RENDER_CSV, answer, "p,incident,5,1,9,8\r\n");
    }
}

static void usage(void)
{
    const char *const two =
        "{\"charge\":{\"benefit\":\"consulting\",\"unit\":\"minute\",\"units\":45,\"remaining\":0,\"parts\":["
        "{\"pool\":\"consulting\",\"contract\":\"CON-000001\",\"units\":40,\"remaining\":0},"
        "{\"pool\":\"consulting\",\"contract\":\"CON-000002\",\"units\":5,\"remaining\":0}]}}";

    shows(command_usage_record.render, RENDER_TABLE, two, "consulting  booked: 45 minutes, 0 left\n");
    shows(command_usage_record.render, RENDER_TABLE, two, "CON-000002      5     0");
    shows(command_usage_record.render, RENDER_TABLE,
          "{\"charge\":{\"benefit\":\"lab\",\"unit\":\"day\",\"units\":1,\"remaining\":2},\"replayed\":true}",
          "lab  booked: 1 day, 2 left (booked before, under the same key)\n");
}

static void credits(void)
{
    shows(command_credit.render, RENDER_TABLE,
          "{\"incident\":\"INC-000007\",\"charge\":{\"pool\":\"p\",\"contract\":\"CON-000001\",\"units\":1},"
          "\"remaining\":3}",
          "INC-000007  credited: 1 to p of CON-000001, 3 left\n");
}

/* Which question the words of `check` are, with the parameters and own values that they became. */
static bool of_benefit(const char *params, const char *values)
{
    struct session session = {.params = json_loads(params, 0, NULL), .values = json_loads(values, 0, NULL)};

    bool answer = check_is_of_benefit(&session);
    json_decref(session.params);
    json_decref(session.values);
    return answer;
}

static void checks(void)
{
    CU_ASSERT_TRUE(of_benefit("{\"partner\":\"contoso\",\"title\":\"concierge\"}", "{\"json\":\"yes\"}"));
    CU_ASSERT_TRUE(of_benefit("{}", "{\"benefit\":\"concierge\"}"));
    CU_ASSERT_FALSE(of_benefit("{\"partner\":\"contoso\",\"title\":\"a\",\"class\":\"critical\"}", "{}"));
    CU_ASSERT_FALSE(of_benefit("{\"partner\":\"contoso\",\"title\":\"a\",\"severity\":\"A\"}", "{}"));
    CU_ASSERT_FALSE(of_benefit("{\"partner\":\"contoso\"}", "{}"));
    shows(check_benefit_render, RENDER_TABLE,
          "{\"covered\":true,\"by\":{\"contract\":\"CON-000001\",\"plan\":\"certified\"},\"why\":\"it is\"}",
          "covered       yes\nby            CON-000001\nplan          certified\nbecause       it is\n");
}

/* Three pages, the second without rows, in one format. For free(). */
static char *paged(enum render_format format)
{
    static const char *const pages[] = {
        "{\"contracts\":[{\"contract\":\"CON-000001\",\"state\":\"draft\"}],\"next\":\"a\"}",
        "{\"contracts\":[],\"next\":\"b\"}",
        "{\"contracts\":[{\"contract\":\"CON-000002\",\"price\":\"1.00 USD\"}],\"more\":1}"};
    struct render render = {.format = format};
    char *text = NULL;
    size_t size;

    render.stream = open_memstream(&text, &size);
    for (unsigned i = 0; i < 3; i++) {
        json_t *page = json_loads(pages[i], 0, NULL);
        render.pages = i + 1;
        if (format == RENDER_JSON)
            render_json_page(&render, page, "contracts", i == 2);
        else
            command_contract_list.render(&render, page);
        json_decref(page);
    }
    fclose(render.stream);
    return text;
}

static void pages(void)
{
    char *csv = paged(RENDER_CSV), *table = paged(RENDER_TABLE), *json = paged(RENDER_JSON);
    json_t *parsed = json_loads(json, 0, NULL);

    CU_ASSERT_STRING_EQUAL(csv, "contract,partner,plan,state,starts,ends,price\r\nCON-000001,,,draft,,,\r\n"
                                "CON-000002,,,,,,1.00 USD\r\n");
    CU_ASSERT_EQUAL(strncmp(table, "CONTRACT    PARTNER  PLAN  STATE  STARTS  ENDS  PRICE", 52), 0);
    CU_ASSERT_PTR_NULL(strstr(table + 10, "CONTRACT"));
    CU_ASSERT_PTR_NULL(strstr(table, "none"));
    CU_ASSERT_PTR_NOT_NULL(strstr(table, "\nCON-000002                                      1.00 USD"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(parsed, "contracts")), 2);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(parsed, "more")), 1);
    CU_ASSERT_PTR_NULL(json_object_get(parsed, "next"));
    json_decref(parsed);
    free(csv);
    free(table);
    free(json);
}

/* Every row of the table can be found, and has help with an example. */
static void table(void)
{
    for (const struct command *const *each = command_table; *each != NULL; each++) {
        const struct command *command = *each;
        char *help = NULL;
        size_t size;
        FILE *stream = open_memstream(&help, &size);
        command_help(command, stream);
        fclose(stream);
        CU_ASSERT_PTR_EQUAL(command_find(command_table, command->name), command);
        CU_ASSERT_PTR_NOT_NULL(strstr(help, command->example));
        CU_ASSERT_PTR_NOT_NULL(strstr(command->example, "entitle "));
        if (command->list != NULL)
            CU_ASSERT_STRING_EQUAL(command->without, "limit");
        free(help);
    }
}

CU_ErrorCode client_answer_register(void)
{
    static CU_TestInfo tests[] = {{"charges", charges},     {"ledgers", ledgers},   {"proofs", proofs},
                                  {"contracts", contracts}, {"upgrades", upgrades}, {"usage", usage},
                                  {"credits", credits},     {"checks", checks},     {"pages", pages},
                                  {"table", table},         CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_answer", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
