/*
 * The tick with three daemons on one database, killed at random instants: whatever time makes due happens once,
 * in order, and what was missed is caught up.  The deadlines are minutes and hours away, so the database's clock is
 * replaced: it stands while the incidents are made, then an hour of it passes in about a second.  It is a day of
 * the past, so that nothing of the other suites comes due, and nothing is left of the future.
 */
#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAEMONS 3
#define INCIDENTS 180          /* of a partner that escalates day and night */
#define QUEUED 60              /* of one that does so in business hours, which have not begun */
#define ESCALATED 80           /* of the first, from each of the levels on; every tenth is acknowledged */
#define REPORTED_WITHIN_S 1700 /* before the beginning: not half of the shortest target */
#define SPEED 3000
#define HOURS 9      /* then the clock stands again: the last deadline is 8 hours after the beginning */
#define OUTAGE_AT 2  /* hours, when all daemons die, */
#define OUTAGE_END 4 /* and when they come again */
#define WITHIN_MS 20000

static struct server *daemons[DAEMONS];
static char day_partner[WORLD_NAME_MAX], office_partner[WORLD_NAME_MAX];
static char begins[64], opens[64]; /* when the clock starts, and the office of the second partner opens */

/* ---- the clock of the database ---- */

static bool clock_replace(const char *expression)
{
    char statement[1024];

    snprintf(statement, sizeof statement,
             "CREATE OR REPLACE FUNCTION entitled.clock_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE"
             " RETURN %s",
             expression);
    return CHECK(fixture_sql_do(statement), "the clock cannot be set");
}

static bool clock_stand(void)
{
    char expression[160];

    snprintf(expression, sizeof expression, "timestamptz '%s'", begins);
    return clock_replace(expression);
}

static bool clock_run(void)
{
    char expression[512], now[64];

    fixture_sql(now, sizeof now, "SELECT clock_timestamp()");
    snprintf(expression, sizeof expression,
             "least(timestamptz '%s' + greatest(transaction_timestamp() - timestamptz '%s', interval '0') * %d,"
             " timestamptz '%s' + interval '%d hours')",
             begins, now, SPEED, begins, HOURS);
    return clock_replace(expression);
}

/* As functions/00_clock.sql has it. */
static bool clock_restore(void)
{
    return clock_replace("coalesce(nullif(current_setting('entitled.now', true), '')::timestamptz,"
                         " transaction_timestamp())");
}

static bool clock_reached(int hours)
{
    return fixture_sql_number("SELECT (entitled.clock_now() >= timestamptz '%s' + interval '%d hours')::int",
                              begins, hours) == 1;
}

/* Waits until so many hours have passed by it. */
static void clock_await(int hours)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);

    while (!clock_reached(hours) && moment_wait(deadline_ms))
        continue;
    CHECK(clock_reached(hours), "the clock does not run");
}

/* ---- what the day begins with ---- */

/* The parameters of an opening, reported a moment before the beginning, each at its own. */
static json_t *open_params(const char *partner, int n)
{
    json_t *params = world_open_params(partner, "priority", world_key());
    char at[64];

    fixture_sql(at, sizeof at,
                "SELECT to_char((timestamptz '%s' - %d * interval '1 second') AT TIME ZONE 'UTC',"
                " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
                begins, n * 37 % REPORTED_WITHIN_S);
    json_object_set_new(params, "severity", json_string("A"));
    json_object_set_new(params, "opened_at", json_string(at));
    return params;
}

/* Opens one and escalates it from a level on (0: not). False: it was said why. */
static bool begin_one(struct peer *coordinator, const char *partner, int n, int level)
{
    json_t *reply = peer_ask_json(coordinator, "incident.open", open_params(partner, n));
    char incident[WORLD_NAME_MAX], escalation[WORLD_NAME_MAX];
    bool good = CHECK_TEXT(reply_reason(reply), "ok");

    snprintf(incident, sizeof incident, "%s", good ? reply_text(reply, "incident") : "");
    json_decref(reply);
    if (!good || level == 0)
        return good;
    reply = peer_ask(coordinator, "escalation.raise", "{s:s, s:s, s:s, s:i, s:b}", "key", world_key(), "incident",
                     incident, "reason", "they wait " SERVER_SECRET, "level", level, "queue", 1);
    good = CHECK_TEXT(reply_reason(reply), "ok");
    snprintf(escalation, sizeof escalation, "%s", good ? reply_text(reply, "escalation.escalation") : "");
    json_decref(reply);
    if (good && partner == day_partner && n % 10 == 0)
        good = CHECK_TEXT(peer_reason(coordinator, "escalation.acknowledge", "{s:s, s:s}", "key", world_key(),
                                      "escalation", escalation),
                          "ok");
    return good;
}

/* Sets the clock to the last morning but some, three quarters of an hour before the office opens. */
static bool morning_find(void)
{
    fixture_sql(opens, sizeof opens,
                "SELECT s.opens FROM entitled.calendar_stretch s JOIN entitled.partner USING (calendar_id)"
                " WHERE code = '%s' AND s.opens < now() - interval '3 days' ORDER BY s.opens DESC LIMIT 1",
                office_partner);
    fixture_sql(begins, sizeof begins, "SELECT timestamptz '%s' - interval '45 minutes'", opens);
    return CHECK(begins[0], "the office never opens") && clock_stand();
}

static int tick_init(void)
{
    char quantities[64];
    struct peer *admin = peer_open(world_server(), "admin"),
                *coordinator = peer_open(world_server(), "coordinator");

    snprintf(quantities, sizeof quantities, "{\"priority-incidents\": %d}", QUEUED);
    bool good = admin && coordinator && world_with_units(admin, day_partner, INCIDENTS) &&
                world_partner(admin, office_partner) &&
                world_contract(admin, office_partner, "essential", quantities, NULL) && morning_find();

    for (int n = 0; good && n < INCIDENTS; n++)
        good = begin_one(coordinator, day_partner, n, n < ESCALATED ? 1 + n % 3 : 0);
    for (int n = 0; good && n < QUEUED; n++)
        good = begin_one(coordinator, office_partner, n, 1);
    peer_free(admin);
    peer_free(coordinator);
    /* The daemon of the other suites ticks too: it rests. */
    server_signal(world_server(), SIGTERM);
    CHECK_NUMBER(server_wait(world_server(), fixture_ms(WITHIN_MS)), 0);
    return good ? 0 : 1;
}

static int tick_clean(void)
{
    bool good = clock_restore();

    for (int i = 0; i < DAEMONS; i++)
        server_stop(daemons[i]);
    good = server_again(world_server()) && good;
    return server_await(world_server(), fixture_ms(WITHIN_MS)) && good ? 0 : 1;
}

/* ---- the killing ---- */

static void worker_kill(const struct server *server)
{
    pid_t pids[SERVER_WORKERS_MAX];
    int count = server_workers(server, pids);

    if (count > 0)
        kill(pids[rand() % count], SIGKILL);
}

/* The supervisor and its workers, at once. */
static void daemon_kill(struct server *server)
{
    pid_t pids[SERVER_WORKERS_MAX];
    int count = server_workers(server, pids);

    server_signal(server, SIGKILL);
    for (int i = 0; i < count; i++)
        kill(pids[i], SIGKILL);
    CHECK_NUMBER(server_wait(server, fixture_ms(WITHIN_MS)), 128 + SIGKILL);
}

/* Internal notes, which stop no clock, on some that are at work: by the door itself, as no daemon is sure to live.
 */
static void notes_write(void)
{
    CHECK(fixture_sql_number(
              "SELECT count(*) FROM (SELECT entitled.incident_name(incident_id) AS name FROM entitled.incident"
              " JOIN entitled.partner USING (partner_id) WHERE code = '%s' ORDER BY random() LIMIT 5) i,"
              " api.incident_note(ARRAY[(SELECT principal_id FROM entitled.principal WHERE name = 'coordinator')],"
              " ARRAY[jsonb_build_object('key', gen_random_uuid(), 'incident', i.name, 'text', 'n', 'visibility',"
              " 'internal')]) WHERE ok",
              day_partner) == 5,
          "notes are not written");
}

/* Kills workers and daemons, one after the other, each after a moment of its own, until so many hours have passed.
 */
static int havoc(int hours)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    int killed = 0;

    while (!clock_reached(hours) && clock_monotonic_ms() < deadline_ms) {
        struct server *server = daemons[rand() % DAEMONS];
        struct timespec moment = {.tv_nsec = rand() % 60000000};

        nanosleep(&moment, NULL);
        if (rand() % 3 == 0) {
            daemon_kill(server);
            CHECK(server_again(server), "the daemon does not start again");
        } else {
            worker_kill(server);
        }
        killed++;
        if (killed % 3 == 0)
            notes_write();
    }
    CHECK(clock_reached(hours), "the clock does not run");
    return killed;
}

/* ---- what is found at the end ---- */

#define OF_BOTH " JOIN entitled.partner USING (partner_id) WHERE code IN ('%s', '%s')"

static long long due_count(const char *table, const char *until)
{
    return fixture_sql_number("SELECT count(*) FROM entitled.%s" OF_BOTH " AND tick_at <= %s", table, day_partner,
                              office_partner, until);
}

static long long events_count(void)
{
    return fixture_sql_number("SELECT count(*) FROM entitled.timeline" OF_BOTH " AND principal_id = 0", day_partner,
                              office_partner);
}

/* All are dead for two hours: nothing happens, though much is due; the next ticks catch up. */
static void outage(void)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);

    for (int i = 0; i < DAEMONS; i++)
        daemon_kill(daemons[i]);
    while (fixture_sql_number("SELECT count(*) FROM pg_stat_activity WHERE usename = 'entitled_daemon'") > 0 &&
           moment_wait(deadline_ms))
        continue;
    long long before = events_count();

    clock_await(OUTAGE_END);
    CHECK_NUMBER(events_count(), before);
    CHECK(before > 0, "nothing happened before all died");
    long long missed = due_count("incident", "entitled.clock_now()");

    CHECK(missed > INCIDENTS / 2, "only %lld incidents are due after two hours", missed);
    CHECK(due_count("escalation", "entitled.clock_now()") > QUEUED / 2, "few escalations are due after two hours");
    for (int i = 0; i < DAEMONS; i++)
        CHECK(server_again(daemons[i]), "daemon %d does not start again", i);
}

/* The targets of priority A, as conf/catalogue.conf has them, at half, four fifths and the whole: once each. */
static void warnings_check(void)
{
#define WANTED                                                                                                     \
    "SELECT incident_id, clock, percent FROM entitled.incident JOIN entitled.partner USING (partner_id),"          \
    " unnest('{response,update,resolution}'::text[]) clock, unnest('{50,80,100}'::int[]) percent"                  \
    " WHERE code IN ('%s', '%s')"
#define FOUND                                                                                                      \
    "SELECT incident_id, split_part(body, ':', 1), substring(body FROM ': ([0-9]+) %%')::int FROM "                \
    "entitled.timeline" OF_BOTH " AND event = 'warning'"
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM (" WANTED " EXCEPT ALL " FOUND ") x", day_partner,
                                    office_partner, day_partner, office_partner),
                 0);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM (" FOUND " EXCEPT ALL " WANTED ") x", day_partner,
                                    office_partner, day_partner, office_partner),
                 0);
    /* None before its time; no gap, and what time does in order (a note has the time at which its request began).
     */
    CHECK_NUMBER(fixture_sql_number(
                     "SELECT count(*) FROM entitled.timeline t JOIN entitled.incident i USING (partner_id,"
                     " incident_id)" OF_BOTH " AND event = 'warning' AND t.at < i.opened_at + interval '1 minute'"
                     " * (CASE split_part(body, ':', 1) WHEN 'response' THEN 60 WHEN 'update' THEN 120 ELSE 480"
                     " END * substring(body FROM ': ([0-9]+) %%')::int / 100)",
                     day_partner, office_partner),
                 0);
    CHECK_NUMBER(
        fixture_sql_number(
            "SELECT count(*) FROM (SELECT t.seq, t.at, t.principal_id, lag(t.seq, 1, 0) OVER w AS seq_before,"
            " lag(t.at) OVER w AS before FROM entitled.timeline t" OF_BOTH
            " WINDOW w AS (PARTITION BY incident_id ORDER BY seq)) x"
            " WHERE seq <> seq_before + 1 OR (principal_id = 0 AND at < before)",
            day_partner, office_partner),
        0);
}

/* The steps of each escalation in the timeline, and what has become of it. */
static void escalations_check(void)
{
#define STEPS                                                                                                      \
    "SELECT count(*) FROM (SELECT e.escalation_id, e.state, e.level, e.overdue, e.raised_at, e.acknowledge_by,"    \
    " string_agg(t.event || ' ' || substring(t.body FROM 'level ([0-9])'), ',' ORDER BY t.seq) AS steps"           \
    " FROM entitled.escalation e JOIN entitled.timeline t ON t.partner_id = e.partner_id AND t.incident_id ="      \
    " e.incident_id AND t.body LIKE entitled.escalation_name(e.escalation_id) || ',%%'"                            \
    " JOIN entitled.partner p ON p.partner_id = e.partner_id WHERE code = '%s'"                                    \
    " GROUP BY e.escalation_id, e.state, e.level, e.overdue, e.raised_at, e.acknowledge_by) x WHERE state = '%s'"  \
    " AND steps = '%s'"
    static const char *const steps[] = {"escalated 1,went_up 2,went_up 3,overdue 3",
                                        "escalated 2,went_up 3,overdue 3", "escalated 3,overdue 3"};
    long long found = 0;

    for (int level = 1; level <= 3; level++) {
        int wanted = 0;
        char acknowledged[64];

        for (int n = 0; n < ESCALATED; n++)
            wanted += n % 3 == level - 1 && n % 10 != 0;
        CHECK_NUMBER(fixture_sql_number(STEPS " AND level = 3 AND overdue AND acknowledge_by = timestamptz '%s'"
                                              " + interval '%d minutes'",
                                        day_partner, "raised", steps[level - 1], begins, 240 + (3 - level) * 60),
                     wanted);
        snprintf(acknowledged, sizeof acknowledged, "escalated %d,acknowledged %d", level, level);
        found += fixture_sql_number(STEPS " AND level = %d AND NOT overdue", day_partner, "acknowledged",
                                    acknowledged, level);
    }
    CHECK_NUMBER(found, ESCALATED / 10);
    CHECK_NUMBER(fixture_sql_number(STEPS " AND level = 3 AND overdue AND acknowledge_by = timestamptz '%s'"
                                          " + interval '6 hours'",
                                    office_partner, "raised",
                                    "escalation_queued 1,escalated 1,went_up 2,went_up 3,overdue 3", opens),
                 QUEUED);
}

static void test_three_daemons_killed(void)
{
    unsigned seed = (unsigned)clock_monotonic_ms();
    int64_t deadline_ms;
    int killed;

    printf("        seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < DAEMONS; i++)
        if (!(daemons[i] = server_start("workers = 2\ntick_ms = 10\nlog_level = info")))
            return;
    if (!clock_run())
        return;
    killed = havoc(OUTAGE_AT);
    outage();
    killed += havoc(HOURS);
    CHECK(killed >= 10, "only %d were killed", killed);
    deadline_ms = clock_monotonic_ms() + fixture_ms(WITHIN_MS);
    while (due_count("incident", "'infinity'") + due_count("escalation", "'infinity'") > 0 &&
           moment_wait(deadline_ms))
        continue;
    CHECK_NUMBER(due_count("incident", "'infinity'"), 0);
    CHECK_NUMBER(due_count("escalation", "'infinity'"), 0);
    printf("        %d killed\n", killed);
    warnings_check();
    escalations_check();
    world_check_ledger(day_partner);
}

CU_ErrorCode tick_register(void)
{
    CU_TestInfo tests[] = {
        {"three daemons, killed at random: each once, in order, nothing missed", test_three_daemons_killed},
        CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"tick", tick_init, tick_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
