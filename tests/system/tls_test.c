/* Who is let in: certificates, versions, ALPN, enrolment; and that a disabled principal is out at once. */
#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOON_MS 5000
#define AT_ONCE_MS 1000
#define CONNECTIONS 8

static const char hello[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\"}\n";

/* True if a hello is answered with a result. In TLS 1.3 a client learns of a refusal on its first read. */
static bool is_served(const struct peer_wish *wish, char *why)
{
    struct peer *peer = peer_try_as(world_server(), wish, fixture_ms(SOON_MS), why);
    json_t *reply = NULL;
    bool served = false;

    if (!peer)
        return false;
    if (peer_send_text(peer, hello))
        reply = peer_reply(peer, fixture_ms(SOON_MS));
    served = strcmp(reply_reason(reply), "ok") == 0;
    if (!served)
        CHECK(peer_closes(peer, fixture_ms(SOON_MS)), "who is not let in is not shown out");
    snprintf(why, PEER_WHY_MAX, "%s", reply ? reply_reason(reply) : peer->why);
    json_decref(reply);
    peer_free(peer);
    return served;
}

static void test_good(void)
{
    const struct peer_wish wish = {.certificate = "coordinator", .alpn = TLS_ALPN, .version = TLS1_3_VERSION};
    char why[PEER_WHY_MAX] = "";

    CHECK(is_served(&wish, why), "%s", why);
}

static void test_bad(void)
{
    static const struct {
        struct peer_wish wish;
        const char *why;
    } bad[] = {{{NULL, TLS_ALPN, 0}, "demands a certificate"},
               {{"expired", TLS_ALPN, 0}, "expired"},
               {{"future", TLS_ALPN, 0}, "does not accept"},
               {{"other", TLS_ALPN, 0}, "does not accept"},
               {{"self-signed", TLS_ALPN, 0}, "does not accept"},
               {{"server-only", TLS_ALPN, 0}, "does not accept"},
               {{"not-enrolled", TLS_ALPN, 0}, "forbidden"},
               {{"coordinator", TLS_ALPN, TLS1_2_VERSION}, "TLS 1.3"},
               {{"coordinator", "http/1.1", 0}, TLS_ALPN},
               {{"coordinator", "entitle/2", 0}, TLS_ALPN},
               {{"coordinator", NULL, 0}, ""}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char why[PEER_WHY_MAX] = "";

        CHECK(!is_served(&bad[i].wish, why), "certificate %s, ALPN %s: is served", bad[i].wish.certificate,
              bad[i].wish.alpn);
        CHECK(strstr(why, bad[i].why), "certificate %s, ALPN %s: \"%s\"", bad[i].wish.certificate, bad[i].wish.alpn,
              why);
    }
    test_good();
}

/* The sentence for who has a good certificate but is nobody here. */
static void test_not_enrolled(void)
{
    struct peer *peer = peer_open(world_server(), "not-enrolled");
    json_t *reply = peer ? peer_reply(peer, fixture_ms(SOON_MS)) : NULL;

    CHECK_TEXT(reply_reason(reply), "forbidden");
    CHECK_HAS(reply_text(reply, "message"), "not enrolled");
    CHECK(json_is_null(json_object_get(reply, "id")), "its id is not null");
    CHECK(peer && peer_closes(peer, fixture_ms(SOON_MS)), "the connection stays");
    json_decref(reply);
    peer_free(peer);
}

static void test_not_tls(void)
{
    static const char *const texts[] = {"GET / HTTP/1.1\r\n\r\n", hello, "\x16\x03\x01\xff\xff", "\n"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct peer *peer = peer_tcp(world_server());

        peer_send_text(peer, texts[i]);
        peer_half_close(peer);
        CHECK(peer_closes(peer, fixture_ms(SOON_MS)), "what is no TLS (%zu) is not shown out", i);
        peer_free(peer);
    }
    test_good();
}

/* No renegotiation, no tickets: a session cannot be resumed. */
static void test_no_tickets(void)
{
    struct peer *peer = peer_open(world_server(), "coordinator");

    CHECK_TEXT(peer_reason(peer, "hello", NULL), "ok");
    CHECK(peer && SSL_SESSION_is_resumable(SSL_get0_session(peer->ssl)) == 0, "the session can be resumed");
    peer_free(peer);
}

static bool principal_set(const char *word)
{
    struct peer *admin = peer_open(world_server(), "admin");
    bool done = CHECK_TEXT(peer_reason(admin, word, "{s:s, s:s}", "key", world_key(), "name", "guinea-pig"), "ok");

    peer_free(admin);
    return done;
}

/* Connections to all workers, idle; none outlives the disabling, none comes in, all is well after enabling. */
static void test_disabled_idle(void)
{
    struct peer *peers[CONNECTIONS], *peer;

    for (int i = 0; i < CONNECTIONS; i++) {
        peers[i] = peer_open(world_server(), "guinea-pig");
        CHECK_TEXT(peer_reason(peers[i], "hello", NULL), "ok");
    }
    principal_set("principal.disable");
    for (int i = 0; i < CONNECTIONS; i++) {
        CHECK(peers[i] && peer_closes(peers[i], fixture_ms(AT_ONCE_MS)), "connection %d of a disabled one stays",
              i);
        peer_free(peers[i]);
    }
    peer = peer_open(world_server(), "guinea-pig");
    json_t *reply = peer ? peer_reply(peer, fixture_ms(SOON_MS)) : NULL;

    CHECK_TEXT(reply_reason(reply), "forbidden");
    CHECK(peer && peer_closes(peer, fixture_ms(SOON_MS)), "a disabled one may stay");
    json_decref(reply);
    peer_free(peer);
    principal_set("principal.enable");
    peer = peer_open(world_server(), "guinea-pig");
    CHECK_TEXT(peer_reason(peer, "hello", NULL), "ok");
    peer_free(peer);
}

/* From the disabling's answer on, nothing of a busy principal is carried out. */
static void test_disabled_busy(void)
{
    struct peer *admin = peer_open(world_server(), "admin"), *peer = peer_open(world_server(), "guinea-pig");
    char partner[WORLD_NAME_MAX];
    int later = 0;

    if (!admin || !peer || !world_with_units(admin, partner, 1000))
        return;
    CHECK_TEXT(world_open(peer, partner, NULL), "ok");
    principal_set("principal.disable");
    long long charged = world_charged(partner);

    for (int i = 0; i < 50 && !peer->ended; i++)
        later += strcmp(world_open(peer, partner, NULL), "ok") == 0;
    CHECK_NUMBER(later, 0);
    CHECK_NUMBER(world_charged(partner), charged);
    principal_set("principal.enable");
    peer_free(peer);
    peer_free(admin);
}

CU_ErrorCode tls_register(void)
{
    CU_TestInfo tests[] = {{"a good certificate", test_good},
                           {"bad certificates, versions, ALPN", test_bad},
                           {"not enrolled", test_not_enrolled},
                           {"not TLS at all", test_not_tls},
                           {"no tickets", test_no_tickets},
                           {"disabled while idle", test_disabled_idle},
                           {"disabled while busy", test_disabled_busy},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"tls", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
