/* Lines, envelopes, ids, batches, notifications: what protocol.md says of framing, on the wire. */
#include "common/rpc.h"
#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLO "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\"}"
#define SOON_MS 5000

/* The reply to one line, or NULL; the line gets its LF here. */
static json_t *line_ask(struct peer *peer, const char *line)
{
    peer_send_text(peer, line);
    peer_send_text(peer, "\n");
    return peer_reply(peer, fixture_ms(SOON_MS));
}

/* Sends a line on a connection of its own; checks the reply's reason and id, and whether the connection goes on. */
static void line_check(const char *line, const char *reason, const char *id, bool goes_on)
{
    struct peer *peer = peer_open(world_server(), "coordinator");

    if (!peer)
        return;
    json_t *reply = line_ask(peer, line);
    char *seen = json_dumps(json_object_get(reply, "id"), JSON_ENCODE_ANY | JSON_COMPACT);

    CHECK(strcmp(reply_reason(reply), reason) == 0, "%.120s: answered %s, wanted %s", line, reply_reason(reply),
          reason);
    CHECK(seen && strcmp(seen, id) == 0, "%.120s: id %s, wanted %s", line, seen ? seen : "(none)", id);
    CHECK_TEXT(json_string_value(json_object_get(reply, "jsonrpc")), "2.0");
    if (goes_on)
        CHECK(strcmp(peer_reason(peer, "hello", NULL), "ok") == 0, "%.120s: the connection does not go on", line);
    else
        CHECK(peer_closes(peer, fixture_ms(SOON_MS)), "%.120s: the connection is not closed", line);
    free(seen);
    json_decref(reply);
    peer_free(peer);
}

static void test_not_json(void)
{
    line_check("GET / HTTP/1.1", "parse_error", "null", false);
    line_check("", "parse_error", "null", false);
    line_check("\"hello\"", "parse_error", "null", false);
    line_check("1", "parse_error", "null", false);
    line_check("{", "parse_error", "null", false);
    line_check("{\"jsonrpc\":\"2.0\",}", "parse_error", "null", false);
    line_check(HELLO " x", "parse_error", "null", false);
    line_check(HELLO HELLO, "parse_error", "null", false);
    line_check("[" HELLO, "parse_error", "null", false);
    line_check("\xef\xbb\xbf" HELLO, "parse_error", "null", false);
}

static void test_duplicate_keys(void)
{
    line_check("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"hello\"}", "parse_error", "null", false);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"balance.get\",\"params\":{\"partner\":\"contoso\","
               "\"partner\":\"fabrikam\"}}",
               "parse_error", "null", false);
}

static void test_utf8(void)
{
    line_check("{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"hello\"}", "parse_error", "null", false);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":\"\xc0\xaf\",\"method\":\"hello\"}", "parse_error", "null", false);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":\"\xed\xa0\x80\",\"method\":\"hello\"}", "parse_error", "null", false);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":\"\\ud800\",\"method\":\"hello\"}", "parse_error", "null", false);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":\"Ünïcode ✓\",\"method\":\"hello\"}", "ok", "\"Ünïcode ✓\"", true);
}

static void test_envelopes(void)
{
    line_check("{\"id\":7,\"method\":\"hello\"}", "invalid_request", "7", true);
    line_check("{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"hello\"}", "invalid_request", "7", true);
    line_check("{\"jsonrpc\":2.0,\"id\":7,\"method\":\"hello\"}", "invalid_request", "7", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":7}", "invalid_request", "7", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":7}", "invalid_request", "7", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"hello\",\"more\":1}", "invalid_request", "7", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"hello\",\"params\":[]}", "invalid_params", "7", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"hello\",\"params\":{\"x\":1}}", "invalid_params", "7",
               true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"helo\"}", "method_not_found", "7", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"hello\\u0000\"}", "parse_error", "null", false);
}

static void test_ids(void)
{
    char line[512], id[160];

    line_check("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"hello\"}", "ok", "0", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":-1,\"method\":\"hello\"}", "ok", "-1", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":9223372036854775807,\"method\":\"hello\"}", "ok", "9223372036854775807",
               true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"hello\"}", "ok", "\"\"", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":\"\\n\\\"\",\"method\":\"hello\"}", "ok", "\"\\n\\\"\"", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"hello\"}", "invalid_request", "null", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"hello\"}", "invalid_request", "null", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"hello\"}", "invalid_request", "null", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"hello\"}", "invalid_request", "null", true);
    line_check("{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999,\"method\":\"hello\"}", "parse_error", "null",
               false);
    memset(id, 'i', sizeof id);
    id[0] = '"';
    strcpy(id + 129, "\"");
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"hello\"}", id);
    line_check(line, "ok", id, true);
    strcpy(id + 129, "i\"");
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"hello\"}", id);
    line_check(line, "invalid_request", "null", true);
}

static void test_line_ends(void)
{
    line_check(HELLO "\r", "ok", "1", true);
    line_check("  \t" HELLO "  ", "ok", "1", true);
    line_check("\r", "parse_error", "null", false);
}

/* A hello that is so many bytes long with its LF: its id stays, the blanks grow. */
static char *line_of(size_t bytes)
{
    char *line = malloc(bytes + 1);

    if (!line)
        abort();
    memset(line, ' ', bytes);
    memcpy(line, HELLO, strlen(HELLO));
    line[bytes - 1] = '\n';
    line[bytes] = '\0';
    return line;
}

static void test_line_length(void)
{
    for (size_t more = 0; more < 2; more++) {
        struct peer *peer = peer_open(world_server(), "coordinator");
        char *line = line_of(LINE_BYTES_MAX + more);

        if (!peer)
            return;
        peer_send_text(peer, line);
        json_t *reply = peer_reply(peer, fixture_ms(SOON_MS));

        CHECK_TEXT(reply_reason(reply), more ? "invalid_request" : "ok");
        if (more)
            CHECK(peer_closes(peer, fixture_ms(SOON_MS)), "the connection goes on after %zu bytes", strlen(line));
        else
            CHECK_TEXT(peer_reason(peer, "hello", NULL), "ok");
        json_decref(reply);
        free(line);
        peer_free(peer);
    }
}

static void test_endless_line(void)
{
    struct peer *peer = peer_open(world_server(), "coordinator");
    char bytes[LINE_BYTES_MAX];

    if (!peer)
        return;
    memset(bytes, '[', sizeof bytes);
    peer_send(peer, bytes, sizeof bytes);
    json_t *reply = peer_reply(peer, fixture_ms(SOON_MS));

    CHECK_TEXT(reply_reason(reply), "invalid_request");
    CHECK(peer_closes(peer, fixture_ms(SOON_MS)), "the connection goes on");
    json_decref(reply);
    peer_free(peer);
}

static void test_deep_nesting(void)
{
    char line[40000];

    memset(line, '[', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    line_check(line, "parse_error", "null", false);
}

/* How many replies of a batch have this reason. */
static int batch_count(const json_t *batch, const char *reason)
{
    int count = 0;
    json_t *reply;
    size_t i;

    json_array_foreach(batch, i, reply) count += strcmp(reply_reason(reply), reason) == 0;
    return count;
}

/* A batch of so many hellos. */
static char *batch_of(int count)
{
    char *line = malloc((size_t)count * sizeof HELLO + 3), *at = line;

    if (!line)
        abort();
    *at++ = '[';
    for (int i = 0; i < count; i++)
        at += sprintf(at, "%s%s", i > 0 ? "," : "", HELLO);
    strcpy(at, "]");
    return line;
}

static void test_batch(void)
{
    struct peer *peer = peer_open(world_server(), "coordinator");
    json_t *reply = !peer
                        ? NULL
                        : line_ask(peer, "[" HELLO ",{\"jsonrpc\":\"2.0\",\"id\":\"b\",\"method\":\"balance.get\","
                                         "\"params\":{\"partner\":\"contoso\"}},"
                                         "{\"jsonrpc\":\"2.0\",\"method\":\"hello\"},"
                                         "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"no.such\"},"
                                         "7,[],{},null,\"x\",[" HELLO "]]");

    CHECK(json_is_array(reply), "a batch is not answered by an array");
    CHECK_NUMBER(json_array_size(reply), 9);
    CHECK_NUMBER(batch_count(reply, "ok"), 2);
    CHECK_NUMBER(batch_count(reply, "method_not_found"), 1);
    CHECK_NUMBER(batch_count(reply, "invalid_request"), 6);
    json_decref(reply);
    CHECK_TEXT(peer_reason(peer, "hello", NULL), "ok");
    peer_free(peer);
}

static void test_batch_bounds(void)
{
    struct peer *peer = peer_open(world_server(), "coordinator");
    char *line = batch_of(RPC_BATCH_MAX);
    json_t *reply = peer ? line_ask(peer, line) : NULL;

    CHECK_NUMBER(json_array_size(reply), RPC_BATCH_MAX);
    CHECK_NUMBER(batch_count(reply, "ok"), RPC_BATCH_MAX);
    json_decref(reply);
    peer_free(peer);
    free(line);
    line = batch_of(RPC_BATCH_MAX + 1);
    line_check(line, "invalid_request", "null", false);
    free(line);
    line_check("[]", "invalid_request", "null", false);
}

/* Notifications are carried out and not answered: the next answer is another one's. */
static void test_notifications(void)
{
    struct peer *peer = peer_open(world_server(), "admin");
    char partner[WORLD_NAME_MAX];

    if (!peer || !world_certified(peer, partner))
        goto out;
    json_t *params = world_open_params(partner, "professional", world_key());
    char *line = peer_request(0, "incident.open", params);

    peer_send_text(peer, line);
    peer_send_text(peer, "{\"jsonrpc\":\"2.0\",\"method\":\"no.such\"}\n");
    peer_send_text(peer, "{\"jsonrpc\":\"2.0\",\"method\":\"hello\"}\n");
    peer_send_text(peer,
                   "[{\"jsonrpc\":\"2.0\",\"method\":\"hello\"},{\"jsonrpc\":\"2.0\",\"method\":\"hello\"}]\n");
    json_t *reply = line_ask(peer, "{\"jsonrpc\":\"2.0\",\"id\":\"after\",\"method\":\"hello\"}");

    CHECK_TEXT(json_string_value(json_object_get(reply, "id")), "after");
    json_decref(reply);
    for (int64_t deadline_ms = fixture_ms(SOON_MS); world_charged(partner) != 1 && deadline_ms > 0; deadline_ms--)
        peer_reason(peer, "hello", NULL);
    CHECK_NUMBER(world_charged(partner), 1);
    free(line);
out:
    peer_free(peer);
}

/* A thousand requests before the first reply is read; each is answered once. */
static void test_pipelining(void)
{
    enum { REQUESTS = 1000 };
    struct peer *peer = peer_open(world_server(), "coordinator");
    bool seen[REQUESTS + 1] = {false};
    int answered = 0, good = 0;

    for (long id = 1; peer && id <= REQUESTS; id++) {
        char *line = id % 3 == 0 ? peer_request(id, "hello", NULL)
                                 : peer_request(id, "balance.get", json_pack("{s:s}", "partner", "contoso"));

        CHECK(peer_send_text(peer, line), "request %ld: %s", id, peer->why);
        free(line);
    }
    for (json_t *reply; peer && answered < REQUESTS && (reply = peer_reply(peer, fixture_ms(SOON_MS)));) {
        json_int_t id = json_integer_value(json_object_get(reply, "id"));

        if (CHECK(id >= 1 && id <= REQUESTS && !seen[id], "id %lld comes twice, or was not asked", (long long)id))
            seen[id] = true;
        good += strcmp(reply_reason(reply), "ok") == 0;
        answered++;
        json_decref(reply);
    }
    CHECK_NUMBER(answered, REQUESTS);
    CHECK_NUMBER(good, REQUESTS);
    peer_free(peer);
}

/* Lines in pieces of any size, several in one write: only LF counts. */
static void test_pieces(void)
{
    static const char text[] = HELLO "\n" HELLO "\r\n[" HELLO "]\n";
    struct peer *peer = peer_open(world_server(), "coordinator");

    for (size_t piece = 1; peer && piece < sizeof text; piece = piece * 3 + 1) {
        for (size_t at = 0; at < sizeof text - 1; at += piece)
            peer_send(peer, text + at, at + piece < sizeof text ? piece : sizeof text - 1 - at);
        for (int i = 0; i < 3; i++) {
            json_t *reply = peer_reply(peer, fixture_ms(SOON_MS));

            CHECK(reply != NULL, "pieces of %zu, line %d: %s", piece, i + 1, peer->why);
            json_decref(reply);
        }
    }
    peer_free(peer);
}

CU_ErrorCode framing_register(void)
{
    CU_TestInfo tests[] = {{"not JSON", test_not_json},
                           {"duplicate keys", test_duplicate_keys},
                           {"UTF-8", test_utf8},
                           {"envelopes", test_envelopes},
                           {"ids", test_ids},
                           {"line ends", test_line_ends},
                           {"65,536 bytes and one more", test_line_length},
                           {"a line without end", test_endless_line},
                           {"deep nesting", test_deep_nesting},
                           {"a batch", test_batch},
                           {"1,000 in a batch, 1,001, none", test_batch_bounds},
                           {"notifications", test_notifications},
                           {"1,000 requests in a pipeline", test_pipelining},
                           {"lines in pieces", test_pieces},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"framing", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
