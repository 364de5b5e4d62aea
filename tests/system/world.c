/* Owns the contents of the tests' database. */
#include "tests/system/world.h"

#include "tests/system/check.h"
#include "tests/system/process.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct server *base;

struct server *world_server(void)
{
    return base;
}

const char *world_key(void)
{
    static char keys[8][WORLD_NAME_MAX];
    static unsigned number;
    char *key = keys[number % 8];

    snprintf(key, WORLD_NAME_MAX, "key-%d-%u", (int)getpid(), ++number);
    return key;
}

/* entitle WORD apply FILE, as the administrator. */
static bool file_apply(const char *word, const char *file)
{
    char path[FIXTURE_PATH_MAX], home[FIXTURE_PATH_MAX + 32];
    const char *const argv[] = {
        fixture_program("entitle"), word, "apply", fixture_source(file, path), "--profile", "admin", NULL};
    const char *const env[] = {home, NULL};
    struct outcome outcome;

    snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s", base->dir);
    process_run(&(struct process_wish){.argv = argv, .env = env}, fixture_ms(PEER_WITHIN_MS), &outcome);
    bool done = CHECK(outcome.code == 0, "entitle %s apply: %d: %s", word, outcome.code, outcome.err);

    outcome_release(&outcome);
    return done;
}

static bool partner_create(struct peer *admin, const char *partner)
{
    return CHECK_TEXT(peer_reason(admin, "partner.create", "{s:s, s:s, s:s, s:s, s:s, s:s}", "key", world_key(),
                                  "partner", partner, "name", "Partner " SERVER_SECRET, "region", "us", "time_zone",
                                  "America/New_York", "calendar", "us"),
                      "ok");
}

bool world_partner(struct peer *admin, char *partner)
{
    static unsigned number;

    snprintf(partner, WORLD_NAME_MAX, "partner-%04u", ++number);
    return partner_create(admin, partner);
}

bool world_contract(struct peer *admin, const char *partner, const char *plan, const char *quantities,
                    char *contract)
{
    json_t *params = json_pack("{s:s, s:s, s:s, s:s}", "key", world_key(), "partner", partner, "plan", plan,
                               "starts", "2004-01-01");
    char starts[16], name[WORLD_NAME_MAX];
    bool done;

    fixture_sql(starts, sizeof starts, "SELECT current_date - 30");
    json_object_set_new(params, "starts", json_string(starts));
    if (quantities)
        json_object_set_new(params, "quantities", json_loads(quantities, 0, NULL));
    json_t *reply = peer_ask_json(admin, "contract.create", params);

    done = CHECK(strcmp(reply_reason(reply), "ok") == 0, "contract.create: %s: %s", reply_reason(reply),
                 reply_text(reply, "message"));
    snprintf(name, sizeof name, "%s", done ? reply_text(reply, "contract.contract") : "");
    json_decref(reply);
    done = done &&
           CHECK_TEXT(peer_reason(admin, "contract.activate", "{s:s, s:s}", "key", world_key(), "contract", name),
                      "ok");
    if (contract)
        snprintf(contract, WORLD_NAME_MAX, "%s", name);
    return done;
}

bool world_certified(struct peer *admin, char *partner)
{
    return world_partner(admin, partner) && world_contract(admin, partner, "certified", NULL, NULL);
}

bool world_with_units(struct peer *admin, char *partner, int units)
{
    char quantities[64];

    snprintf(quantities, sizeof quantities, "{\"priority-incidents\": %d}", units);
    return world_partner(admin, partner) && world_contract(admin, partner, "mspa-plus", quantities, NULL);
}

json_t *world_open_params(const char *partner, const char *class, const char *key)
{
    json_t *params = json_pack("{s:s, s:s, s:s, s:s}", "partner", partner, "class", class, "severity", "B", "title",
                               "about " SERVER_SECRET);

    if (key)
        json_object_set_new(params, "key", json_string(key));
    return params;
}

const char *world_open(struct peer *peer, const char *partner, char *incident)
{
    if (!peer)
        return "none";
    json_t *reply = peer_ask_json(peer, "incident.open", world_open_params(partner, "professional", world_key()));

    snprintf(peer->reason, sizeof peer->reason, "%s", reply_reason(reply));
    if (incident)
        snprintf(incident, WORLD_NAME_MAX, "%s",
                 reply_text(reply, "incident") ? reply_text(reply, "incident") : "");
    json_decref(reply);
    return peer->reason;
}

bool world_escalate(struct peer *peer, const char *incident, char *escalation)
{
    json_t *reply = peer_ask(peer, "escalation.raise", "{s:s, s:s, s:s}", "key", world_key(), "incident", incident,
                             "reason", "they wait " SERVER_SECRET);
    const char *name = reply_text(reply, "escalation.escalation");

    snprintf(escalation, WORLD_NAME_MAX, "%s", name ? name : "");
    bool done = CHECK(name != NULL, "escalation.raise: %s: %s", reply_reason(reply), reply_text(reply, "message"));

    json_decref(reply);
    return done;
}

void world_check_ledger(const char *partner)
{
    char condition[128] = "true";

    if (partner)
        snprintf(condition, sizeof condition,
                 "g.partner_id = (SELECT partner_id FROM entitled.partner WHERE code = '%s')", partner);
    /* What each kind of entry does to the counters, as doc/architecture.md has it; written down here once more. */
    CHECK_NUMBER(
        fixture_sql_number(
            "SELECT count(*) FROM entitled.pool_grant g LEFT JOIN LATERAL ("
            "SELECT count(*) AS entries, max(l.seq) AS last,"
            " sum(l.units) FILTER (WHERE l.kind IN ('grant', 'top_up')) AS granted,"
            " coalesce(sum(CASE WHEN l.kind IN ('debit', 'late', 'usage') THEN l.units"
            " WHEN l.kind = 'credit' AND c.kind <> 'override' THEN -l.units END), 0) AS used,"
            " coalesce(sum(CASE WHEN l.kind = 'override' THEN l.units"
            " WHEN l.kind = 'credit' AND c.kind = 'override' THEN -l.units END), 0) AS overage,"
            " coalesce(sum(CASE l.kind WHEN 'expiry' THEN l.units WHEN 'late' THEN -l.units END), 0) AS expired"
            " FROM entitled.ledger l LEFT JOIN entitled.ledger c ON l.kind = 'credit' AND c.partner_id ="
            " l.partner_id AND c.grant_id = l.grant_id AND c.incident_id = l.incident_id"
            " AND c.kind IN ('debit', 'late', 'override')"
            " WHERE l.partner_id = g.partner_id AND l.grant_id = g.grant_id"
            ") l ON true WHERE %s AND (g.granted, g.used, g.overage, g.expired, g.entries, g.entries) IS DISTINCT "
            "FROM"
            " (l.granted, l.used, l.overage, l.expired, l.entries, l.last)",
            condition),
        0);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.incident g WHERE %s AND class IN"
                                    " ('professional', 'priority') AND 1 <> (SELECT count(*) FROM entitled.ledger l"
                                    " WHERE l.partner_id = g.partner_id AND l.incident_id = g.incident_id"
                                    " AND l.kind IN ('debit', 'late', 'override'))",
                                    condition),
                 0);
}

long long world_charged(const char *partner)
{
    return fixture_sql_number("SELECT coalesce(sum(units), 0) FROM entitled.ledger JOIN entitled.partner"
                              " USING (partner_id) WHERE code = '%s' AND kind = 'debit'",
                              partner);
}

static bool principals_create(void)
{
    struct fixture_principal *each = fixture_principals();
    struct peer *admin = peer_open(base, "admin");
    bool done = admin && partner_create(admin, "contoso") && partner_create(admin, "fabrikam");

    for (each++; done && each->name; each++) {
        json_t *params = json_pack("{s:s, s:s, s:s, s:s}", "key", world_key(), "name", each->name, "role",
                                   each->role, "fingerprint", each->fingerprint);

        if (each->partner)
            json_object_set_new(params, "partner", json_string(each->partner));
        json_t *reply = peer_ask_json(admin, "principal.create", params);

        done = CHECK(strcmp(reply_reason(reply), "ok") == 0, "principal.create %s: %s", each->name,
                     reply_reason(reply));
        json_decref(reply);
    }
    done = done && world_contract(admin, "contoso", "certified", NULL, NULL) &&
           world_contract(admin, "fabrikam", "gold-certified", NULL, NULL);
    peer_free(admin);
    return done;
}

bool world_start(void)
{
    char name[64];

    if (!fixture_sql(name, sizeof name, "SELECT entitled.bootstrap_admin('admin', '%s')",
                     fixture_principals()->fingerprint))
        return false;
    base = server_start("workers = 2\nwrite_lanes = 2\nread_lanes = 1");
    return base && file_apply("calendar", "conf/calendars.conf") &&
           file_apply("catalogue", "conf/catalogue.conf") && principals_create();
}

void world_stop(void)
{
    server_stop(base);
    base = NULL;
}
