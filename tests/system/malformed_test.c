/* Malformed input by a fixed seed: into the parsers in this process, and over the wire into the real daemon. */
#include "common/line.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/target.h"
#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20040823
#define LINES 10000
#define FILES 4000
#define SENT 500
#define BYTES_MAX 4096

static const char *const lines[] = {
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"balance.get\",\"params\":{\"partner\":\"contoso\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"incident.list\",\"params\":{\"limit\":5,\"order\":\"oldest\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"incident.check\",\"params\":{\"partner\":\"contoso\",\"class\":"
    "\"professional\",\"severity\":\"A\",\"title\":\"a title\",\"opened_at\":\"2004-08-23T12:00:00+02:00\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"incident.open\",\"params\":{\"partner\":\"contoso\",\"class\":"
    "\"priority\",\"severity\":\"B\",\"title\":\"a title\",\"key\":\"malformed\"}}",
    "[{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"hello\"},{\"jsonrpc\":\"2.0\",\"method\":\"hello\"}]",
    "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"incident.note\",\"params\":{\"incident\":\"INC-000001\",\"text\":"
    "\"a note\",\"key\":\"malformed-note\",\"visibility\":\"internal\"}}",
    NULL};

static const char *const files[] = {
    "workers = 2\nlisten = \"127.0.0.1:20040\"\n# comment\nlog_level = debug\ndatabase = 'service=x'\n",
    "number,where,what\n1,contoso,\"a \"\"quoted\"\" one\"\r\n2,fabrikam,plain\n",
    "region \"us\" { name = \"US\" }\nbenefit \"b\" { name = \"B\" kind = pool unit = incident }\nplan \"p\" { "
    "name = "
    "\"P\" kind = membership level = 1 months = 12 fee \"us\" { amount = \"1.00 USD\" } pool \"b\" { quantity = 1 "
    "rank = 1 accepts = {professional} coverage = \"24x7\" } }\n",
    "address = \"localhost:20040\"\nca = \"ca.pem\"\ncertificate = \"c.pem\"\nkey = \"c.key\"\n", NULL};

/* A broken promise aborts, and is seen as such. */
static void test_lines(void)
{
    struct mutate mutate = {SEED};
    char bytes[BYTES_MAX + 1];

    for (int i = 0; i < LINES; i++) {
        size_t length = mutate_text(&mutate, lines, bytes, BYTES_MAX);

        bytes[length] = '\n';
        target_lines((const uint8_t *)bytes, length + 1);
    }
    CHECK(true, "all promises were kept");
}

static void test_files(void)
{
    struct mutate mutate = {SEED};
    char bytes[BYTES_MAX + 1];

    for (int i = 0; i < FILES; i++) {
        bytes[0] = (char)(i % 4);
        target_files((const uint8_t *)bytes, mutate_text(&mutate, files, bytes + 1, BYTES_MAX) + 1);
    }
    CHECK(true, "all promises were kept");
}

/* Sends a line and a hello after it: either the hello is answered, or the line was, and the connection is closed.
 */
static bool line_survived(struct peer *peer, const char *bytes, size_t length)
{
    bool answered = false, after = false;
    json_t *reply;

    if (!peer_send(peer, bytes, length))
        return peer->ended;
    peer_send_text(peer, "\n{\"jsonrpc\":\"2.0\",\"id\":\"after\",\"method\":\"hello\"}\n");
    while (!after && (reply = peer_reply(peer, fixture_ms(PEER_WITHIN_MS)))) {
        const char *id = json_string_value(json_object_get(reply, "id"));

        after = id && strcmp(id, "after") == 0;
        answered = true;
        json_decref(reply);
    }
    return after || (answered && peer->ended && peer->end == PEER_CLOSED);
}

static void test_daemon(void)
{
    pid_t before[SERVER_WORKERS_MAX], after[SERVER_WORKERS_MAX];
    int workers = server_workers(world_server(), before);
    struct mutate mutate = {SEED};
    struct peer *peer = NULL;
    char bytes[BYTES_MAX + 1];

    for (int i = 0; i < SENT; i++) {
        size_t length = mutate_text(&mutate, lines, bytes, BYTES_MAX);

        for (size_t at = 0; at < length; at++)
            bytes[at] = bytes[at] == '\n' ? ' ' : bytes[at];
        bytes[length] = '\0';
        if (!peer && !(peer = peer_open(world_server(), "coordinator")))
            return;
        if (!CHECK(line_survived(peer, bytes, length), "line %d: %s: %.300s", i, peer->why, bytes) || peer->ended) {
            peer_free(peer);
            peer = NULL;
        }
    }
    peer_free(peer);
    CHECK_NUMBER(server_workers(world_server(), after), workers);
    for (int i = 0; i < workers; i++)
        CHECK(before[i] == after[i], "worker %d has fallen", i);
}

CU_ErrorCode malformed_register(void)
{
    CU_TestInfo tests[] = {{"10,000 lines into the parser", test_lines},
                           {"4,000 files", test_files},
                           {"500 lines into the daemon", test_daemon},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"malformed", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
