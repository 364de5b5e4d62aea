/*
 * advise.plans on the catalogue that is shipped, and the mails of the nightly report, by the real daemon and
 * client; each of their methods has its test here, which methods_test.c counts.
 */
#include "tests/system/check.h"
#include "tests/system/methods_test.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 24
#define SENDERS 6

static struct peer *admin, *ours;
static char home[FIXTURE_PATH_MAX + 32]; /* XDG_CONFIG_HOME=… */
static char log_path[FIXTURE_PATH_MAX];

static int advise_init(void)
{
    snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s", world_server()->dir);
    fixture_source("tests/data/incident-event-log-sample.csv", log_path);
    admin = peer_open(world_server(), "admin");
    ours = peer_open(world_server(), "contoso-user");
    return admin && ours ? 0 : 1;
}

static int advise_clean(void)
{
    peer_free(admin);
    peer_free(ours);
    return 0;
}

/* Runs `entitle advise` with the words that follow, up to NULL. */
static void advise(struct outcome *outcome, ...)
{
    const char *argv[WORDS_MAX] = {fixture_program("entitle"), "advise"};
    const char *const env[] = {home, "ENTITLE_PROFILE=coordinator", NULL};
    va_list words;
    int count = 2;

    va_start(words, outcome);
    while (count < WORDS_MAX - 1 && (argv[count] = va_arg(words, const char *)))
        count++;
    va_end(words);
    process_run(&(struct process_wish){.argv = argv, .env = env}, fixture_ms(30000), outcome);
}

/* Checks the exit code, and parts of what it said on standard output and error; frees what it wrote. */
static void said_check(struct outcome *outcome, int code, const char *out, const char *err)
{
    CHECK(outcome->code == code, "exit code %d, wanted %d: %s", outcome->code, code, outcome->err);
    CHECK_HAS(outcome->out, out);
    CHECK_HAS(outcome->err, err);
    outcome_release(outcome);
}

/* ---- advise.plans ---- */

static json_t *asked(const char *demand)
{
    return peer_ask_json(admin, "advise.plans",
                         json_pack("{s:s, s:o}", "region", "us", "demand", json_loads(demand, 0, NULL)));
}

/* The first alternative to a demand: its plans and fee. */
static void best_check(const char *demand, const char *plans, const char *fee, bool covers_all)
{
    json_t *reply = asked(demand);
    char *seen = json_dumps(reply_member(reply, "alternatives.0.plans"), JSON_COMPACT);

    CHECK_TEXT(seen, plans);
    CHECK_TEXT(reply_text(reply, "alternatives.0.fee"), fee);
    CHECK(json_is_true(reply_member(reply, "alternatives.0.covers_all")) == covers_all, "%s: it says otherwise",
          demand);
    CHECK(json_is_true(reply_member(reply, "complete")), "%s: not complete", demand);
    free(seen);
    json_decref(reply);
}

/* What is advised for seven professional and three priority incidents is true: they are opened under it. */
static void advised_is_true(void)
{
    char partner[WORLD_NAME_MAX];
    int taken = 0;

    if (!world_partner(admin, partner) || !world_contract(admin, partner, "certified", NULL, NULL) ||
        !world_contract(admin, partner, "mspa-standard", NULL, NULL))
        return;
    for (int i = 0; i < 11; i++) {
        json_t *params = world_open_params(partner, i < 7 ? "professional" : "priority", world_key());
        json_t *reply = peer_ask_json(admin, "incident.open", params);
        taken += strcmp(reply_reason(reply), "ok") == 0;
        json_decref(reply);
    }
    CHECK_NUMBER(taken, 10);
    json_t *reply = peer_ask(admin, "advise.plans", "{s:s, s:s}", "partner", partner, "region", "us");
    CHECK_NUMBER(reply_number(reply, "demand.professional"), 7);
    CHECK_NUMBER(reply_number(reply, "demand.priority"), 4); /* with the one refused */
    json_decref(reply);
}

static void test_advise_plans(void)
{
    best_check("{\"professional\": 4}", "[\"certified\"]", "1500.00 USD", true);
    best_check("{\"professional\": 7, \"priority\": 3}", "[\"certified\",\"mspa-standard\"]", "8500.00 USD", true);
    best_check("{}", "[\"registered\"]", "0.00 USD", true);
    best_check("{\"delivered\": 2}", "[\"registered\",\"partner-delivered\"]", "5000.00 USD", true);
    best_check("{\"usage\": {\"isv-lab\": 11}}", "[\"registered\",\"mspa-isv-plus\"]", "35000.00 USD", false);
    advised_is_true();

    json_t *reply = peer_ask(ours, "advise.plans", NULL);
    CHECK_TEXT(reply_text(reply, "partner"), "contoso");
    CHECK(reply_count(reply, "alternatives") > 0, "no alternatives");
    json_decref(reply);
    CHECK_TEXT(peer_reason(ours, "advise.plans", "{s:s}", "partner", "fabrikam"), "not_found");
    CHECK_TEXT(peer_reason(ours, "advise.plans", "{s:s}", "partner", "nobody"), "not_found");
    CHECK_TEXT(peer_reason(admin, "advise.plans", NULL), "invalid_params");
    CHECK_TEXT(peer_reason(admin, "advise.plans", "{s:s, s:{s:i}}", "region", "us", "demand", "priority", -1),
               "invalid_params");
    CHECK_TEXT(peer_reason(admin, "advise.plans", "{s:s, s:{s:i}}", "region", "us", "demand", "wishes", 1),
               "invalid_params");
}

/* ---- mails ---- */

static json_t *claim(struct peer *peer, const char *recipient)
{
    return peer_ask(peer, "mail.claim", "{s:s, s:s, s:s}", "key", world_key(), "date", "2004-08-23", "recipient",
                    recipient);
}

static json_t *settle(json_int_t mail, int attempt, const char *outcome)
{
    return peer_ask(admin, "mail.settle", "{s:s, s:I, s:i, s:s}", "key", world_key(), "mail", mail, "attempt",
                    attempt, "outcome", outcome);
}

/* Several senders ask for one mail at the same moment: one gets it. */
static void test_mail_claim(void)
{
    struct peer *senders[SENDERS] = {0};
    int claimed = 0, busy = 0;

    for (int i = 0; i < SENDERS; i++) {
        senders[i] = peer_open(world_server(), "admin");
        char *line = peer_request(1, "mail.claim",
                                  json_pack("{s:s, s:s, s:s}", "key", world_key(), "date", "2004-08-23",
                                            "recipient", "race@contoso.example"));
        if (senders[i] != NULL)
            peer_send_text(senders[i], line);
        free(line);
    }
    for (int i = 0; i < SENDERS; i++) {
        json_t *reply = senders[i] == NULL ? NULL : peer_reply(senders[i], PEER_WITHIN_MS);
        const char *state = reply_text(reply, "state");
        claimed += state != NULL && strcmp(state, "claimed") == 0;
        busy += state != NULL && strcmp(state, "busy") == 0;
        CHECK_NUMBER(reply_number(reply, "attempt"), 1);
        json_decref(reply);
        peer_free(senders[i]);
    }
    CHECK_NUMBER(claimed, 1);
    CHECK_NUMBER(busy, SENDERS - 1);
    CHECK_TEXT(peer_reason(admin, "mail.claim", "{s:s, s:s, s:s}", "key", world_key(), "date", "2004-08-23",
                           "recipient", "not an address"),
               "invalid_params");
    CHECK_TEXT(peer_reason(ours, "mail.claim", "{s:s, s:s, s:s}", "key", world_key(), "date", "2004-08-23",
                           "recipient", "a@b.example"),
               "forbidden");
}

static void test_mail_settle(void)
{
    json_t *reply = claim(admin, "settle@contoso.example");
    json_int_t mail = reply_number(reply, "mail");

    CHECK_TEXT(reply_text(reply, "state"), "claimed");
    json_decref(reply);
    reply = settle(mail, 2, "handing");
    CHECK_TEXT(reply_reason(reply), "invalid_state");
    json_decref(reply);
    reply = settle(mail, 1, "handing");
    CHECK_TEXT(reply_text(reply, "state"), "handing");
    json_decref(reply);
    reply = settle(mail, 1, "deferred");
    CHECK_TEXT(reply_text(reply, "state"), "deferred");
    CHECK(reply_is_time(reply, "next_attempt_at"), "no time for the next attempt");
    json_decref(reply);
    reply = claim(admin, "settle@contoso.example");
    CHECK_TEXT(reply_text(reply, "state"), "waiting");
    json_decref(reply);
    reply = settle(mail, 1, "sent");
    CHECK_TEXT(reply_reason(reply), "invalid_state");
    CHECK_TEXT(reply_text(reply, "data.state"), "deferred");
    json_decref(reply);
}

static void test_mail_list(void)
{
    json_decref(claim(admin, "list@contoso.example"));
    json_t *reply = peer_ask(admin, "mail.list", "{s:s, s:i}", "state", "claimed", "limit", 1);

    CHECK_NUMBER(reply_count(reply, "mails"), 1);
    CHECK_TEXT(reply_text(reply, "mails.0.recipient"), "list@contoso.example");
    CHECK_TEXT(reply_text(reply, "mails.0.date"), "2004-08-23");
    CHECK_NUMBER(reply_number(reply, "mails.0.attempts"), 1);
    json_decref(reply);
    CHECK_TEXT(peer_reason(ours, "mail.list", NULL), "forbidden");
    CHECK_TEXT(peer_reason(admin, "mail.list", "{s:s}", "cursor", "x"), "invalid_params");
}

/* ---- entitle advise ---- */

static void test_command(void)
{
    struct outcome outcome;

    advise(&outcome, "--region", "us", "--professional", "7", "--priority", "3", NULL);
    CHECK_HAS(outcome.out, "region us: 7 professional, 3 priority");
    CHECK_HAS(outcome.out, "certified, mspa-standard, line by line:");
    said_check(&outcome, 0, "8500.00 USD", "--all shows them");
    advise(&outcome, "--region", "us", "--professional", "7", "--priority", "3", "--json", NULL);
    json_t *result = json_loads(outcome.out, 0, NULL);
    CHECK_NUMBER(json_integer_value(json_object_get(json_object_get(result, "demand"), "professional")), 7);
    json_decref(result);
    said_check(&outcome, 0, "\"covers_all\": true", "");
    advise(&outcome, "--region", "us", "--professional", "4", "--format", "csv", NULL);
    CHECK(strncmp(outcome.out, "plans,fee,typical,covers_all,beside,beside_units\r\n", 49) == 0 ||
              strncmp(outcome.out, "plans,fee,typical,covers_all,beside,beside_units\n", 49) == 0,
          "another header: %.60s", outcome.out);
    said_check(&outcome, 0, "certified,1500.00 USD,false,true,0,0", "");
    advise(&outcome, "contoso", "--from", "2004-01-01", "--to", "2004-06-30", NULL);
    said_check(&outcome, 0, "asked from 2004-01-01 to 2004-06-30: nothing", "");
    advise(&outcome, "contoso", NULL);
    said_check(&outcome, 0, "line by line:", "");
    advise(&outcome, "--region", "us", "--minutes", "700", "--usage", "isv-lab=2,workshops=1", "--all", NULL);
    said_check(&outcome, 0, "isv-lab (days)", "");
}

static void test_log(void)
{
    struct outcome outcome;

    advise(&outcome, "contoso", "--file", log_path, "--partner-column", "location", "--id-column", "number",
           "--only", "Location 143", NULL);
    said_check(&outcome, 0, "36 professional", "5 rows were not counted");
    advise(&outcome, "contoso", "--from", log_path, "--id-column", "number", "--class", "priority", NULL);
    said_check(&outcome, 0, "250 priority", "");
    advise(&outcome, "contoso", "--file", log_path, "--priority", "2", NULL);
    said_check(&outcome, 0, "1646 professional, 2 priority", "");
}

static void test_misused(void)
{
    struct outcome outcome;

    advise(&outcome, "contoso", "--professional", "-1", NULL);
    said_check(&outcome, 2, "", "--professional: \"-1\" is not a whole number");
    advise(&outcome, "contoso", "--usage", "isv-lab", NULL);
    said_check(&outcome, 2, "", "BENEFIT=UNITS");
    advise(&outcome, "contoso", "--from", "2004-01-01", "--priority", "1", NULL);
    said_check(&outcome, 2, "", "do not go with numbers");
    advise(&outcome, "contoso", "--id-column", "number", NULL);
    said_check(&outcome, 2, "", "--file FILE");
    advise(&outcome, "contoso", "--from", "2004/01/01", NULL);
    said_check(&outcome, 1, "", "2004/01/01");
    advise(&outcome, "contoso", "--file", log_path, "--from", log_path, NULL);
    said_check(&outcome, 2, "", "--file names the log already");
    advise(&outcome, "contoso", "--file", log_path, "--partner-column", "place", NULL);
    said_check(&outcome, 1, "", "no column \"place\"");
    advise(&outcome, "contoso", "--file", log_path, "--class", "urgent", NULL);
    said_check(&outcome, 1, "", "not one of professional");
    advise(&outcome, "contoso", "--usage", "coordinator=1", NULL);
    said_check(&outcome, 2, "", "not a pool");
    advise(&outcome, "nobody", NULL);
    said_check(&outcome, 1, "", "no partner nobody");
}

static const struct {
    enum method_id method;
    CU_TestFunc test;
} tests_by_method[] = {
    {METHOD_ADVISE_PLANS, test_advise_plans},
    {METHOD_MAIL_CLAIM, test_mail_claim},
    {METHOD_MAIL_SETTLE, test_mail_settle},
    {METHOD_MAIL_LIST, test_mail_list},
};

#define TESTS (sizeof tests_by_method / sizeof tests_by_method[0])

bool advise_tests(enum method_id method)
{
    for (size_t i = 0; i < TESTS; i++)
        if (tests_by_method[i].method == method)
            return true;
    return false;
}

CU_ErrorCode advise_register(void)
{
    CU_pSuite suite = CU_add_suite("advise", advise_init, advise_clean);

    for (size_t i = 0; suite && i < TESTS; i++)
        if (!CU_add_test(suite, method_spec(tests_by_method[i].method)->name, tests_by_method[i].test))
            return CU_get_error();
    if (!suite || !CU_add_test(suite, "entitle advise", test_command) ||
        !CU_add_test(suite, "a log is counted", test_log) ||
        !CU_add_test(suite, "what is not to be asked so", test_misused))
        return CU_get_error();
    return CUE_SUCCESS;
}
