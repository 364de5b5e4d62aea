/* What the daemon bounds: time, connections, requests in flight, memory; and that who keeps to it is served. */
#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_MS 400 /* handshake and line timeouts here */
#define IDLE_MS 1000
#define CLOSED_MS 10000
#define CONNECTIONS_MAX 20
#define PIECE_MS 40

static const char hello[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\"}\n";
static struct server *server;

static int limits_init(void)
{
    server = server_start("handshake_timeout_ms = 400\nline_timeout_ms = 400\nidle_timeout_ms = 1000\n"
                          "write_timeout_ms = 700\noutput_bytes_max = 65536\nin_flight_connection_max = 16\n"
                          "connections_max = 20");
    return server ? 0 : 1;
}

static int limits_clean(void)
{
    server_stop(server);
    return 0;
}

/* Sends byte for byte, a pause after each, until the server closes; after how long, -1 if it does not. */
static long long trickle(struct peer *peer, const char *bytes, size_t length)
{
    int64_t start_ms = clock_monotonic_ms();

    for (size_t i = 0; clock_monotonic_ms() < start_ms + fixture_ms(CLOSED_MS); i++) {
        peer_send(peer, bytes + (i < length ? i : length - 1), 1);
        if (peer_closes(peer, PIECE_MS))
            return clock_monotonic_ms() - start_ms;
    }
    return -1;
}

/* It was closed not too early, and for this reason, which the log since then says. */
static void time_check(long long took_ms, int least_ms, long since, const char *reason)
{
    CHECK(took_ms >= least_ms && took_ms < fixture_ms(CLOSED_MS), "%s: closed after %lld ms", reason, took_ms);
    CHECK(server_log_await(server, since, reason, fixture_ms(CLOSED_MS)), "the log has no \"%s\"", reason);
}

static void test_trickled_handshake(void)
{
    static const char record[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    long since = server_log_size(server);
    struct peer *peer = peer_tcp(server);
    long long took_ms = trickle(peer, record, sizeof record - 1);

    peer_free(peer);
    time_check(took_ms, SHORT_MS - 50, since, "handshake timeout");
}

/* Waits until the server closes, and says after how long; frees the peer. */
static long long silence(struct peer *peer)
{
    int64_t start_ms = clock_monotonic_ms();
    bool closed = peer && peer_closes(peer, fixture_ms(CLOSED_MS));

    peer_free(peer);
    return closed ? clock_monotonic_ms() - start_ms : -1;
}

static void test_silent_connection(void)
{
    long since = server_log_size(server);

    time_check(silence(peer_tcp(server)), SHORT_MS - 50, since, "handshake timeout");
}

static void test_trickled_line(void)
{
    long since = server_log_size(server);
    struct peer *peer = peer_open(server, "coordinator");
    long long took_ms = peer ? trickle(peer, "{ ", 2) : -1;

    peer_free(peer);
    time_check(took_ms, SHORT_MS - 50, since, "line timeout");
}

/* Whole lines, however slow, are no reason to be shown out. */
static void test_slow_lines(void)
{
    struct peer *peer = peer_open(server, "coordinator");

    for (int i = 0; peer && i < 6; i++) {
        peer_send(peer, hello, 10);
        moment_wait(clock_monotonic_ms() + 1);
        peer_send(peer, hello + 10, sizeof hello - 11);
        json_t *reply = peer_reply(peer, fixture_ms(PEER_WITHIN_MS));

        CHECK_TEXT(reply_reason(reply), "ok");
        json_decref(reply);
        CHECK(!peer_closes(peer, SHORT_MS / 2), "shown out after %d lines", i + 1);
    }
    peer_free(peer);
}

static void test_idle(void)
{
    long since = server_log_size(server);

    time_check(silence(peer_open(server, "coordinator")), IDLE_MS - 50, since, "idle timeout");
}

/* Pushes requests with large answers and reads nothing. */
static size_t push_all(struct peer *peer, size_t bytes_max)
{
    char *line = peer_request(1, "catalogue.show", NULL);
    size_t length = strlen(line), pushed = 0, now = length;
    int64_t deadline_ms = clock_monotonic_ms() + 1000;

    while (pushed < bytes_max && !peer->ended && clock_monotonic_ms() < deadline_ms) {
        now = peer_push(peer, line, length);
        pushed += now;
        if (now < length)
            moment_wait(deadline_ms);
        if (now != 0 && now != length)
            break;
    }
    free(line);
    return pushed;
}

static void test_never_reads(void)
{
    struct peer *greedy = peer_open(server, "coordinator"), *other;
    long since = server_log_size(server), before_kib = server_memory_kib(server);

    if (!greedy)
        return;
    CHECK(push_all(greedy, 8 * 1024 * 1024) > 0, "nothing could be sent");
    other = peer_open(server, "coordinator");
    int64_t start_ms = clock_monotonic_ms();

    CHECK_TEXT(peer_reason(other, "balance.get", "{s:s}", "partner", "contoso"), "ok");
    CHECK(clock_monotonic_ms() - start_ms < fixture_ms(1000), "others wait for %lld ms",
          (long long)(clock_monotonic_ms() - start_ms));
    long grown_kib = server_memory_kib(server) - before_kib;

#if !defined(__SANITIZE_ADDRESS__)
    CHECK(grown_kib < 16 * 1024, "the server has grown by %ld KiB", grown_kib);
#else
    (void)grown_kib;
#endif
    CHECK(server_log_await(server, since, "write timeout", fixture_ms(CLOSED_MS)), "who never reads may stay");
    peer_free(greedy);
    peer_free(other);
}

/* Requests that a worker has taken so far, without those that ask for it. */
static long long requests_taken(struct peer *peer, long long *asked)
{
    json_t *reply = peer_ask(peer, "server.stats", NULL);
    long long taken = reply_number(reply, "requests") - ++*asked;

    json_decref(reply);
    return taken;
}

/* From who does not read, no more is taken than its bounds allow: neither requests nor memory. */
static void test_stops_reading(void)
{
    struct server *patient =
        server_start("write_timeout_ms = 60000\noutput_bytes_max = 65536\nin_flight_connection_max = 16");
    struct peer *greedy = patient ? peer_open(patient, "coordinator") : NULL;
    struct peer *other = patient ? peer_open(patient, "admin") : NULL;
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(CLOSED_MS);
    long long asked = 0, taken = 0, before = -1, start = requests_taken(other, &asked);
    long before_kib = patient ? server_memory_kib(patient) : 0;

    while (greedy && other && before != taken && clock_monotonic_ms() < deadline_ms) {
        before = taken;
        push_all(greedy, 1024 * 1024);
        taken = requests_taken(other, &asked);
    }
    CHECK(taken == before && taken > start, "it goes on reading: %lld requests, then %lld", before, taken);
#if !defined(__SANITIZE_ADDRESS__)
    CHECK(server_memory_kib(patient) - before_kib < 8 * 1024, "it has grown by %ld KiB",
          server_memory_kib(patient) - before_kib);
#else
    (void)before_kib;
#endif
    CHECK_TEXT(peer_reason(other, "balance.get", "{s:s}", "partner", "contoso"), "ok");
    peer_free(greedy);
    peer_free(other);
    server_stop(patient);
}

/* Everything that was asked before the half-close is answered, then the server closes too. */
static void test_half_close(void)
{
    enum { REQUESTS = 300 };
    struct peer *peer = peer_open(server, "coordinator");
    int answered = 0;

    for (long id = 1; peer && id <= REQUESTS; id++) {
        char *line = peer_request(id, "balance.get", json_pack("{s:s}", "partner", "contoso"));

        peer_send_text(peer, line);
        free(line);
    }
    if (peer)
        peer_half_close(peer);
    for (json_t *reply; peer && (reply = peer_reply(peer, fixture_ms(PEER_WITHIN_MS))); answered++)
        json_decref(reply);
    CHECK_NUMBER(answered, REQUESTS);
    CHECK(peer && peer->ended, "the server does not close");
    peer_free(peer);
}

static void test_half_a_line(void)
{
    struct peer *peer = peer_open(server, "coordinator");

    if (!peer)
        return;
    peer_send_text(peer, hello);
    peer_send(peer, hello, 20);
    peer_half_close(peer);
    json_t *reply = peer_reply(peer, fixture_ms(PEER_WITHIN_MS));

    CHECK_TEXT(reply_reason(reply), "ok");
    CHECK(peer_closes(peer, fixture_ms(CLOSED_MS)), "the server does not close");
    json_decref(reply);
    peer_free(peer);
}

/* A client that dies with requests under way: they are carried out, the server goes on. */
static void test_client_dies(void)
{
    struct peer *admin = peer_open(world_server(), "admin"), *peer = peer_open(server, "coordinator");
    char partner[WORLD_NAME_MAX];
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(CLOSED_MS);

    if (admin && peer && world_with_units(admin, partner, 100)) {
        for (long id = 1; id <= 10; id++) {
            char *line = peer_request(id, "incident.open", world_open_params(partner, "professional", world_key()));

            peer_send_text(peer, line);
            free(line);
        }
        /* The first answer is there: the lines have been read. */
        json_decref(peer_reply(peer, fixture_ms(PEER_WITHIN_MS)));
        peer_free(peer);
        peer = NULL;
        while (world_charged(partner) != 10 && moment_wait(deadline_ms))
            continue;
        CHECK_NUMBER(world_charged(partner), 10);
    }
    peer_free(peer);
    peer_free(admin);
}

static void test_too_many_connections(void)
{
    struct peer *peers[CONNECTIONS_MAX + 5] = {NULL};
    char why[PEER_WHY_MAX] = "";
    int there = 0;

    for (int i = 0; i < CONNECTIONS_MAX + 5; i++) {
        peers[i] = peer_try(server, "coordinator", fixture_ms(PEER_WITHIN_MS), why);
        there += strcmp(peer_reason(peers[i], "hello", NULL), "ok") == 0;
    }
    CHECK(there > 0 && there <= CONNECTIONS_MAX, "%d connections are served", there);
    for (int i = 0; i < CONNECTIONS_MAX + 5; i++)
        peer_free(peers[i]);
    CHECK(server_await(server, fixture_ms(CLOSED_MS)), "there is no room again");
}

/* The bound of a connection makes it wait, it loses nothing. */
static void test_in_flight_connection(void)
{
    enum { REQUESTS = 500 };
    struct peer *peer = peer_open(server, "coordinator");
    int good = 0;

    for (long id = 1; peer && id <= REQUESTS; id++) {
        char *line = peer_request(id, "balance.get", json_pack("{s:s}", "partner", "contoso"));

        peer_send_text(peer, line);
        free(line);
    }
    for (int i = 0; peer && i < REQUESTS; i++) {
        json_t *reply = peer_reply(peer, fixture_ms(PEER_WITHIN_MS));

        good += strcmp(reply_reason(reply), "ok") == 0;
        json_decref(reply);
    }
    CHECK_NUMBER(good, REQUESTS);
    peer_free(peer);
}

/* Over the bound of all, requests are answered `busy` at once; the next ones are served again. */
static void test_busy(void)
{
    enum { REQUESTS = 300 };
    struct server *small = server_start("in_flight_max = 8\nin_flight_connection_max = 1000");
    struct peer *peer = small ? peer_open(small, "admin") : NULL;
    int good = 0, busy = 0;
    char batch[REQUESTS * 100] = "[";

    for (int id = 1; id <= REQUESTS; id++)
        sprintf(batch + strlen(batch),
                "%s{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"balance.get\",\"params\":{\"partner\":\"contoso\"}}",
                id > 1 ? "," : "", id);
    strcat(batch, "]\n");
    if (peer)
        peer_send_text(peer, batch);
    json_t *replies = peer ? peer_reply(peer, fixture_ms(PEER_WITHIN_MS)) : NULL, *reply;
    size_t i;

    json_array_foreach(replies, i, reply)
    {
        good += strcmp(reply_reason(reply), "ok") == 0;
        busy += strcmp(reply_reason(reply), "busy") == 0;
        if (strcmp(reply_reason(reply), "busy") == 0)
            CHECK_NUMBER(reply_number(reply, "code"), 5);
    }
    CHECK_NUMBER(good, 8);
    CHECK_NUMBER(busy, REQUESTS - 8);
    json_decref(replies);
    CHECK_TEXT(peer_reason(peer, "balance.get", "{s:s}", "partner", "contoso"), "ok");
    reply = peer_ask(peer, "server.stats", NULL);
    CHECK_NUMBER(reply_number(reply, "busy"), REQUESTS - 8);
    CHECK_NUMBER(reply_number(reply, "in_flight"), 0);
    json_decref(reply);
    peer_free(peer);
    server_stop(small);
}

CU_ErrorCode limits_register(void)
{
    CU_TestInfo tests[] = {{"a trickled handshake", test_trickled_handshake},
                           {"a silent connection", test_silent_connection},
                           {"a trickled line", test_trickled_line},
                           {"slow but whole lines", test_slow_lines},
                           {"an idle connection", test_idle},
                           {"a client that never reads", test_never_reads},
                           {"what is taken from one that never reads", test_stops_reading},
                           {"half-closed after a pipeline", test_half_close},
                           {"half-closed within a line", test_half_a_line},
                           {"a client that dies", test_client_dies},
                           {"too many connections", test_too_many_connections},
                           {"in flight on a connection", test_in_flight_connection},
                           {"busy", test_busy},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"limits", limits_init, limits_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
