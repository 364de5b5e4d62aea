/*
 * Random operations.  They look at the model, so as to meet what is nearly used up, nearly over or just begun.
 */
#include "tests/model/generate.h"
#include "tests/model/zone.h"
#include <string.h>

/* How often each method is called, of 1,000. */
static const int weights[METHODS] = {
    [PARTNER_CREATE] = 12, [PARTNER_UPDATE] = 40,  [CONTRACT_CREATE] = 80, [CONTRACT_ACTIVATE] = 85,
    [CONTRACT_RENEW] = 50, [CONTRACT_CANCEL] = 28, [CONTRACT_TOP_UP] = 60, [CONTRACT_UPGRADE] = 45,
    [INCIDENT_OPEN] = 260, [INCIDENT_CHECK] = 30,  [INCIDENT_CREDIT] = 90, [INCIDENT_RESOLVE] = 50,
    [INCIDENT_CLOSE] = 30, [INCIDENT_REOPEN] = 30, [USAGE_RECORD] = 105,   [CATALOGUE_APPLY] = 5,
};

enum { OPENING_CONTRACTS = 20 };

/* xorshift64*, after Vigna. */
static uint64_t random_next(struct generator *generator)
{
    uint64_t x = generator->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    generator->random = x;
    return x * 0x2545f4914f6cdd1du;
}

/* 0 … below - 1. */
static int pick(struct generator *generator, int below)
{
    return below <= 1 ? 0 : (int)((random_next(generator) >> 33) % (uint64_t)below);
}

/* True so many times of 100. */
static bool chance(struct generator *generator, int percent)
{
    return pick(generator, 100) < percent;
}

void generator_init(struct generator *generator, uint64_t seed, uint64_t sequence)
{
    memset(generator, 0, sizeof *generator);
    generator->random = (seed * 0x9e3779b97f4a7c15u) ^ ((sequence + 1) * 0xd1b54a32d192ed03u);
    if (generator->random == 0)
        generator->random = 1;
    for (int i = 0; i < 8; i++)
        random_next(generator);
}

/* ---------------------------------------------------------------- times and days */

/* An instant at which a term of a partner (NOBODY: of anyone) begins or ends, or a second beside it; of three
 * tries, and NO_TIME where none of them is one. */
static int64_t edge(struct generator *generator, const struct world *world, int partner)
{
    for (int i = 0; i < 3 && world->contract_count > 0; i++) {
        const struct contract *contract = &world->contracts[pick(generator, world->contract_count)];

        if (contract->activated && (partner == NOBODY || contract->partner == partner))
            return (chance(generator, 40) ? contract->term_starts : contract->term_ends) + pick(generator, 3) - 1;
    }
    return NO_TIME;
}

static int64_t clock_next(struct generator *generator, const struct world *world)
{
    int64_t now = world->now, at;
    int64_t latest = (int64_t)day_of(2030, 1, 1) * 86400;
    int what = pick(generator, 100);

    if (now == 0)
        return (int64_t)day_of(2003 + pick(generator, 9), 1 + pick(generator, 12), 1) * 86400 +
               pick(generator, 2600000);
    if (what < 60)
        return now + pick(generator, 3) * pick(generator, 300);
    if (what < 85 || now > latest)
        return now + pick(generator, 86400 * 3);
    if (what < 93) {
        at = edge(generator, world, NOBODY);
        return at != NO_TIME && at > now && at < now + 86400 * 60 ? at : now;
    }
    return now + (what < 99 ? pick(generator, 86400 * 40) : pick(generator, 86400 * 300));
}

/* A day that has not 24 hours, near another one; or that one. */
static int odd_day(int zone, int near)
{
    for (int day = near; day < near + 250; day++)
        if (zone_day_starts(zone, day + 1) - zone_day_starts(zone, day) != 86400)
            return day;
    return near;
}

/* The first day of a term: now, soon, or some other time; a month's last days; days on which clocks change. */
static int first_day(struct generator *generator, const struct world *world, int zone)
{
    int today = (int)(world->now / 86400), what = pick(generator, 100);

    if (what < 45)
        return today + pick(generator, 3) - 1;
    if (what < 60)
        return today - pick(generator, 330);
    if (what < 75)
        return today + pick(generator, 40);
    if (what < 85)
        return day_add_months(day_of(2000 + pick(generator, 4), 1 + 2 * pick(generator, 4), 31),
                              12 * (today / 365 - 32) - pick(generator, 14));
    return odd_day(zone, today - pick(generator, 370)) + pick(generator, 3) - 1;
}

/* opened_at or at: mostly not given. */
static int64_t past_time(struct generator *generator, const struct world *world, int64_t now, int partner)
{
    int what = pick(generator, 100);
    int64_t at;

    if (what < 70)
        return NO_TIME;
    if (what < 80)
        return now - pick(generator, 86400 * 40);
    if (what < 82)
        return now - pick(generator, 86400 * 500);
    if (what < 84)
        return now + 1 + pick(generator, 3) * 86400;
    at = edge(generator, world, partner);
    return at == NO_TIME || at > now ? NO_TIME : at;
}

/* ---------------------------------------------------------------- what is named */

static int pick_partner(struct generator *generator)
{
    return chance(generator, 1) ? PARTNERS : pick(generator, PARTNERS) & pick(generator, PARTNERS);
}

/* Any plan, rather one with pools for incidents. */
static int pick_plan(struct generator *generator)
{
    static const int often[] = {CERTIFIED, STANDARD, PLUS, STANDARD, SHORT, DELIVERED};

    if (chance(generator, 2))
        return PLANS;
    return chance(generator, 50) ? pick(generator, PLANS) : often[pick(generator, sizeof often / sizeof often[0])];
}

/* A contract, of three tries the last or the first in one of two states. */
static struct ref pick_contract(struct generator *generator, const struct world *world, enum contract_state state,
                                enum contract_state other)
{
    const struct contract *contract = NULL;

    if (world->contract_count == 0 || chance(generator, 2))
        return (struct ref){REF_UNKNOWN, 0};
    for (int i = 0; i < 8; i++) {
        contract = &world->contracts[pick(generator, world->contract_count)];
        if (contract_state(world, contract) == state || contract_state(world, contract) == other)
            break;
        if (chance(generator, 10))
            break;
    }
    if (contract->ends > day_of(2060, 1, 1)) /* renewed ever again */
        return (struct ref){REF_UNKNOWN, 0};
    return contract->ref;
}

/* An incident, rather a late one. */
static struct ref pick_incident(struct generator *generator, const struct world *world)
{
    int count = world->incident_count;

    if (count == 0 || chance(generator, 2))
        return (struct ref){REF_UNKNOWN, 0};
    if (chance(generator, 70) && count > 12)
        return world->incidents[count - 1 - pick(generator, 12)].ref;
    return world->incidents[pick(generator, count)].ref;
}

static void pick_quantities(struct generator *generator, const struct world *world, int plan,
                            struct request *request)
{
    if (chance(generator, 3))
        request->quantities_unknown = true;
    for (int i = 0; i < BENEFITS && plan >= 0 && plan < PLANS; i++) {
        const struct item *item = &catalogue_plan(world->version, plan)->items[i];

        if (item->included && item->per_contract && chance(generator, item->quantity == NO_QUANTITY ? 90 : 40))
            request->quantities[i] = pick(generator, 5) * (benefit_units[i] == MINUTE ? 20 : 1);
        else if (chance(generator, 1))
            request->quantities[i] = 1;
    }
}

static int pick_caller(struct generator *generator)
{
    int what = pick(generator, 100);

    return what < 1 ? DISABLED : what < 45 ? MANAGER : what < 60 ? ADMIN : COORDINATOR;
}

/* ---------------------------------------------------------------- requests */

static void request_contract(struct generator *generator, const struct world *world, enum method method,
                             struct request *request)
{
    int zone = request->partner < PARTNERS ? world->partners[request->partner].zone : 0;

    if (request->caller == COORDINATOR)
        request->caller = MANAGER;
    if (method == CONTRACT_CREATE) {
        request->plan = pick_plan(generator);
        request->starts = first_day(generator, world, zone);
        if (chance(generator, request->plan == DELIVERED ? 70 : 3))
            request->delivered_by = pick(generator, chance(generator, 5) ? PARTNERS + 1 : PARTNERS);
        pick_quantities(generator, world, request->plan, request);
        return;
    }
    if (method == CONTRACT_ACTIVATE)
        request->contract = pick_contract(generator, world, DRAFT, DRAFT);
    else if (method == CONTRACT_RENEW)
        request->contract = pick_contract(generator, world, ACTIVE, EXPIRED);
    else
        request->contract =
            pick_contract(generator, world, ACTIVE, method == CONTRACT_UPGRADE ? ACTIVE : SCHEDULED);
    if (method == CONTRACT_TOP_UP) {
        request->benefit = chance(generator, 3) ? BENEFITS : pick(generator, BENEFITS);
        request->units = 1 + pick(generator, 3);
    }
    if (method == CONTRACT_UPGRADE || (method == CONTRACT_RENEW && chance(generator, 25))) {
        request->plan = pick_plan(generator);
        if (chance(generator, 50))
            pick_quantities(generator, world, request->plan, request);
        request->dry_run = method == CONTRACT_UPGRADE && chance(generator, 25);
    }
}

static void request_open(struct generator *generator, const struct world *world, int64_t now,
                         struct request *request)
{
    int what = pick(generator, 100);

    request->class = what < 45 ? PROFESSIONAL : what < 80 ? PRIORITY : what < 90 ? CRITICAL : ADVISORY;
    request->outage = chance(generator, request->class == CRITICAL ? 80 : 5) ? 1 + pick(generator, 2) : OUTAGE_NONE;
    request->at = past_time(generator, world, now, request->partner);
    if (chance(generator, 12))
        request->override = chance(generator, 10) ? OVERRIDE_BLANK : OVERRIDE_REASON;
    if (chance(generator, 7))
        request->delivered_by = pick(generator, chance(generator, 5) ? PARTNERS + 1 : PARTNERS);
}

static void request_credit(struct generator *generator, const struct world *world, struct request *request)
{
    request->incident = pick_incident(generator, world);
    request->reason = pick(generator, CREDIT_REASONS);
    if (chance(generator, request->reason == DUPLICATE ? 93 : 3))
        request->duplicate_of = chance(generator, 3) ? request->incident : pick_incident(generator, world);
}

static void request_partner(struct generator *generator, enum method method, struct request *request)
{
    if (request->caller == COORDINATOR)
        request->caller = ADMIN;
    if (method == PARTNER_CREATE || chance(generator, 50))
        request->zone = chance(generator, 2) ? ZONES : pick(generator, ZONES);
    if (method == PARTNER_UPDATE && chance(generator, 60))
        request->disabled = chance(generator, 10);
}

static void request_make(struct generator *generator, const struct world *world, const struct operation *operation,
                         struct request *request)
{
    *request = (struct request){
        .caller = pick_caller(generator),
        .key = ++generator->key,
        .partner = pick_partner(generator),
        .contract = {REF_NONE, 0},
        .incident = {REF_NONE, 0},
        .duplicate_of = {REF_NONE, 0},
        .plan = NOT_GIVEN,
        .benefit = NOT_GIVEN,
        .at = NO_TIME,
        .delivered_by = NOBODY,
        .zone = NOT_GIVEN,
        .disabled = NOT_GIVEN,
    };
    for (int i = 0; i < BENEFITS; i++)
        request->quantities[i] = NOT_GIVEN;
    if (operation->method <= PARTNER_UPDATE) {
        request_partner(generator, operation->method, request);
    } else if (operation->method <= CONTRACT_UPGRADE) {
        request_contract(generator, world, operation->method, request);
    } else if (operation->method <= INCIDENT_CHECK) {
        request_open(generator, world, operation->now, request);
    } else if (operation->method == INCIDENT_CREDIT) {
        request_credit(generator, world, request);
    } else if (operation->method == USAGE_RECORD) {
        request->benefit = chance(generator, 4)    ? pick(generator, BENEFITS + 1)
                           : chance(generator, 60) ? MINUTES
                                                   : SEATS;
        request->units = 1 + pick(generator, request->benefit == MINUTES ? 30 : 2);
        request->at = past_time(generator, world, operation->now, request->partner);
        if (chance(generator, 15))
            request->incident = pick_incident(generator, world);
    } else if (operation->method == CATALOGUE_APPLY) {
        request->caller = ADMIN;
        request->version = pick(generator, VERSIONS);
    } else {
        request->incident = pick_incident(generator, world);
    }
}

/* The first operations: partners in the order of their numbers, and some contracts of theirs that begin. */
static bool opening_make(struct generator *generator, const struct world *world, int count, struct operation *made)
{
    struct request *request = &made->requests[0];

    if (count >= PARTNERS + OPENING_CONTRACTS)
        return false;
    made->method = count < PARTNERS ? PARTNER_CREATE : count % 2 == 0 ? CONTRACT_CREATE : CONTRACT_ACTIVATE;
    request_make(generator, world, made, request);
    request->caller = ADMIN;
    if (made->method == PARTNER_CREATE) {
        request->partner = count;
        request->zone = pick(generator, ZONES);
    } else if (made->method == CONTRACT_CREATE) {
        request->partner = count / 2 % PARTNERS;
        request->starts = (int)(made->now / 86400) - pick(generator, 20);
    }
    return true;
}

static enum method pick_method(struct generator *generator)
{
    int what = pick(generator, 1000), method = 0;

    while (what >= weights[method]) {
        what -= weights[method];
        method++;
    }
    return (enum method)method;
}

/* An earlier call again: the same keys and parameters; or a new one under an earlier key. */
static void repeat(struct generator *generator, const struct operation *past, int count, struct operation *made)
{
    int back = count < 40 ? count : 40;
    const struct operation *again = &past[count - 1 - pick(generator, back)];

    if (chance(generator, 70)) {
        made->method = again->method;
        made->count = again->count;
        memcpy(made->requests, again->requests, sizeof made->requests);
    } else {
        made->requests[0].key = again->requests[0].key;
        made->requests[0].caller = again->requests[0].caller;
        made->requests[0].partner = again->requests[0].partner;
    }
}

void generator_next(struct generator *generator, const struct world *world, const struct operation *past, int count,
                    struct operation *made)
{
    memset(made, 0, sizeof *made);
    made->number = count + 1;
    made->count = 1;
    made->now = clock_next(generator, world);
    if (!opening_make(generator, world, count, made)) {
        made->method = pick_method(generator);
        if (made->method == INCIDENT_OPEN && chance(generator, 40))
            made->count = 1 + pick(generator, BATCH_MAX);
        for (int i = 0; i < made->count; i++) {
            request_make(generator, world, made, &made->requests[i]);
            if (i > 0 && chance(generator, 60))
                made->requests[i].partner = made->requests[i - 1].partner;
            if (i > 0 && chance(generator, 3)) /* the same once more, or its key */
                made->requests[i] = made->requests[i - 1];
            if (i > 0 && chance(generator, 2))
                made->requests[i].key = made->requests[i - 1].key;
        }
        if (chance(generator, 6))
            repeat(generator, past, count, made);
    }
    for (int i = 0; i < made->count; i++) {
        made->requests[i].place = i;
        if (made->method == PARTNER_CREATE && made->requests[i].partner == PARTNERS) /* who never is */
            made->requests[i].partner = 0;
    }
}
