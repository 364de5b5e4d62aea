/*
 * The model's world: partners, keys, the ledger's arithmetic, and which grants may pay.
 */
#include "tests/model/model.h"
#include "tests/model/zone.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const reason_names[REASONS] = {
    "ok",
    "invalid_params",
    "forbidden",
    "not_found",
    "invalid_state",
    "key_reused",
    "entitlement_exhausted",
    "no_entitlement",
    "outside_coverage",
    "outage_required",
    "contract_not_active",
    "already_credited",
    "override_needs_reason",
};
const char *const kind_names[KINDS] = {"grant",      "top_up",   "debit",  "late",  "usage",
                                       "late_usage", "override", "credit", "expiry"};
const char *const contract_state_names[] = {"draft", "scheduled", "active", "expired", "cancelled"};
const char *const incident_state_names[] = {"new", "in_progress", "resolved", "closed"};

struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);

    if (!world)
        abort();
    return world;
}

void world_clear(struct world *world)
{
    for (int i = 0; i < world->answer_count; i++) {
        free(world->answers[i].asked);
        free(world->answers[i].facts);
    }
    world->now = 0;
    world->version = 0;
    world->contract_count = world->grant_count = world->access_count = 0;
    world->incident_count = world->entry_count = world->answer_count = 0;
    memset(world->partners, 0, sizeof world->partners);
    memset(world->refusals, 0, sizeof world->refusals);
}

void world_free(struct world *world)
{
    world_clear(world);
    free(world);
}

/* ---------------------------------------------------------------- names */

static const char *numbered(const char *prefix, int number)
{
    static char names[8][32];
    static int turn;

    turn = (turn + 1) % 8;
    snprintf(names[turn], sizeof names[turn], "%s-%06d", prefix, number);
    return names[turn];
}

const char *contract_name(const struct world *world, int contract)
{
    return numbered("CON", world->contracts[contract].number);
}

const char *incident_name(const struct world *world, int incident)
{
    return numbered("INC", world->incidents[incident].number);
}

int world_contract(const struct world *world, struct ref ref)
{
    for (int i = 0; i < world->contract_count; i++)
        if (world->contracts[i].ref.operation == ref.operation)
            return i;
    return NONE;
}

int world_incident(const struct world *world, struct ref ref)
{
    for (int i = 0; i < world->incident_count; i++)
        if (world->incidents[i].ref.operation == ref.operation && world->incidents[i].ref.place == ref.place)
            return i;
    return NONE;
}

const char *world_contract_name(const struct world *world, struct ref ref)
{
    int contract = world_contract(world, ref);

    return contract == NONE ? "CON-999999999999" : contract_name(world, contract);
}

const char *world_incident_name(const struct world *world, struct ref ref)
{
    int incident = world_incident(world, ref);

    return incident == NONE ? "INC-999999999999" : incident_name(world, incident);
}

/* ---------------------------------------------------------------- grants and entries */

enum contract_state contract_state(const struct world *world, const struct contract *contract)
{
    if (contract->cancelled)
        return CANCELLED;
    if (!contract->activated)
        return DRAFT;
    if (world->now < contract->term_starts)
        return SCHEDULED;
    return world->now < contract->term_ends ? ACTIVE : EXPIRED;
}

int grant_left(const struct grant *grant)
{
    return grant->granted - grant->used - grant->expired;
}

int entry_append(struct world *world, int index, enum kind kind, int units, int caller, int incident, int reason)
{
    struct grant *grant = &world->grants[index];
    enum kind credited = DEBIT;

    if (world->entry_count == ENTRIES_MAX)
        abort();
    if (kind == CREDIT)
        credited = world->entries[world->incidents[incident].charge].kind;
    if (kind == GRANT || kind == TOP_UP)
        grant->granted += units;
    else if (kind == DEBIT || kind == USAGE || kind == LATE || kind == LATE_USAGE)
        grant->used += units;
    else if (kind == OVERRIDE)
        grant->overage += units;
    else if (kind == CREDIT && credited == OVERRIDE)
        grant->overage -= units;
    else if (kind == CREDIT)
        grant->used -= units;
    else
        grant->expired += units;
    if (kind == LATE || kind == LATE_USAGE)
        grant->expired -= units;
    world->entries[world->entry_count] = (struct entry){
        index, ++grant->entries, units, incident, caller, reason, kind, world->now,
    };
    return world->entry_count++;
}

void grants_expire(struct world *world, int partner, int caller)
{
    for (int i = 0; i < world->grant_count; i++)
        if (world->grants[i].partner == partner && world->grants[i].ends <= world->now &&
            grant_left(&world->grants[i]) > 0)
            entry_append(world, i, EXPIRY, grant_left(&world->grants[i]), caller, NONE, NONE);
}

/* Whether a grant is used before another (rule 1); ids are in the order of the array. */
static bool used_before(const struct grant *a, const struct grant *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->ends != b->ends)
        return a->ends < b->ends;
    if (a->starts != b->starts)
        return a->starts < b->starts;
    return a < b;
}

int grants_eligible(const struct world *world, int partner, int64_t at, int class, int delivered_by, int benefit,
                    int order[GRANTS_MAX])
{
    int count = 0;

    for (int i = 0; i < world->grant_count; i++) {
        const struct grant *grant = &world->grants[i];
        int place = count;

        if (grant->partner != partner || at < grant->starts || at >= grant->ends)
            continue;
        if (class == CLASSES && grant->benefit != benefit)
            continue;
        if (class != CLASSES && (benefit_units[grant->benefit] != INCIDENT || !(grant->accepts & (1u << class)) ||
                                 grant->delivered_by != delivered_by))
            continue;
        while (place > 0 && used_before(grant, &world->grants[order[place - 1]])) {
            order[place] = order[place - 1];
            place--;
        }
        order[place] = i;
        count++;
    }
    return count;
}

/* ---------------------------------------------------------------- partners and the catalogue */

enum reason refuse(struct reply *reply, enum reason reason)
{
    text_clear(&reply->facts);
    reply->contract = reply->incident = NONE;
    return reply->reason = reason;
}

static enum reason partner_apply(struct world *world, enum method method, const struct request *request,
                                 struct reply *reply)
{
    struct partner *partner = &world->partners[request->partner];

    if (method == PARTNER_UPDATE && (request->partner == PARTNERS || !partner->exists))
        return refuse(reply, NOT_FOUND);
    if (request->zone == ZONES)
        return refuse(reply, INVALID_PARAMS);
    if (method == PARTNER_CREATE && partner->exists)
        return refuse(reply, INVALID_STATE);
    partner->exists = true;
    if (request->zone != NOT_GIVEN)
        partner->zone = request->zone;
    if (request->disabled != NOT_GIVEN)
        partner->disabled = request->disabled == 1;
    text_add(&reply->facts, "%s %s %s", partner_code(request->partner), zone_name(partner->zone),
             partner->disabled ? "disabled" : "enabled");
    return OK;
}

/* ---------------------------------------------------------------- keys (rule 8) */

/* Whose request it is: the partner it names, or whose contract or incident that is. */
static int request_whose(const struct world *world, enum method method, const struct request *request)
{
    int found;

    switch (method) {
    case PARTNER_CREATE:
    case CATALOGUE_APPLY:
        return NOBODY;
    case CONTRACT_ACTIVATE:
    case CONTRACT_RENEW:
    case CONTRACT_CANCEL:
    case CONTRACT_TOP_UP:
    case CONTRACT_UPGRADE:
        found = world_contract(world, request->contract);
        return found == NONE ? NOBODY : world->contracts[found].partner;
    case INCIDENT_CREDIT:
    case INCIDENT_RESOLVE:
    case INCIDENT_CLOSE:
    case INCIDENT_REOPEN:
        found = world_incident(world, request->incident);
        return found == NONE ? NOBODY : world->incidents[found].partner;
    default:
        return request->partner < PARTNERS && world->partners[request->partner].exists ? request->partner : NOBODY;
    }
}

static const struct answer *answer_find(const struct world *world, int whose, const struct request *request)
{
    for (int i = 0; i < world->answer_count; i++) {
        const struct answer *answer = &world->answers[i];

        if (answer->whose == whose && answer->caller == request->caller && answer->key == request->key)
            return answer;
    }
    return NULL;
}

static char *text_copy(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        abort();
    return copy;
}

static enum reason request_do(struct world *world, const struct operation *operation, const struct request *request,
                              struct reply *reply)
{
    switch (operation->method) {
    case PARTNER_CREATE:
    case PARTNER_UPDATE:
        return partner_apply(world, operation->method, request, reply);
    case CATALOGUE_APPLY:
        world->version = request->version;
        return OK;
    case CONTRACT_CREATE:
    case CONTRACT_ACTIVATE:
    case CONTRACT_RENEW:
    case CONTRACT_CANCEL:
    case CONTRACT_TOP_UP:
    case CONTRACT_UPGRADE:
        return contract_apply(world, operation, request, reply);
    default:
        return incident_apply(world, operation, request, reply);
    }
}

/* A request under its key: replayed, or done and kept, where it was done or refused for the entitlement. */
static void request_serve(struct world *world, const struct operation *operation, const struct request *request,
                          struct reply *reply)
{
    int whose = request_whose(world, operation->method, request);
    /* An opening against nobody is not charged to anybody: its key is not looked for. */
    bool looked_for = operation->method != INCIDENT_OPEN || whose != NOBODY;
    const struct answer *before = looked_for ? answer_find(world, whose, request) : NULL;
    struct text asked = {NULL, 0, 0};

    if (request->caller == DISABLED) {
        refuse(reply, FORBIDDEN);
        return;
    }
    text_add(&asked, "%s ", method_names[operation->method]);
    operation_params(&asked, world, operation->method, request);
    if (operation->method == INCIDENT_CHECK) {
        reply->reason = request_do(world, operation, request, reply);
    } else if (before && strcmp(before->asked, asked.data) != 0) {
        refuse(reply, KEY_REUSED);
    } else if (before) {
        reply->replayed = true;
        reply->reason = before->reason;
        reply->contract = before->contract;
        reply->incident = before->incident;
        text_add(&reply->facts, "%s", before->facts);
    } else {
        reply->reason = request_do(world, operation, request, reply);
        if (reply->reason >= ENTITLEMENT_EXHAUSTED && whose != NOBODY)
            world->refusals[whose]++;
        if (reply->reason == OK || reply->reason >= ENTITLEMENT_EXHAUSTED) {
            if (world->answer_count == ANSWERS_MAX)
                abort();
            world->answers[world->answer_count++] = (struct answer){
                whose,         request->caller, request->key,    text_copy(asked.data),
                reply->reason, reply->contract, reply->incident, text_copy(text_of(&reply->facts)),
            };
        }
    }
    text_release(&asked);
}

void world_apply(struct world *world, const struct operation *operation, struct reply *replies)
{
    world->now = operation->now;
    /* A batch is decided partner by partner, each partner's requests as they came; unknown ones last. */
    for (int partner = 0; partner <= PARTNERS; partner++)
        for (int i = 0; i < operation->count; i++) {
            struct reply *reply = &replies[i];
            bool single = operation->count == 1;

            if (single ? partner > 0 : operation->requests[i].partner != partner)
                continue;
            reply->reason = OK;
            reply->replayed = false;
            reply->contract = reply->incident = NONE;
            text_clear(&reply->facts);
            request_serve(world, operation, &operation->requests[i], reply);
        }
}
