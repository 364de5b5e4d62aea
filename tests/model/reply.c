/*
 * Replies of PostgreSQL in the model's words.
 */
#include "tests/model/reply.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *word(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    return value ? value : "-";
}

static int number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_integer(value) ? (int)json_integer_value(value) : -1;
}

static bool yes(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static void charge_read(const json_t *charge, struct text *facts)
{
    if (!json_is_object(charge)) {
        text_add(facts, "not charged");
        return;
    }
    text_add(facts, "charge %s %s %d %d/%d left %d%s", word(charge, "pool"), word(charge, "contract"),
             number(charge, "units"), number(charge, "ordinal"), number(charge, "of"), number(charge, "remaining"),
             yes(charge, "override") ? " override" : "");
    if (json_object_get(charge, "delivered_by"))
        text_add(facts, " by %s", word(charge, "delivered_by"));
}

static void incident_read(const json_t *incident, struct text *facts)
{
    const json_t *credit = json_object_get(incident, "credit");

    text_add(facts, "%s %d; ", word(incident, "state"), number(incident, "reopened"));
    charge_read(json_object_get(incident, "charge"), facts);
    if (json_is_object(credit))
        text_add(facts, "; %s", word(credit, "reason"));
    if (json_is_string(json_object_get(incident, "duplicate_of")))
        text_add(facts, " of %s", word(incident, "duplicate_of"));
}

static void usage_read(const json_t *charge, struct text *facts)
{
    const json_t *part;
    size_t i;

    json_array_foreach(json_object_get(charge, "parts"), i, part)
    {
        text_add(facts, "%s %d of %s left %d; ", word(part, "pool"), number(part, "units"), word(part, "contract"),
                 number(part, "remaining"));
    }
    text_add(facts, "left %d", number(charge, "remaining"));
}

static void contract_read(const json_t *contract, struct text *facts)
{
    const json_t *grant;
    size_t i;

    text_add(facts, "%s %s %s %s", word(contract, "plan"), word(contract, "state"), word(contract, "starts"),
             word(contract, "ends"));
    json_array_foreach(json_object_get(contract, "grants"), i, grant)
    {
        text_add(facts, "; %s %d/%d over %d left %d", word(grant, "pool"), number(grant, "used"),
                 number(grant, "granted"), number(grant, "overage"), number(grant, "remaining"));
    }
}

static void upgrade_read(const json_t *effect, struct text *facts)
{
    const json_t *pool;
    size_t i;

    json_array_foreach(json_object_get(effect, "pools"), i, pool)
    {
        text_add(facts, "%s %d, used %d, then %d; ", word(pool, "pool"), number(pool, "granted_before"),
                 number(pool, "used"), number(pool, "granted_after"));
    }
    json_array_foreach(json_object_get(effect, "expires"), i, pool)
    {
        text_add(facts, "expires %s %d; ", word(pool, "pool"), number(pool, "units"));
    }
}

static void result_read(enum method method, const json_t *body, struct text *facts)
{
    const json_t *partner = json_object_get(body, "partner"), *incident;
    size_t i;

    switch (method) {
    case PARTNER_CREATE:
    case PARTNER_UPDATE:
        text_add(facts, "%s %s %s", word(partner, "partner"), word(partner, "time_zone"),
                 yes(partner, "disabled") ? "disabled" : "enabled");
        break;
    case INCIDENT_OPEN:
        charge_read(json_object_get(body, "charge"), facts);
        text_add(facts, " %s", word(json_object_get(body, "clocks"), "coverage"));
        break;
    case INCIDENT_CHECK:
        charge_read(json_object_get(body, "charge"), facts);
        break;
    case INCIDENT_CREDIT:
        charge_read(json_object_get(body, "charge"), facts);
        text_add(facts, "; left %d", number(body, "remaining"));
        break;
    case INCIDENT_RESOLVE:
    case INCIDENT_CLOSE:
    case INCIDENT_REOPEN:
        incident_read(json_object_get(body, "incident"), facts);
        break;
    case USAGE_RECORD:
        usage_read(json_object_get(body, "charge"), facts);
        break;
    case CATALOGUE_APPLY:
        break;
    case CONTRACT_UPGRADE:
        upgrade_read(body, facts);
        if (json_object_get(body, "contract"))
            contract_read(json_object_get(body, "contract"), facts);
        break;
    default:
        contract_read(json_object_get(body, "contract"), facts);
        json_array_foreach(json_object_get(body, "open_incidents"), i, incident)
        {
            text_add(facts, "; open %s",
                     json_is_string(incident) ? json_string_value(incident) : word(incident, "incident"));
        }
    }
}

static enum reason reason_read(const json_t *error)
{
    const char *name = word(json_object_get(error, "data"), "reason");

    for (int i = 0; i < REASONS; i++)
        if (strcmp(name, reason_names[i]) == 0)
            return (enum reason)i;
    return REASONS;
}

/* The number in the name of what the result is about. */
static int made_read(enum method method, const json_t *body)
{
    const char *name = "-";

    if (method == INCIDENT_OPEN)
        name = word(body, "incident");
    else if (method >= CONTRACT_CREATE && method <= CONTRACT_UPGRADE)
        name = word(json_object_get(body, "contract"), "contract");
    return strlen(name) > 4 ? atoi(name + 4) : 0;
}

bool reply_read(enum method method, bool ok, const char *body, struct reply *reply, int *made)
{
    json_t *root = json_loads(body, 0, NULL);
    const json_t *error = root;

    text_clear(&reply->facts);
    *made = 0;
    if (!root) {
        text_add(&reply->facts, "not JSON: %s", body);
        return false;
    }
    reply->reason = OK;
    reply->replayed = yes(ok ? root : json_object_get(root, "data"), "replayed");
    if (ok && method == INCIDENT_CHECK && !yes(root, "would_open")) {
        error = json_object_get(root, "error");
        ok = false;
    }
    if (!ok) {
        reply->reason = reason_read(error);
    } else {
        result_read(method, root, &reply->facts);
        *made = made_read(method, root);
    }
    json_decref(root);
    return true;
}
