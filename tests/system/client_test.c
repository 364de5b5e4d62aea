/* The real `entitle` against the real daemon: exit codes, messages, formats, and the import of a log. */
#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 40
#define WITHIN_MS 30000

static struct peer *admin;
static char home[FIXTURE_PATH_MAX + 32]; /* XDG_CONFIG_HOME=… */

static int client_init(void)
{
    snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s", world_server()->dir);
    admin = peer_open(world_server(), "admin");
    return admin ? 0 : 1;
}

static int client_clean(void)
{
    peer_free(admin);
    return 0;
}

/* Runs `entitle` with the words that follow, up to NULL. */
static void entitle(struct outcome *outcome, ...)
{
    const char *argv[WORDS_MAX] = {fixture_program("entitle")};
    const char *const env[] = {home, "ENTITLE_PROFILE=coordinator", NULL};
    va_list words;
    int count = 1;

    va_start(words, outcome);
    while (count < WORDS_MAX - 1 && (argv[count] = va_arg(words, const char *)))
        count++;
    va_end(words);
    process_run(&(struct process_wish){.argv = argv, .env = env}, fixture_ms(WITHIN_MS), outcome);
}

/* Checks the exit code and a part of what it said on standard error, of which it frees all. */
static void said_check(struct outcome *outcome, int code, const char *part, unsigned line)
{
    check_report(outcome->code == code, __FILE__, line, "exit code %d, wanted %d: %s", outcome->code, code,
                 outcome->err);
    check_report(!part || strstr(outcome->err, part) != NULL, __FILE__, line, "\"%s\" is not in: %s",
                 part ? part : "", outcome->err);
    if (code != 0)
        check_report(outcome->err[0] != '\0', __FILE__, line, "it fails without a word");
    outcome_release(outcome);
}

/* SAYS(code, part, words…): runs it, and checks what it says. */
#define SAYS(code, part, ...)                                                                                      \
    do {                                                                                                           \
        struct outcome says_outcome;                                                                               \
        entitle(&says_outcome, __VA_ARGS__, NULL);                                                                 \
        said_check(&says_outcome, code, part, __LINE__);                                                           \
    } while (0)

/* A file in the run's folder; its path in path (FIXTURE_PATH_MAX bytes more). */
static const char *file_make(const char *name, const char *text, char *path)
{
    snprintf(path, FIXTURE_PATH_MAX + 32, "%s/%s", fixture_dir(), name);
    file_write(path, text);
    return path;
}

static void test_done(void)
{
    struct outcome outcome;

    entitle(&outcome, "hello", "--json", NULL);
    json_t *result = json_loads(outcome.out, 0, NULL);

    CHECK_NUMBER(outcome.code, 0);
    CHECK_TEXT(outcome.err, "");
    CHECK_TEXT(json_string_value(json_object_get(json_object_get(result, "principal"), "name")), "coordinator");
    json_decref(result);
    outcome_release(&outcome);
    entitle(&outcome, "call", "balance.get", "{\"partner\": \"contoso\"}", NULL);
    result = json_loads(outcome.out, 0, NULL);
    CHECK_TEXT(json_string_value(json_object_get(result, "partner")), "contoso");
    json_decref(result);
    outcome_release(&outcome);
    entitle(&outcome, "--version", NULL);
    CHECK_HAS(outcome.out, "entitle ");
    outcome_release(&outcome);
    entitle(&outcome, "open", "--help", NULL);
    CHECK_NUMBER(outcome.code, 0);
    CHECK_HAS(outcome.out, "example");
    outcome_release(&outcome);
}

static void test_failed(void)
{
    SAYS(1, "INC-999999", "show", "INC-999999");
    SAYS(1, "no such partner", "balance", "nobody");
}

static void test_usage(void)
{
    SAYS(2, "did you mean", "opne", "contoso", "title");
    SAYS(2, "did you mean --class", "open", "contoso", "title", "--clsas", "priority");
    SAYS(2, "professional|priority", "open", "contoso", "title", "--class", "urgent");
    SAYS(2, NULL, "open");
    SAYS(2, NULL, "show", "1");
    SAYS(2, NULL, "call", "no.such.method");
    SAYS(2, NULL, "call", "hello", "{");
    SAYS(2, NULL, "list", "--format", "xml");
    SAYS(2, NULL, "show", "INC-000001", "INC-000002");
}

static void test_refused(void)
{
    char partner[WORLD_NAME_MAX];

    if (!world_partner(admin, partner))
        return;
    SAYS(3, "no contract", "open", partner, "title", "--class", "professional", "--severity", "B");
    SAYS(3, "outage", "open", partner, "title", "--class", "critical", "--severity", "A");
}

static void test_forbidden(void)
{
    SAYS(4, "role partner", "open", "contoso", "title", "--class", "professional", "--severity", "B", "--profile",
         "contoso-user");
    SAYS(4, "not enrolled", "hello", "--profile", "not-enrolled");
    SAYS(4, "expired", "hello", "--profile", "expired");
    SAYS(4, "does not accept", "hello", "--profile", "other");
    SAYS(4, "does not accept", "hello", "--profile", "self-signed");
}

static void test_unreachable(void)
{
    struct peer *peer = peer_tcp(world_server()); /* for a port that answers nobody: our own */
    char ca[FIXTURE_PATH_MAX + 32];

    peer_free(peer);
    SAYS(5, "127.0.0.1 port 1", "hello", "--address", "127.0.0.1:1");
    SAYS(5, NULL, "hello", "--address", "no-such-host.invalid:20040");
    snprintf(ca, sizeof ca, "%s/tls/other-ca.pem", fixture_dir());
    SAYS(1, "cannot be trusted", "hello", "--ca", ca);
}

static void test_bad_profiles(void)
{
    char path[FIXTURE_PATH_MAX + 32], key[FIXTURE_PATH_MAX + 32];

    SAYS(2, "there is no profile", "hello", "--profile", "nobody");
    file_make("bad-profile.conf", "address = \"localhost:1\"\n# a comment\naddres = \"x\"\n", path);
    SAYS(2, "bad-profile.conf:3", "hello", "--profile", path);
    file_make("bad-profile.conf", "address = \"localhost:1\"\nca = \"/nowhere\"\n", path);
    SAYS(2, "missing", "hello", "--profile", path);
    SAYS(1, "/nowhere", "hello", "--ca", "/nowhere");
    SAYS(1, "/nowhere", "hello", "--certificate", "/nowhere");
    file_make("no-key.key", "this is no key\n", key);
    SAYS(1, "no-key.key", "hello", "--private-key", key);
    snprintf(key, sizeof key, "%s/tls/manager.key", fixture_dir());
    SAYS(1, "does not belong", "hello", "--private-key", key);
}

/* A person does not wait: within 100 ms, as the best of five (others may be at work on this machine). */
static void test_latency(void)
{
    char partner[WORLD_NAME_MAX];
    int64_t best_ms = 1000000;
    struct outcome outcome;

    for (int i = 0; i < 5 && (i > 0 || world_certified(admin, partner)); i++) {
        int64_t start_ms = clock_monotonic_ms();

        entitle(&outcome, "open", partner, "title", "--class", "professional", "--severity", "B", NULL);
        int64_t took_ms = clock_monotonic_ms() - start_ms;

        CHECK(outcome.code == 0, "%d: %s", outcome.code, outcome.err);
        outcome_release(&outcome);
        best_ms = took_ms < best_ms ? took_ms : best_ms;
    }
#if !defined(__SANITIZE_ADDRESS__)
    CHECK(fixture_wrapped() || best_ms <= 100, "entitle open takes %lld ms", (long long)best_ms);
#endif
}

static void test_formats(void)
{
    struct outcome outcome;

    entitle(&outcome, "balance", "contoso", "--format", "csv", NULL);
    CHECK_NUMBER(outcome.code, 0);
    CHECK_HAS(outcome.out, "free-incidents,");
    CHECK(strchr(outcome.out, '\033') == NULL, "CSV is coloured");
    outcome_release(&outcome);
    entitle(&outcome, "balance", "contoso", "--json", NULL);
    json_t *result = json_loads(outcome.out, 0, NULL);

    CHECK(json_is_array(json_object_get(result, "pools")), "no pools in: %s", outcome.out);
    json_decref(result);
    outcome_release(&outcome);
    entitle(&outcome, "balance", "contoso", NULL);
    CHECK_HAS(outcome.out, "free-incidents");
    CHECK(strchr(outcome.out, '\033') == NULL, "coloured although it is no terminal");
    outcome_release(&outcome);
}

/* On a terminal (of script(1)): colour, but not with NO_COLOR. */
static void test_colour(void)
{
    char command[FIXTURE_PATH_MAX * 2];
    struct outcome outcome;

    if (access("/usr/bin/script", X_OK) != 0) {
        CHECK(false, "script(1) is missing");
        return;
    }
    snprintf(command, sizeof command, "%s balance contoso", fixture_program("entitle"));
    const char *const argv[] = {"script", "-qec", command, "/dev/null", NULL};
    const char *const env[] = {home, "ENTITLE_PROFILE=coordinator", "TERM=xterm", NULL, NULL};

    process_run(&(struct process_wish){.argv = argv, .env = env}, fixture_ms(WITHIN_MS), &outcome);
    CHECK(strchr(outcome.out, '\033') != NULL, "no colour on a terminal: %s", outcome.out);
    outcome_release(&outcome);
    const char *const plain[] = {home, "ENTITLE_PROFILE=coordinator", "TERM=xterm", "NO_COLOR=1", NULL};

    process_run(&(struct process_wish){.argv = argv, .env = plain}, fixture_ms(WITHIN_MS), &outcome);
    CHECK(strchr(outcome.out, '\033') == NULL, "colour despite NO_COLOR: %s", outcome.out);
    outcome_release(&outcome);
}

/* A log of so many rows for one partner, in a file of the run's folder. */
static void log_make(const char *name, const char *partner, int rows, char *path)
{
    char *text = malloc((size_t)rows * 128 + 256), *at = text;

    if (!text)
        abort();
    at += sprintf(at, "number,where,what\n");
    for (int i = 1; i <= rows; i++)
        at += sprintf(at, "N%05d,%s,\"%s, row %d\"\n", i, partner, SERVER_SECRET, i);
    file_make(name, text, path);
    free(text);
}

#define IMPORT(path)                                                                                               \
    "import", path, "--partner-column", "where", "--id-column", "number", "--title-column", "what", "--class",     \
        "professional", "--severity", "C"

static void test_import_twice(void)
{
    char partner[WORLD_NAME_MAX], path[FIXTURE_PATH_MAX + 32];
    struct outcome outcome;

    if (!world_certified(admin, partner))
        return;
    log_make("twice.csv", partner, 8, path);
    for (int i = 0; i < 2; i++) {
        entitle(&outcome, IMPORT(path), "--dry-run", NULL);
        CHECK(outcome.code == 0, "dry run: %d: %s", outcome.code, outcome.err);
        outcome_release(&outcome);
        CHECK_NUMBER(world_charged(partner), i ? 5 : 0);
        entitle(&outcome, IMPORT(path), NULL);
        CHECK(outcome.code == 0, "%d: %s", outcome.code, outcome.err);
        outcome_release(&outcome);
        CHECK_NUMBER(world_charged(partner), 5);
        CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.refusal JOIN entitled.partner USING"
                                        " (partner_id) WHERE code = '%s'",
                                        partner),
                     3);
    }
    world_check_ledger(partner);
}

/* Starts an import and signals it as soon as some rows are charged; its exit code. */
static int import_cut(const char *path, const char *partner, int signal_number)
{
    const char *const argv[] = {fixture_program("entitle"), IMPORT(path), "--window", "4", NULL};
    const char *const env[] = {home, "ENTITLE_PROFILE=coordinator", NULL};
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    long long before = world_charged(partner);
    pid_t pid = process_start(
        &(struct process_wish){.argv = argv, .env = env, .output = "/dev/null", .error = "/dev/null"});

    while (world_charged(partner) < before + 10 && moment_wait(deadline_ms))
        continue;
    kill(pid, signal_number);
    return process_wait(pid, fixture_ms(WITHIN_MS));
}

static void test_import_cut(void)
{
    enum { ROWS = 4000 };
    char partner[WORLD_NAME_MAX], path[FIXTURE_PATH_MAX + 32];
    struct outcome outcome;

    if (!world_with_units(admin, partner, ROWS * 2))
        return;
    log_make("cut.csv", partner, ROWS, path);
    CHECK_NUMBER(import_cut(path, partner, SIGINT), 130);
    CHECK(world_charged(partner) < ROWS, "it was not interrupted");
    CHECK_NUMBER(import_cut(path, partner, SIGKILL), 128 + SIGKILL);
    CHECK(world_charged(partner) < ROWS, "it was not killed");
    entitle(&outcome, IMPORT(path), "--window", "1000", NULL);
    CHECK(outcome.code == 0, "%d: %s", outcome.code, outcome.err);
    outcome_release(&outcome);
    CHECK_NUMBER(world_charged(partner), ROWS);
    world_check_ledger(partner);
}

static void test_bad_csv(void)
{
    char path[FIXTURE_PATH_MAX + 32];

    SAYS(1, "/nowhere.csv", IMPORT("/nowhere.csv"));
    SAYS(1, "empty", IMPORT(file_make("bad.csv", "", path)));
    SAYS(2, "where", IMPORT(file_make("bad.csv", "number,what\n1,x\n", path)));
    SAYS(1, NULL, IMPORT(file_make("bad.csv", "number,where,what\n1,contoso,\"unclosed\n", path)));
    SAYS(1, NULL, IMPORT(file_make("bad.csv", "number,where,what\n1,contoso\n", path)));
    SAYS(1, NULL, IMPORT(file_make("bad.csv", "number,where,what\n1,contoso,\xff\xfe\n", path)));
    SAYS(1, NULL, IMPORT(file_make("bad.csv", "number,where,what\n1,nobody-here,title\n", path)));
    SAYS(2, "--window", IMPORT(path), "--window", "0");
}

static void test_bad_documents(void)
{
    char path[FIXTURE_PATH_MAX + 32];

    SAYS(1, "bad.conf:3", "catalogue", "apply",
         file_make("bad.conf", "# a comment\nregion \"us\" { name = \"US\" } # another\nbenefits \"x\" {}\n", path),
         "--profile", "admin");
    SAYS(1, NULL, "catalogue", "apply", "/nowhere.conf", "--profile", "admin");
    SAYS(1, NULL, "catalogue", "apply", file_make("bad.json", "{\"regions\": ", path), "--profile", "admin");
}

CU_ErrorCode client_register(void)
{
    CU_TestInfo tests[] = {{"0: done", test_done},
                           {"1: failed", test_failed},
                           {"2: usage, and what may have been meant", test_usage},
                           {"3: refused", test_refused},
                           {"4: not allowed, not enrolled", test_forbidden},
                           {"5: unreachable", test_unreachable},
                           {"bad profiles and certificates", test_bad_profiles},
                           {"open, within 100 ms", test_latency},
                           {"table, JSON, CSV", test_formats},
                           {"colour", test_colour},
                           {"import: twice", test_import_twice},
                           {"import: interrupted, killed, resumed", test_import_cut},
                           {"import: malformed files", test_bad_csv},
                           {"malformed catalogues", test_bad_documents},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client", client_init, client_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
