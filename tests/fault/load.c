/* Owns the keys of a load, and the thread that asks. Only counters are read from outside while it runs. */
#include "tests/fault/load.h"

#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/world.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES 4   /* connections */
#define WINDOW 16 /* requests in flight on one */
#define CONNECT_MS 2000
#define READ_MS 2
#define INCIDENT_MAX 24

enum key_state { KEY_WAITS, KEY_IN_FLIGHT, KEY_DONE };

struct key {
    enum key_state state;
    int line; /* where it is in flight */
    char incident[INCIDENT_MAX];
};

struct load {
    const struct server *server;
    const char *const *partners;
    int partner_count, keys_max, number;
    pthread_t thread;
    struct key *keys;
    atomic_int asked, done;
    atomic_bool stop, quit;
    struct load_counts counts;
    struct peer *peers[LINES];
    int in_flight[LINES];
};

static void line_drop(struct load *load, int line)
{
    for (int i = 0; i < load->asked; i++)
        if (load->keys[i].state == KEY_IN_FLIGHT && load->keys[i].line == line)
            load->keys[i].state = KEY_WAITS;
    peer_free(load->peers[line]);
    load->peers[line] = NULL;
    load->in_flight[line] = 0;
    load->counts.cut++;
}

/* The next key to ask: one that was not answered for good, else a new one; -1: none. */
static int key_next(struct load *load, int *from)
{
    for (; *from < load->asked; (*from)++)
        if (load->keys[*from].state == KEY_WAITS)
            return *from;
    return load->stop || load->asked >= load->keys_max ? -1 : load->asked++;
}

static void line_fill(struct load *load, int line)
{
    char name[WORLD_NAME_MAX];
    int from = 0, i;

    while (load->in_flight[line] < WINDOW && (i = key_next(load, &from)) >= 0) {
        snprintf(name, sizeof name, "load-%d-%06d", load->number, i);
        char *text = peer_request(i + 1, "incident.open",
                                  world_open_params(load->partners[i % load->partner_count], "professional", name));

        load->keys[i].state = KEY_IN_FLIGHT;
        load->keys[i].line = line;
        load->in_flight[line]++;
        load->counts.sent++;
        bool sent = peer_send_text(load->peers[line], text);

        free(text);
        if (!sent)
            return;
    }
}

static void reply_take(struct load *load, int line, const json_t *reply)
{
    json_int_t id = json_integer_value(json_object_get(reply, "id"));
    const char *reason = reply_reason(reply);
    struct key *key = id >= 1 && id <= load->asked ? &load->keys[id - 1] : NULL;

    if (!key || key->state != KEY_IN_FLIGHT) {
        load->counts.wrong++;
        return;
    }
    load->in_flight[line]--;
    key->state = KEY_WAITS;
    load->counts.unavailable += strcmp(reason, "unavailable") == 0;
    load->counts.unknown += strcmp(reason, "unknown_outcome") == 0;
    load->counts.replayed += json_is_true(reply_member(reply, "replayed"));
    if (strcmp(reason, "ok") == 0) {
        snprintf(key->incident, sizeof key->incident, "%s", reply_text(reply, "incident"));
        key->state = KEY_DONE;
        load->done++;
    } else if (strcmp(reason, "unavailable") != 0 && strcmp(reason, "unknown_outcome") != 0 &&
               strcmp(reason, "busy") != 0) {
        load->counts.wrong++;
        fprintf(stderr, "load: key %lld: %s\n", (long long)id, reason);
    }
}

static void line_turn(struct load *load, int line)
{
    char why[PEER_WHY_MAX];
    json_t *reply;

    if (!load->peers[line])
        load->peers[line] = peer_try(load->server, "coordinator", CONNECT_MS, why);
    if (!load->peers[line]) {
        moment_wait(clock_monotonic_ms() + 1);
        return;
    }
    line_fill(load, line);
    while ((reply = peer_reply(load->peers[line], READ_MS))) {
        if (json_is_null(json_object_get(reply, "id")))
            load->counts.unavailable++; /* it could not be found out who we are */
        else
            reply_take(load, line, reply);
        json_decref(reply);
    }
    if (load->peers[line]->ended)
        line_drop(load, line);
}

static void *load_run(void *object)
{
    struct load *load = object;

    while (!load->quit && !(load->stop && load->done == load->asked))
        for (int line = 0; line < LINES; line++)
            line_turn(load, line);
    return NULL;
}

struct load *load_start(const struct server *server, const char *const *partners, int partner_count, int keys_max)
{
    struct load *load = calloc(1, sizeof *load);
    static int number;

    if (!load || !(load->keys = calloc((size_t)keys_max, sizeof *load->keys)))
        abort();
    load->server = server;
    load->partners = partners;
    load->partner_count = partner_count;
    load->keys_max = keys_max;
    load->number = ++number;
    if (pthread_create(&load->thread, NULL, load_run, load) != 0)
        abort();
    return load;
}

bool load_await(const struct load *load, int done, int within_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + within_ms;

    while (load->done < done)
        if (!moment_wait(deadline_ms))
            return false;
    return true;
}

void load_stop(struct load *load, int within_ms, struct load_counts *counts)
{
    int64_t deadline_ms = clock_monotonic_ms() + within_ms;

    load->stop = true;
    while (load->done < load->asked && moment_wait(deadline_ms))
        continue;
    load->quit = true;
    pthread_join(load->thread, NULL);
    for (int line = 0; line < LINES; line++)
        peer_free(load->peers[line]);
    *counts = load->counts;
    counts->asked = load->asked;
    counts->done = load->done;
}

/* "key=incident," of all that was acknowledged, in the order of keys; for free(). */
static char *told(const struct load *load)
{
    char *text = malloc((size_t)load->asked * 64 + 1), *at = text;

    if (!text)
        abort();
    *at = '\0';
    for (int i = 0; i < load->asked; i++)
        if (load->keys[i].state == KEY_DONE)
            at += sprintf(at, "load-%d-%06d=%s,", load->number, i, load->keys[i].incident);
    return text;
}

void load_check(struct load *load)
{
    size_t size = (size_t)load->asked * 64 + 64;
    char *wanted = told(load), *seen = malloc(size);

    if (!seen)
        abort();
    fixture_sql(
        seen, size,
        "SELECT string_agg(key || '=' || (reply::jsonb ->> 'incident') || ',', '' ORDER BY key COLLATE \"C\")"
        " FROM entitled.request WHERE key LIKE 'load-%d-%%' AND ok",
        load->number);
    CHECK(strcmp(seen, wanted) == 0, "what was acknowledged is not what is there: %.200s … and %.200s …", wanted,
          seen);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.request JOIN entitled.incident i ON"
                                    " i.incident_id = entitled.incident_number(reply::jsonb ->> 'incident')"
                                    " WHERE key LIKE 'load-%d-%%' AND ok",
                                    load->number),
                 load->done);
    long long charged = 0;

    for (int i = 0; i < load->partner_count; i++) {
        charged += world_charged(load->partners[i]);
        world_check_ledger(load->partners[i]);
    }
    CHECK_NUMBER(charged, load->done);
    free(wanted);
    free(seen);
    free(load->keys);
    free(load);
}
