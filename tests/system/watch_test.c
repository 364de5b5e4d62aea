/*
 * Watching: each watcher sees every event of what it may see, once and in order, whatever falls, reconnects or
 * reads slowly meanwhile; and a partner sees nothing internal or foreign.
 */
#include "tests/system/suites.h"

#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/world.h"
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define INCIDENTS 12
#define SEQ_MAX 400
#define WATCHERS 200
#define WRITERS 6
#define STORM 2000
#define IN_FLIGHT 240  /* notes: a request has ten seconds, whatever else the machine does */
#define SLOW_NOTES 500 /* of 16,000 bytes: more than the sockets' buffers take */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define MEMORY_KIB_MAX (1 << 20) /* what was freed is kept for a while */
#else
#define MEMORY_KIB_MAX 8192 /* by which a worker with 100 watchers may grow in a storm */
#endif
#define WITHIN_MS 60000

/* What there is to be seen. */
static struct {
    char name[WORLD_NAME_MAX], partner[WORLD_NAME_MAX];
    bool owned;      /* by `coordinator` */
    int first, last; /* seq: the watchers begin after first */
    bool internal[SEQ_MAX];
} incidents[INCIDENTS];

struct watcher {
    const char *principal;
    char partner[WORLD_NAME_MAX], incident[WORLD_NAME_MAX];
    bool mine;
    struct server *server;
    struct peer *peer;
    char *cursor;
    short told[INCIDENTS][SEQ_MAX]; /* seq of what it was told, as it came */
    int counts[INCIDENTS];
    int foreign, gaps, since;
};

static bool partner_only(const struct watcher *watcher)
{
    return strstr(watcher->principal, "-user") != NULL;
}

/* Whether the watcher is to be told of an entry. */
static bool wants(const struct watcher *watcher, int at, int seq)
{
    char own[WORLD_NAME_MAX];

    snprintf(own, sizeof own, "%s-user", incidents[at].partner);
    if (partner_only(watcher) && (incidents[at].internal[seq] || strcmp(own, watcher->principal) != 0))
        return false;
    return (!watcher->partner[0] || strcmp(watcher->partner, incidents[at].partner) == 0) &&
           (!watcher->incident[0] || strcmp(watcher->incident, incidents[at].name) == 0) &&
           (!watcher->mine || incidents[at].owned);
}

static json_t *watch_params(const struct watcher *watcher)
{
    json_t *params = json_object();

    if (watcher->partner[0])
        json_object_set_new(params, "partner", json_string(watcher->partner));
    if (watcher->incident[0])
        json_object_set_new(params, "incident", json_string(watcher->incident));
    if (watcher->mine)
        json_object_set_new(params, "owner", json_string("coordinator"));
    if (watcher->cursor)
        json_object_set_new(params, "since", json_string(watcher->cursor));
    return params;
}

/* Starts the watch on its connection, or on a new one. */
static bool watcher_start(struct watcher *watcher)
{
    if (!watcher->peer)
        watcher->peer = peer_open(watcher->server, watcher->principal);
    json_t *reply = peer_ask_json(watcher->peer, "watch.start", watch_params(watcher));
    bool good = CHECK(strcmp(reply_reason(reply), "ok") == 0, "watch.start: %s: %s", reply_reason(reply),
                      watcher->peer ? watcher->peer->why : "");

    if (good && !watcher->cursor)
        watcher->cursor = strdup(reply_text(reply, "cursor"));
    json_decref(reply);
    return good;
}

/* Takes one notification in. */
static void watcher_take(struct watcher *watcher, json_t *line)
{
    json_t *params = json_object_get(line, "params"), *event = json_object_get(params, "event");
    const char *name = json_string_value(json_object_get(event, "incident"));
    int seq = (int)json_integer_value(json_object_get(event, "seq")), at = 0;

    free(watcher->cursor);
    watcher->cursor = strdup(json_string_value(json_object_get(params, "cursor")));
    watcher->gaps += json_is_true(json_object_get(params, "gap"));
    if (!event)
        return;
    while (at < INCIDENTS && name && strcmp(name, incidents[at].name) != 0)
        at++;
    if (at == INCIDENTS)
        watcher->foreign += partner_only(watcher); /* others may see what other tests have done */
    else if (watcher->counts[at] < SEQ_MAX)
        watcher->told[at][watcher->counts[at]++] = (short)seq;
    watcher->since++;
}

/* Takes in what has arrived. */
static void watcher_read(struct watcher *watcher)
{
    char *line;
    size_t length;

    while (watcher->peer && peer_line(watcher->peer, 0, &line, &length) == PEER_DONE) {
        json_t *object = json_loadb(line, length, 0, NULL);

        if (json_object_get(object, "method"))
            watcher_take(watcher, object);
        json_decref(object);
    }
}

/* How many it should have been told of. */
static int watcher_due(const struct watcher *watcher)
{
    int due = 0;

    for (int at = 0; at < INCIDENTS; at++)
        for (int seq = incidents[at].first + 1; seq <= incidents[at].last; seq++)
            due += wants(watcher, at, seq);
    return due;
}

static int watcher_count(const struct watcher *watcher)
{
    int count = 0;

    for (int at = 0; at < INCIDENTS; at++)
        count += watcher->counts[at];
    return count;
}

/* It was told of what it should, once, in the order of each incident, and of nothing else. */
static bool watcher_right(const struct watcher *watcher)
{
    bool right = watcher->foreign == 0;

    for (int at = 0; at < INCIDENTS; at++) {
        int next = 0;

        for (int seq = incidents[at].first + 1; seq <= incidents[at].last; seq++)
            if (wants(watcher, at, seq))
                right = right && next < watcher->counts[at] && watcher->told[at][next++] == seq;
        right = right && next == watcher->counts[at];
    }
    return right;
}

static void watcher_end(struct watcher *watcher)
{
    peer_free(watcher->peer);
    free(watcher->cursor);
}

/* Opens the incidents: four each of contoso, fabrikam and a third; every third is the coordinator's. */
static bool incidents_open(struct peer *admin)
{
    char third[WORLD_NAME_MAX];
    bool good = world_certified(admin, third);

    for (int at = 0; good && at < INCIDENTS; at++) {
        const char *partner = at % 3 == 0 ? "contoso" : at % 3 == 1 ? "fabrikam" : third;
        json_t *params = world_open_params(partner, "critical", world_key());

        json_object_set_new(params, "outage", json_string("server"));
        json_t *reply = peer_ask_json(admin, "incident.open", params);

        good = CHECK(strcmp(reply_reason(reply), "ok") == 0, "incident.open: %s", reply_reason(reply));
        memset(&incidents[at], 0, sizeof incidents[at]);
        snprintf(incidents[at].name, WORLD_NAME_MAX, "%s", good ? reply_text(reply, "incident") : "");
        snprintf(incidents[at].partner, WORLD_NAME_MAX, "%s", partner);
        incidents[at].owned = at % 4 == 1;
        incidents[at].first = incidents[at].last = 1;
        json_decref(reply);
        if (good && incidents[at].owned)
            fixture_sql_number("WITH u AS (UPDATE entitled.incident SET owner = (SELECT principal_id FROM"
                               " entitled.principal WHERE name = 'coordinator') WHERE incident_id ="
                               " entitled.incident_number('%s') RETURNING 1) SELECT count(*) FROM u",
                               incidents[at].name);
    }
    return good;
}

/* What the database has by now. */
static void incidents_learn(void)
{
    for (int at = 0; at < INCIDENTS; at++) {
        char text[FIXTURE_LINE_MAX * 2] = "";

        fixture_sql(text, sizeof text,
                    "SELECT string_agg(internal::int::text, '' ORDER BY seq) FROM entitled.timeline WHERE"
                    " incident_id = entitled.incident_number('%s')",
                    incidents[at].name);
        incidents[at].last = (int)strlen(text);
        for (int seq = 1; seq <= incidents[at].last && seq < SEQ_MAX; seq++)
            incidents[at].internal[seq] = text[seq - 1] == '1';
    }
}

/* Adds a note; every third of an incident is internal. */
static void note_send(struct peer *writer, int number, int bytes)
{
    char text[16384];
    int at = number % INCIDENTS;

    memset(text, 'x', sizeof text);
    snprintf(text, sizeof text, "note %d", number);
    text[strlen(text)] = ' ';
    text[bytes] = '\0';
    char *line =
        peer_request(++writer->next_id, "incident.note",
                     json_pack("{s:s, s:s, s:s, s:s}", "key", world_key(), "incident", incidents[at].name, "text",
                               text, "visibility", number / INCIDENTS % 3 == 2 ? "internal" : "public"));

    peer_send_text(writer, line);
    free(line);
}

/* Lines that have arrived: how many are results. Of a writer. */
static int replies_count(struct peer *writer, int *failed)
{
    char *line;
    size_t length;
    int count = 0;

    while (peer_line(writer, 0, &line, &length) == PEER_DONE) {
        count++;
        *failed += strstr(line, "\"result\":") == NULL;
    }
    return count;
}

static void watchers_init(struct watcher *watchers, struct server *servers[2])
{
    static const char *const principals[] = {"admin",        "coordinator",   "reporter",     "manager",
                                             "contoso-user", "fabrikam-user", "contoso-user", "coordinator"};

    for (int i = 0; i < WATCHERS + 1; i++) {
        struct watcher *watcher = &watchers[i];

        *watcher =
            (struct watcher){.principal = principals[i % 8], .server = servers[i / 8 % 2], .mine = i % 8 == 3};
        if (i % 8 == 1)
            snprintf(watcher->partner, WORLD_NAME_MAX, "contoso");
        if (i % 8 == 2 || i % 8 == 6) /* the latter may only see those of contoso */
            snprintf(watcher->incident, WORLD_NAME_MAX, "%s", incidents[i / 8 % 4 * 3].name);
    }
}

/* In the midst of it: the connections of all daemons to the database are cut. */
static void lanes_cut(void)
{
    fixture_sql_number("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename ="
                       " 'entitled_daemon'");
}

/*
 * One turn of the storm: some notes (while not too many wait for the `answered`), and what has arrived. Returns
 * replies; the last watcher moves about.
 */
static int storm_turn(struct watcher *watchers, struct peer **writers, struct server *servers[2], int *sent,
                      int answered, int *failed)
{
    int replies = 0;

    for (int i = 0; i < WRITERS * 4 && *sent < STORM && *sent - answered < IN_FLIGHT; i++, (*sent)++)
        note_send(writers[*sent % WRITERS], *sent, 100);
    for (int i = 0; i < WRITERS; i++)
        replies += replies_count(writers[i], failed);
    for (int i = 0; i < WATCHERS + 1; i++)
        watcher_read(&watchers[i]);
    struct watcher *mover = &watchers[WATCHERS];
    if (mover->since >= 150) {
        mover->since = 0;
        peer_free(mover->peer);
        mover->peer = NULL;
        mover->server = mover->server == servers[0] ? servers[1] : servers[0];
        watcher_start(mover);
    }
    return replies;
}

static void storm_check(const struct watcher *watchers, int count)
{
    int wrong = 0, told = 0, gaps = 0;

    for (int i = 0; i < count; i++) {
        bool right = watcher_right(&watchers[i]);

        CHECK(right || wrong++ > 2, "watcher %d (%s): told %d, due %d, foreign %d", i, watchers[i].principal,
              watcher_count(&watchers[i]), watcher_due(&watchers[i]), watchers[i].foreign);
        told += watcher_count(&watchers[i]);
        gaps += watchers[i].gaps;
    }
    CHECK_NUMBER(wrong, 0);
    CHECK_NUMBER(gaps, 0);
    CHECK(told > 100000, "only %d events were told", told);
}

/* Reads until all are told of what they should be, or for a while. */
static void watchers_settle(struct watcher *watchers, int count, int64_t deadline_ms)
{
    bool lacking;

    do {
        lacking = false;
        for (int i = 0; i < count; i++) {
            watcher_read(&watchers[i]);
            lacking = lacking || watcher_count(&watchers[i]) < watcher_due(&watchers[i]);
        }
    } while (lacking && moment_wait(deadline_ms));
}

static void test_storm(void)
{
    struct server *servers[2] = {world_server(), server_start("workers = 1\nwatch_beat_ms = 500")};
    struct watcher *watchers = calloc(WATCHERS + 1, sizeof *watchers);
    struct peer *writers[WRITERS] = {NULL}, *admin = peer_open(world_server(), "admin");
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    int sent = 0, replies = 0, failed = 0;
    bool good = servers[1] && admin && incidents_open(admin), cut = false;

    watchers_init(watchers, servers);
    for (int i = 0; good && i < WATCHERS + 1; i++)
        good = watcher_start(&watchers[i]);
    for (int i = 0; good && i < WRITERS; i++)
        good = (writers[i] = peer_open(servers[i % 2], i < 3 ? "manager" : "coordinator")) != NULL;
    long memory = good ? server_memory_kib(servers[1]) : 0;

    while (good && replies < STORM && clock_monotonic_ms() < deadline_ms) {
        replies += storm_turn(watchers, writers, servers, &sent, replies, &failed);
        if (!cut && replies > STORM / 2) {
            lanes_cut();
            cut = true;
        }
    }
    CHECK_NUMBER(replies, STORM);
    CHECK_NUMBER(failed, 0);
    incidents_learn();
    watchers_settle(watchers, WATCHERS + 1, deadline_ms);
    storm_check(watchers, WATCHERS + 1);
    memory = good ? server_memory_kib(servers[1]) - memory : 0;
    CHECK(memory < MEMORY_KIB_MAX || fixture_wrapped(), "the worker has grown by %ld KiB", memory);
    for (int i = 0; i < WATCHERS + 1; i++)
        watcher_end(&watchers[i]);
    for (int i = 0; i < WRITERS; i++)
        peer_free(writers[i]);
    peer_free(admin);
    free(watchers);
    server_stop(servers[1]);
}

/* A client that does not read: a gap notice, when it reads again, says up to where it was told; the rest comes
 * anew. */
static void test_slow_reader(void)
{
    struct server *server =
        server_start("output_bytes_max = 65536\nwrite_timeout_ms = 120000\nwatch_beat_ms = 300");
    struct server *servers[2] = {server, server};
    struct peer *writer = server ? peer_open(server, "manager") : NULL, *admin = peer_open(world_server(), "admin");
    struct watcher *slow = calloc(1, sizeof *slow);
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    int replies = 0, failed = 0;

    *slow = (struct watcher){.principal = "coordinator", .server = servers[0]};
    if (!writer || !incidents_open(admin) || !watcher_start(slow))
        goto out;
    for (int i = 0; i < SLOW_NOTES; i++) {
        note_send(writer, i, 16000);
        replies += replies_count(writer, &failed);
    }
    while (replies < SLOW_NOTES && moment_wait(deadline_ms))
        replies += replies_count(writer, &failed);
    CHECK_NUMBER(failed, 0);
    incidents_learn();
    while (slow->gaps == 0 && moment_wait(deadline_ms))
        watcher_read(slow);
    CHECK_NUMBER(slow->gaps, 1);
    int before = watcher_count(slow);

    CHECK(before > 0 && before < watcher_due(slow), "told %d of %d before the gap", before, watcher_due(slow));
    CHECK_TEXT(peer_reason(slow->peer, "watch.stop", NULL), "ok"); /* the connection lives on */
    watcher_start(slow);
    watchers_settle(slow, 1, deadline_ms);
    CHECK(watcher_right(slow), "told %d of %d", watcher_count(slow), watcher_due(slow));
out:
    watcher_end(slow);
    free(slow);
    peer_free(writer);
    peer_free(admin);
    server_stop(server);
}

/* What is committed by others than a daemon, and later than what has a higher number, is told too. */
static void test_commit_order(void)
{
    struct peer *admin = peer_open(world_server(), "admin");
    struct watcher *watcher = calloc(1, sizeof *watcher);
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(20000);
    PGconn *early = PQconnectdb(fixture_conninfo("postgres")), *late = PQconnectdb(fixture_conninfo("postgres"));
    char note[512];

    *watcher = (struct watcher){.principal = "coordinator", .server = world_server()};
    if (!admin || !incidents_open(admin) || !watcher_start(watcher))
        goto out;
    PQclear(PQexec(early, "BEGIN; SELECT pg_current_xact_id()")); /* the lower number */
    snprintf(note, sizeof note,
             "SELECT entitled.timeline_append(entitled.incident_lock('%s'), 1, 'note', 'x', false)",
             incidents[0].name);
    PQclear(PQexec(late, note));
    incidents_learn();
    watchers_settle(watcher, 1, deadline_ms);
    CHECK(watcher_right(watcher), "told %d of %d", watcher_count(watcher), watcher_due(watcher));
    char *cursor = strdup(watcher->cursor);

    PQclear(PQexec(early, note)); /* of the same incident, after it, by a lower number */
    PQclear(PQexec(early, "COMMIT"));
    incidents_learn();
    watchers_settle(watcher, 1, deadline_ms);
    CHECK_NUMBER(incidents[0].last, 3);
    CHECK(watcher_right(watcher), "told %d of %d", watcher_count(watcher), watcher_due(watcher));
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.timeline a JOIN entitled.timeline b USING"
                                    " (partner_id, incident_id) WHERE a.seq < b.seq AND a.xid_order > b.xid_order"),
                 0);
    /* The same from the cursor of the first. */
    free(watcher->cursor);
    watcher->cursor = cursor;
    memset(watcher->counts, 0, sizeof watcher->counts);
    incidents[0].first = 2;
    watcher_start(watcher);
    watchers_settle(watcher, 1, deadline_ms);
    CHECK(watcher_right(watcher), "from the cursor: told %d of %d", watcher_count(watcher), watcher_due(watcher));
out:
    PQfinish(early);
    PQfinish(late);
    watcher_end(watcher);
    free(watcher);
    peer_free(admin);
}

static void test_refusals(void)
{
    struct server *server = server_start("watches_max = 2");
    struct peer *partner = server ? peer_open(server, "contoso-user") : NULL;
    struct peer *admin = server ? peer_open(server, "admin") : NULL;

    if (partner && admin && incidents_open(admin)) {
        CHECK_TEXT(peer_reason(partner, "watch.start", "{s:s}", "partner", "fabrikam"), "not_found");
        CHECK_TEXT(peer_reason(partner, "watch.start", "{s:s}", "incident", incidents[1].name), "not_found");
        CHECK_TEXT(peer_reason(partner, "watch.start", "{s:s}", "incident", "INC-999999"), "not_found");
        CHECK_TEXT(peer_reason(partner, "watch.start", "{s:s}", "since", "nonsense"), "invalid_params");
        CHECK_TEXT(peer_reason(partner, "watch.start", "{s:s}", "since", "MS85OTk5Ojk5OTg6"), "invalid_params");
        CHECK_TEXT(peer_reason(partner, "watch.start", "{s:s}", "since", "RkYvMTA6MTA6"), "invalid_state");
        CHECK_TEXT(peer_reason(partner, "watch.start", "{s:s}", "partner", "contoso"), "ok");
        CHECK_TEXT(peer_reason(partner, "watch.start", "{s:s}", "incident", incidents[0].name), "ok");
        CHECK_TEXT(peer_reason(partner, "watch.start", NULL), "invalid_state");
        CHECK_TEXT(peer_reason(partner, "watch.stop", "{s:i}", "watch", 1), "not_found");
        CHECK_TEXT(peer_reason(partner, "watch.stop", NULL), "ok");
        CHECK_TEXT(peer_reason(partner, "watch.start", NULL), "ok");
    }
    peer_free(partner);
    peer_free(admin);
    server_stop(server);
}

/* A connection that watches is not idle; one that has stopped is. It hears beats. */
static void test_idle(void)
{
    struct server *server = server_start("idle_timeout_ms = 1000\nwatch_beat_ms = 200");
    struct peer *peer = server ? peer_open(server, "reporter") : NULL;
    int64_t until_ms = clock_monotonic_ms() + 2500;
    int beats = 0;

    CHECK_TEXT(peer_reason(peer, "watch.start", NULL), "ok");
    while (peer && clock_monotonic_ms() < until_ms) {
        json_t *line = peer_reply(peer, 500);

        beats += json_is_string(json_object_get(json_object_get(line, "params"), "cursor"));
        json_decref(line);
    }
    CHECK(beats >= 2, "%d beats", beats);
    CHECK_TEXT(peer_reason(peer, "watch.stop", NULL), "ok");
    CHECK(peer && peer_closes(peer, fixture_ms(10000)), "it stays open");
    peer_free(peer);
    server_stop(server);
}

/* Waits until a file has a text. */
static bool file_await(const char *path, const char *text, int within_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + within_ms;
    bool there;

    do {
        char *content = file_text(path);

        there = strstr(content, text) != NULL;
        free(content);
    } while (!there && moment_wait(deadline_ms));
    return there;
}

/* `entitle watch`: outlives the server, and ends with ^C. */
static void test_client(void)
{
    struct server *server = server_start(NULL);
    struct peer *admin = peer_open(world_server(), "admin");
    char home[FIXTURE_PATH_MAX + 32], out[FIXTURE_PATH_MAX + 16], err[FIXTURE_PATH_MAX + 16];
    const char *const argv[] = {fixture_program("entitle"), "watch", "--mine", "--profile", "coordinator", NULL};
    const char *const env[] = {home, NULL};

    if (!server || !incidents_open(admin))
        goto out;
    snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s", server->dir);
    snprintf(out, sizeof out, "%s/watch.out", server->dir);
    snprintf(err, sizeof err, "%s/watch.err", server->dir);
    long since = server_log_size(server);
    pid_t pid = process_start(&(struct process_wish){.argv = argv, .env = env, .output = out, .error = err});

    CHECK(server_log_await(server, since, "method=watch.start", fixture_ms(10000)), "it does not ask");
    note_send(admin, 1, 40);
    CHECK(file_await(out, "note 1 ", fixture_ms(10000)), "no event");
    server_signal(server, SIGTERM);
    CHECK_NUMBER(server_wait(server, fixture_ms(20000)), 0);
    note_send(admin, 9, 40);
    note_send(admin, 2, 40); /* of another owner */
    CHECK(file_await(err, "trying again", fixture_ms(10000)), "it does not tell that the connection is lost");
    CHECK(server_again(server) && server_await(server, fixture_ms(20000)), "the daemon does not start again");
    CHECK(file_await(out, "note 9 ", fixture_ms(20000)), "what happened meanwhile does not come");
    kill(pid, SIGINT);
    CHECK_NUMBER(process_wait(pid, fixture_ms(10000)), 130);
    char *text = file_text(out);

    CHECK(strstr(text, "note 2 ") == NULL && strstr(strstr(text, "note 1 ") + 1, "note 1 ") == NULL, "too much: %s",
          text);
    free(text);
out:
    peer_free(admin);
    server_stop(server);
}

CU_ErrorCode watch_register(void)
{
    CU_TestInfo tests[] = {{"200 watchers in a storm, each its own, once and in order", test_storm},
                           {"a reader that does not keep up", test_slow_reader},
                           {"commits in another order than their numbers", test_commit_order},
                           {"what is refused", test_refusals},
                           {"a connection that watches is not idle", test_idle},
                           {"entitle watch", test_client},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"watch", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
