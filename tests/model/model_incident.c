/*
 * The model's incidents and usage: rules 1 to 6 and 8.
 */
#include "tests/model/model.h"
#include <stdlib.h>

static bool exists(const struct world *world, int partner)
{
    return partner < PARTNERS && world->partners[partner].exists;
}

/* ---------------------------------------------------------------- opening */

/* What forbids an incident whatever is left. */
static enum reason open_problem(const struct world *world, const struct request *request)
{
    if (!exists(world, request->partner))
        return NOT_FOUND;
    if (world->partners[request->partner].disabled)
        return INVALID_STATE;
    if (request->at != NO_TIME && request->at > world->now)
        return INVALID_PARAMS;
    if (request->override != OVERRIDE_NONE && request->caller == COORDINATOR)
        return FORBIDDEN;
    if (request->override == OVERRIDE_BLANK)
        return OVERRIDE_NEEDS_REASON;
    if (request->class == CRITICAL && request->outage == OUTAGE_NONE)
        return OUTAGE_REQUIRED;
    if (request->delivered_by != NOBODY && !exists(world, request->delivered_by))
        return NOT_FOUND;
    return OK;
}

/* Whether a class that is not charged is open to the partner, by an access or a pool that is charged by usage. */
static bool open_uncharged(const struct world *world, const struct request *request, int64_t at,
                           bool *around_the_clock)
{
    bool found = false;

    *around_the_clock = false;
    for (int i = 0; i < world->access_count; i++) {
        const struct access *access = &world->accesses[i];

        if (access->partner == request->partner && access->accepts & (1u << request->class) &&
            access->starts <= at && at < access->ends) {
            found = true;
            *around_the_clock = *around_the_clock || access->around_the_clock;
        }
    }
    for (int i = 0; i < world->grant_count; i++) {
        const struct grant *grant = &world->grants[i];

        if (grant->partner == request->partner && benefit_units[grant->benefit] != INCIDENT &&
            grant->accepts & (1u << request->class) && grant->starts <= at && at < grant->ends) {
            found = true;
            *around_the_clock = *around_the_clock || grant->around_the_clock;
        }
    }
    return found;
}

/* The grant that pays, and as what; NONE: reason says why not. */
static int open_pick(const struct world *world, const struct request *request, int64_t at, enum kind *kind,
                     enum reason *reason)
{
    int order[GRANTS_MAX];
    int count =
        grants_eligible(world, request->partner, at, request->class, request->delivered_by, NOT_GIVEN, order);

    for (int i = 0; i < count; i++) {
        const struct grant *grant = &world->grants[order[i]];

        if (grant->used < grant->granted) {
            *kind = grant_left(grant) > 0 ? DEBIT : LATE;
            return order[i];
        }
    }
    *kind = OVERRIDE;
    *reason = count == 0 ? NO_ENTITLEMENT : ENTITLEMENT_EXHAUSTED;
    return count > 0 && request->override == OVERRIDE_REASON ? order[0] : NONE;
}

static void open_facts(const struct world *world, const struct grant *before, enum kind kind, struct text *facts)
{
    int used = before->used + (kind != OVERRIDE), left = grant_left(before) - (kind == DEBIT);

    text_add(facts, "charge %s %s 1 %d/%d left %d%s", benefit_names[before->benefit],
             contract_name(world, before->contract), used, before->granted, left,
             kind == OVERRIDE ? " override" : "");
    if (before->delivered_by != NOBODY)
        text_add(facts, " by %s", partner_code(before->delivered_by));
}

static enum reason open_apply(struct world *world, enum method method, struct ref ref,
                              const struct request *request, struct reply *reply)
{
    enum reason reason = open_problem(world, request);
    int64_t at = request->at == NO_TIME ? world->now : request->at;
    bool around_the_clock = true;
    enum kind kind = DEBIT;
    int grant = NONE;
    struct incident *incident = &world->incidents[world->incident_count];

    if (reason != OK)
        return refuse(reply, reason);
    if (request->class == CRITICAL || request->class == ADVISORY) {
        if (!open_uncharged(world, request, at, &around_the_clock))
            return refuse(reply, NO_ENTITLEMENT);
        text_add(&reply->facts, "not charged");
    } else {
        grant = open_pick(world, request, at, &kind, &reason);
        if (grant == NONE)
            return refuse(reply, reason);
        around_the_clock = world->grants[grant].around_the_clock;
        open_facts(world, &world->grants[grant], kind, &reply->facts);
    }
    if (method == INCIDENT_CHECK)
        return OK;
    text_add(&reply->facts, " %s", around_the_clock ? "24x7" : "business-hours");
    if (world->incident_count == INCIDENTS_MAX)
        abort();
    *incident = (struct incident){
        .ref = ref,
        .partner = request->partner,
        .class = request->class,
        .delivered_by = request->delivered_by,
        .duplicate_of = NONE,
        .around_the_clock = around_the_clock,
        .opened_at = at,
        .logged_at = world->now,
        .notes = 1,
        .charge = NONE,
    };
    reply->incident = world->incident_count++;
    if (grant != NONE)
        incident->charge = entry_append(world, grant, kind, 1, request->caller, reply->incident, NONE);
    return OK;
}

/* ---------------------------------------------------------------- credits and moves */

/* The charge of an incident with its pool as it stood right after that: the grant's entries once more, up to it. */
static void charge_facts(const struct world *world, const struct incident *incident, struct text *facts)
{
    const struct entry *charge;
    const struct grant *grant;
    int granted = 0, used = 0, expired = 0;

    if (incident->charge == NONE) {
        text_add(facts, "not charged");
        return;
    }
    charge = &world->entries[incident->charge];
    grant = &world->grants[charge->grant];
    for (int i = 0; i <= incident->charge; i++) {
        const struct entry *entry = &world->entries[i];
        bool given = entry->kind == GRANT || entry->kind == TOP_UP;
        bool of_override =
            entry->kind == CREDIT && world->entries[world->incidents[entry->incident].charge].kind == OVERRIDE;

        if (entry->grant != charge->grant)
            continue;
        granted += given ? entry->units : 0;
        used += entry->kind == DEBIT || entry->kind == LATE || entry->kind == USAGE ? entry->units : 0;
        used -= entry->kind == CREDIT && !of_override ? entry->units : 0;
        expired += entry->kind == EXPIRY ? entry->units : entry->kind == LATE ? -entry->units : 0;
    }
    text_add(facts, "charge %s %s 1 %d/%d left %d%s", benefit_names[grant->benefit],
             contract_name(world, grant->contract), used, granted, granted - used - expired,
             charge->kind == OVERRIDE ? " override" : "");
    if (grant->delivered_by != NOBODY)
        text_add(facts, " by %s", partner_code(grant->delivered_by));
}

static enum reason credit_problem(const struct world *world, const struct request *request, int index, int other)
{
    const struct incident *incident;
    bool named = request->duplicate_of.operation != REF_NONE;

    if (index == NONE)
        return NOT_FOUND;
    incident = &world->incidents[index];
    if ((request->reason == DUPLICATE) != named || (named && other == index))
        return INVALID_PARAMS;
    if (incident->charge == NONE)
        return INVALID_STATE;
    if (named && (other == NONE || world->incidents[other].partner != incident->partner))
        return NOT_FOUND;
    if (named && world->incidents[other].duplicate_of != NONE)
        return INVALID_STATE;
    return incident->credited ? ALREADY_CREDITED : OK;
}

static enum reason credit_apply(struct world *world, const struct request *request, struct reply *reply)
{
    int index = world_incident(world, request->incident), other = world_incident(world, request->duplicate_of);
    struct incident *incident;
    enum reason reason = credit_problem(world, request, index, other);
    int grant;

    if (reason != OK)
        return refuse(reply, reason);
    incident = &world->incidents[index];
    grant = world->entries[incident->charge].grant;
    incident->credit_reason = request->reason;
    incident->credited = true;
    incident->duplicate_of = other;
    incident->notes++;
    if (other != NONE) { /* the merge is noted on both */
        incident->notes++;
        world->incidents[other].notes++;
    }
    entry_append(world, grant, CREDIT, 1, request->caller, index, request->reason);
    charge_facts(world, incident, &reply->facts);
    text_add(&reply->facts, "; left %d", grant_left(&world->grants[grant]));
    return OK;
}

static enum reason move_apply(struct world *world, enum method method, const struct request *request,
                              struct reply *reply)
{
    int index = world_incident(world, request->incident);
    struct incident *incident;
    bool resolved, closed;

    if (index == NONE)
        return refuse(reply, NOT_FOUND);
    incident = &world->incidents[index];
    resolved = incident->state == RESOLVED;
    closed = incident->state == CLOSED;
    if ((method == INCIDENT_RESOLVE && (resolved || closed)) || (method == INCIDENT_CLOSE && !resolved) ||
        (method == INCIDENT_REOPEN && !resolved && !closed))
        return refuse(reply, INVALID_STATE);
    if (method == INCIDENT_REOPEN)
        incident->reopened++;
    incident->notes++;
    incident->state = method == INCIDENT_RESOLVE ? RESOLVED : method == INCIDENT_CLOSE ? CLOSED : IN_PROGRESS;
    text_add(&reply->facts, "%s %d; ", incident_state_names[incident->state], incident->reopened);
    charge_facts(world, incident, &reply->facts);
    if (incident->credited)
        text_add(&reply->facts, "; %s", credit_reason_names[incident->credit_reason]);
    if (incident->duplicate_of != NONE)
        text_add(&reply->facts, " of %s", incident_name(world, incident->duplicate_of));
    return OK;
}

/* ---------------------------------------------------------------- usage */

/* Takes so many units of a grant, or those that it has: first what is left, then what has lapsed since.  How many.
 */
static int usage_take(struct world *world, int index, int wanted, int caller, int incident, struct text *facts)
{
    const struct grant *grant = &world->grants[index];
    int left = grant_left(grant), lapsed = grant->expired;
    int taken = left < wanted ? left : wanted;
    int late = lapsed < wanted - taken ? lapsed : wanted - taken;

    if (taken > 0)
        entry_append(world, index, USAGE, taken, caller, incident, NONE);
    if (late > 0)
        entry_append(world, index, LATE_USAGE, late, caller, incident, NONE);
    if (taken + late > 0)
        text_add(facts, "%s %d of %s left %d; ", benefit_names[grant->benefit], taken + late,
                 contract_name(world, grant->contract), grant_left(grant));
    return taken + late;
}

static enum reason usage_apply(struct world *world, const struct request *request, struct reply *reply)
{
    int order[GRANTS_MAX], count, total = 0, wanted = request->units, incident = NONE;
    int64_t at = request->at == NO_TIME ? world->now : request->at;

    if (!exists(world, request->partner))
        return refuse(reply, NOT_FOUND);
    if (request->benefit == BENEFITS)
        return refuse(reply, NOT_FOUND);
    if (benefit_units[request->benefit] == ACCESS || benefit_units[request->benefit] == INCIDENT)
        return refuse(reply, INVALID_PARAMS);
    if (world->partners[request->partner].disabled)
        return refuse(reply, INVALID_STATE);
    if (at > world->now)
        return refuse(reply, INVALID_PARAMS);
    if (request->incident.operation != REF_NONE) {
        incident = world_incident(world, request->incident);
        if (incident == NONE || world->incidents[incident].partner != request->partner)
            return refuse(reply, NOT_FOUND);
    }
    count = grants_eligible(world, request->partner, at, CLASSES, NOBODY, request->benefit, order);
    if (count == 0)
        return refuse(reply, NO_ENTITLEMENT);
    for (int i = 0; i < count; i++)
        total += world->grants[order[i]].granted - world->grants[order[i]].used;
    if (total < wanted)
        return refuse(reply, ENTITLEMENT_EXHAUSTED);
    total = 0;
    for (int i = 0; i < count; i++) {
        wanted -= usage_take(world, order[i], wanted, request->caller, incident, &reply->facts);
        total += grant_left(&world->grants[order[i]]);
    }
    if (incident != NONE)
        world->incidents[incident].notes++;
    text_add(&reply->facts, "left %d", total);
    return OK;
}

enum reason incident_apply(struct world *world, const struct operation *operation, const struct request *request,
                           struct reply *reply)
{
    struct ref ref = {operation->number, request->place};

    switch (operation->method) {
    case INCIDENT_OPEN:
    case INCIDENT_CHECK:
        return open_apply(world, operation->method, ref, request, reply);
    case INCIDENT_CREDIT:
        return credit_apply(world, request, reply);
    case USAGE_RECORD:
        return usage_apply(world, request, reply);
    default:
        return move_apply(world, operation->method, request, reply);
    }
}
