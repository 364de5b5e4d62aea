/*
 * The model's contracts: terms, grants, renewal, cancelling, upgrading (rules 7 and 9).
 */
#include "tests/model/model.h"
#include "tests/model/zone.h"
#include <stdlib.h>
#include <string.h>

static bool exists(const struct world *world, int partner)
{
    return partner < PARTNERS && world->partners[partner].exists;
}

/* Whether a contract of this plan may have these quantities: only of pools that it sets, and all without a default.
 */
static bool quantities_fit(const struct plan_terms *terms, const int quantities[BENEFITS])
{
    for (int i = 0; i < BENEFITS; i++) {
        const struct item *item = &terms->items[i];

        if (quantities[i] != NOT_GIVEN && !(item->included && item->per_contract))
            return false;
        if (quantities[i] == NOT_GIVEN && item->included && item->per_contract && item->quantity == NO_QUANTITY)
            return false;
    }
    return true;
}

static void contract_facts(const struct world *world, int index, struct text *facts)
{
    const struct contract *contract = &world->contracts[index];
    char starts[16], ends[16];

    text_add(facts, "%s %s %s %s", plan_names[contract->plan],
             contract_state_names[contract_state(world, contract)], day_text(contract->starts, starts),
             day_text(contract->ends, ends));
    for (int i = 0; i < world->grant_count; i++) {
        const struct grant *grant = &world->grants[i];

        /* What was left when the term ended has lapsed, whether its entry is written yet or not. */
        if (grant->contract == index)
            text_add(facts, "; %s %d/%d over %d left %d", benefit_names[grant->benefit], grant->used,
                     grant->granted, grant->overage, grant->ends <= world->now ? 0 : grant_left(grant));
    }
}

/* A new draft. */
static struct contract *contract_add(struct world *world, const struct operation *operation, int partner, int plan,
                                     const int quantities[BENEFITS], struct reply *reply)
{
    struct contract *contract = &world->contracts[world->contract_count];

    if (world->contract_count == CONTRACTS_MAX)
        abort();
    *contract = (struct contract){
        .ref = {operation->number, 0},
        .partner = partner,
        .plan = plan,
        .membership = catalogue_plan(world->version, plan)->membership,
        .delivered_by = NOBODY,
        .renews = NONE,
        .upgrades = NONE,
    };
    memcpy(contract->quantities, quantities, sizeof contract->quantities);
    reply->contract = world->contract_count++;
    return contract;
}

/* Another membership of the partner in the term of this one. */
static bool membership_overlaps(const struct world *world, const struct contract *contract)
{
    for (int i = 0; i < world->contract_count; i++) {
        const struct contract *other = &world->contracts[i];

        if (other != contract && other->partner == contract->partner && other->membership && other->activated &&
            !other->cancelled && other->term_starts < contract->term_ends &&
            contract->term_starts < other->term_ends)
            return contract->membership;
    }
    return false;
}

/* The units of a pool that a contract is granted; NO_QUANTITY: nobody says. */
static int contract_units(const struct world *world, const struct contract *contract, int benefit)
{
    if (contract->quantities[benefit] != NOT_GIVEN)
        return contract->quantities[benefit];
    return catalogue_plan(world->version, contract->plan)->items[benefit].quantity;
}

/* What an upgraded contract used of a benefit, and the one that this had taken the place of, and so on. */
static int used_before(const struct world *world, int contract, int benefit)
{
    int used = 0;

    for (; contract != NONE; contract = world->contracts[contract].upgrades)
        for (int i = 0; i < world->grant_count; i++)
            if (world->grants[i].contract == contract && world->grants[i].benefit == benefit)
                used += world->grants[i].used;
    return used;
}

static void grant_add(struct world *world, int index, int benefit, const struct item *item, int caller)
{
    const struct contract *contract = &world->contracts[index];
    int units = contract_units(world, contract, benefit);

    units -= used_before(world, contract->upgrades, benefit);
    if (world->grant_count == GRANTS_MAX)
        abort();
    world->grants[world->grant_count] = (struct grant){
        .contract = index,
        .partner = contract->partner,
        .benefit = benefit,
        .rank = item->rank,
        .delivered_by = contract->delivered_by,
        .accepts = item->accepts,
        .around_the_clock = item->around_the_clock,
        .starts = contract->term_starts,
        .ends = contract->term_ends,
    };
    entry_append(world, world->grant_count++, GRANT, units > 0 ? units : 0, caller, NONE, NONE);
}

/* Puts a draft with its term into force: grants by rank and then by name, and accesses. */
static enum reason contract_grant(struct world *world, int index, int caller, struct reply *reply)
{
    struct contract *contract = &world->contracts[index];
    const struct plan_terms *terms = catalogue_plan(world->version, contract->plan);

    if (membership_overlaps(world, contract))
        return refuse(reply, INVALID_STATE);
    for (int i = 0; i < BENEFITS; i++)
        if (terms->items[i].included && benefit_units[i] != ACCESS &&
            contract_units(world, contract, i) == NO_QUANTITY)
            return refuse(reply, INVALID_STATE);
    grants_expire(world, contract->partner, caller);
    contract->activated = true;
    for (int rank = 0; rank <= 100; rank++)
        for (int i = 0; i < BENEFITS; i++)
            if (terms->items[i].included && terms->items[i].rank == rank && benefit_units[i] != ACCESS)
                grant_add(world, index, i, &terms->items[i], caller);
    for (int i = 0; i < BENEFITS; i++)
        if (terms->items[i].included && benefit_units[i] == ACCESS) {
            if (world->access_count == ACCESSES_MAX)
                abort();
            world->accesses[world->access_count++] = (struct access){
                index,
                contract->partner,
                i,
                terms->items[i].accepts,
                terms->items[i].around_the_clock,
                contract->term_starts,
                contract->term_ends,
            };
        }
    return OK;
}

/* ---------------------------------------------------------------- the methods */

static enum reason create_apply(struct world *world, const struct operation *operation,
                                const struct request *request, struct reply *reply)
{
    const struct plan_terms *terms;
    struct contract *contract;

    if (!exists(world, request->partner) || request->plan == PLANS)
        return refuse(reply, NOT_FOUND);
    terms = catalogue_plan(world->version, request->plan);
    if (!terms->sold)
        return refuse(reply, INVALID_STATE);
    if (world->partners[request->partner].disabled)
        return refuse(reply, INVALID_STATE);
    if (request->delivered_by == request->partner)
        return refuse(reply, INVALID_PARAMS);
    if (request->quantities_unknown || !quantities_fit(terms, request->quantities))
        return refuse(reply, INVALID_PARAMS);
    if (request->delivered_by != NOBODY && !exists(world, request->delivered_by))
        return refuse(reply, NOT_FOUND);
    contract = contract_add(world, operation, request->partner, request->plan, request->quantities, reply);
    contract->starts = request->starts;
    contract->ends = day_add_months(request->starts, terms->months);
    contract->delivered_by = request->delivered_by;
    contract_facts(world, reply->contract, &reply->facts);
    return OK;
}

static enum reason activate_apply(struct world *world, const struct request *request, struct reply *reply)
{
    int index = world_contract(world, request->contract), zone;
    struct contract *contract;
    enum reason reason;

    if (index == NONE)
        return refuse(reply, NOT_FOUND);
    contract = &world->contracts[index];
    if (contract_state(world, contract) != DRAFT || world->partners[contract->partner].disabled)
        return refuse(reply, INVALID_STATE);
    zone = world->partners[contract->partner].zone;
    contract->term_starts = zone_day_starts(zone, contract->starts);
    contract->term_ends = zone_day_starts(zone, contract->ends);
    reason = contract_grant(world, index, request->caller, reply);
    if (reason != OK)
        return reason;
    contract_facts(world, index, &reply->facts);
    return OK;
}

/* Whether a contract was renewed, by one that is not cancelled, or upgraded. */
static bool renewed(const struct world *world, int index)
{
    for (int i = 0; i < world->contract_count; i++)
        if ((world->contracts[i].renews == index && !world->contracts[i].cancelled) ||
            world->contracts[i].upgrades == index)
            return true;
    return false;
}

/* The quantities of a renewal: those of the old contract that the new plan sets too, but for those that are asked
 * for. */
static void quantities_renewed(const struct plan_terms *terms, const struct contract *old,
                               const struct request *request, int quantities[BENEFITS])
{
    for (int i = 0; i < BENEFITS; i++) {
        quantities[i] = request->quantities[i];
        if (quantities[i] == NOT_GIVEN && terms->items[i].included && terms->items[i].per_contract)
            quantities[i] = old->quantities[i];
    }
}

static enum reason renew_apply(struct world *world, const struct operation *operation,
                               const struct request *request, struct reply *reply)
{
    int index = world_contract(world, request->contract), plan = request->plan, quantities[BENEFITS], zone;
    const struct contract *old;
    const struct plan_terms *terms;
    enum contract_state state;
    struct contract *contract;
    enum reason reason;

    if (index == NONE)
        return refuse(reply, NOT_FOUND);
    old = &world->contracts[index];
    state = contract_state(world, old);
    if (state == DRAFT || state == CANCELLED || renewed(world, index))
        return refuse(reply, INVALID_STATE);
    if (world->partners[old->partner].disabled)
        return refuse(reply, INVALID_STATE);
    if (plan == PLANS)
        return refuse(reply, NOT_FOUND);
    if (plan == NOT_GIVEN) {
        plan = old->plan;
        if (!catalogue_plan(world->version, plan)->sold &&
            catalogue_plan(world->version, plan)->successor != NO_PLAN)
            plan = catalogue_plan(world->version, plan)->successor;
    }
    terms = catalogue_plan(world->version, plan);
    if (!terms->sold)
        return refuse(reply, INVALID_STATE);
    quantities_renewed(terms, old, request, quantities);
    if (request->quantities_unknown || !quantities_fit(terms, quantities))
        return refuse(reply, INVALID_PARAMS);
    contract = contract_add(world, operation, old->partner, plan, quantities, reply);
    contract->renews = index;
    contract->delivered_by = old->delivered_by;
    contract->starts = old->ends;
    contract->ends = day_add_months(contract->starts, terms->months);
    zone = world->partners[contract->partner].zone;
    contract->term_starts = world->contracts[index].term_ends;
    contract->term_ends = zone_day_starts(zone, contract->ends);
    reason = contract_grant(world, reply->contract, request->caller, reply);
    if (reason != OK) {
        world->contract_count--;
        return reason;
    }
    contract_facts(world, reply->contract, &reply->facts);
    return OK;
}

/* Ends a contract: its grants and accesses end now, or where it has not begun, at its start. */
static void contract_end(struct world *world, int index, int caller)
{
    struct contract *contract = &world->contracts[index];
    int64_t end = world->now > contract->term_starts ? world->now : contract->term_starts;

    contract->term_ends = end;
    for (int i = 0; i < world->grant_count; i++)
        if (world->grants[i].contract == index) {
            world->grants[i].ends = end;
            if (grant_left(&world->grants[i]) > 0)
                entry_append(world, i, EXPIRY, grant_left(&world->grants[i]), caller, NONE, NONE);
        }
    for (int i = 0; i < world->access_count; i++)
        if (world->accesses[i].contract == index)
            world->accesses[i].ends = end;
}

static enum reason cancel_apply(struct world *world, const struct request *request, struct reply *reply)
{
    int index = world_contract(world, request->contract);
    struct contract *contract;
    enum contract_state state;

    if (index == NONE)
        return refuse(reply, NOT_FOUND);
    contract = &world->contracts[index];
    state = contract_state(world, contract);
    if (state == CANCELLED || state == EXPIRED)
        return refuse(reply, INVALID_STATE);
    grants_expire(world, contract->partner, request->caller);
    contract->cancelled = true;
    contract->cancelled_at = world->now;
    if (state != DRAFT)
        contract_end(world, index, request->caller);
    contract_facts(world, index, &reply->facts);
    for (int i = 0; i < world->incident_count; i++) {
        const struct incident *incident = &world->incidents[i];

        if (incident->charge != NONE && world->grants[world->entries[incident->charge].grant].contract == index &&
            incident->state != CLOSED && !incident->credited)
            text_add(&reply->facts, "; open %s", incident_name(world, i));
    }
    return OK;
}

static enum reason top_up_apply(struct world *world, const struct request *request, struct reply *reply)
{
    int index = world_contract(world, request->contract), grant = NONE;
    struct contract *contract;
    enum contract_state state;

    if (index == NONE)
        return refuse(reply, NOT_FOUND);
    contract = &world->contracts[index];
    state = contract_state(world, contract);
    if (state != SCHEDULED && state != ACTIVE)
        return refuse(reply, CONTRACT_NOT_ACTIVE);
    for (int i = 0; i < world->grant_count; i++)
        if (world->grants[i].contract == index && world->grants[i].benefit == request->benefit)
            grant = i;
    if (grant == NONE)
        return refuse(reply, NOT_FOUND);
    grants_expire(world, contract->partner, request->caller);
    entry_append(world, grant, TOP_UP, request->units, request->caller, NONE, NONE);
    contract_facts(world, index, &reply->facts);
    return OK;
}

static enum reason upgrade_problem(const struct world *world, const struct contract *old,
                                   const struct request *request)
{
    const struct plan_terms *terms, *old_terms;

    if (contract_state(world, old) != ACTIVE)
        return CONTRACT_NOT_ACTIVE;
    if (world->partners[old->partner].disabled)
        return INVALID_STATE;
    if (request->plan == PLANS)
        return NOT_FOUND;
    terms = catalogue_plan(world->version, request->plan);
    old_terms = catalogue_plan(world->version, old->plan);
    if (!terms->sold || terms->membership != old->membership ||
        (terms->membership && terms->level <= old_terms->level))
        return INVALID_STATE;
    if (request->quantities_unknown || !quantities_fit(terms, request->quantities))
        return INVALID_PARAMS;
    return OK;
}

static int grant_of(const struct world *world, int contract, int benefit)
{
    for (int i = 0; i < world->grant_count; i++)
        if (world->grants[i].contract == contract && world->grants[i].benefit == benefit)
            return i;
    return NONE;
}

/* What an upgrade does to the pools of both plans, in the order of rank and name, and what of the old one expires.
 */
static void upgrade_facts(const struct world *world, int old, const struct plan_terms *terms, const int *quantities,
                          struct text *facts)
{
    for (int rank = 0; rank <= 100; rank++)
        for (int i = 0; i < BENEFITS; i++) {
            const struct item *item = &terms->items[i];
            int held = grant_of(world, old, i), units = 0;
            bool taken = item->included && benefit_units[i] != ACCESS;

            if ((!taken && held == NONE) || (taken ? item->rank : world->grants[held].rank) != rank)
                continue;
            if (taken)
                units = (quantities[i] == NOT_GIVEN ? item->quantity : quantities[i]) - used_before(world, old, i);
            text_add(facts, "%s %d, used %d, then %d; ", benefit_names[i],
                     held == NONE ? 0 : world->grants[held].granted, held == NONE ? 0 : world->grants[held].used,
                     units > 0 ? units : 0);
        }
    for (int i = 0; i < world->grant_count; i++)
        if (world->grants[i].contract == old && grant_left(&world->grants[i]) > 0)
            text_add(facts, "expires %s %d; ", benefit_names[world->grants[i].benefit],
                     grant_left(&world->grants[i]));
}

static enum reason upgrade_apply(struct world *world, const struct operation *operation,
                                 const struct request *request, struct reply *reply)
{
    int index = world_contract(world, request->contract), today;
    const struct contract *old;
    struct contract *contract;
    int64_t term_ends;
    enum reason reason;

    if (index == NONE)
        return refuse(reply, NOT_FOUND);
    old = &world->contracts[index];
    reason = upgrade_problem(world, old, request);
    if (reason != OK)
        return refuse(reply, reason);
    upgrade_facts(world, index, catalogue_plan(world->version, request->plan), request->quantities, &reply->facts);
    if (request->dry_run)
        return OK;
    term_ends = old->term_ends;
    contract_end(world, index, request->caller);
    contract = contract_add(world, operation, old->partner, request->plan, request->quantities, reply);
    contract->upgrades = index;
    contract->delivered_by = old->delivered_by;
    today = zone_day_at(world->partners[old->partner].zone, world->now);
    contract->starts = today < old->ends ? today : old->ends - 1;
    contract->ends = old->ends;
    contract->term_starts = world->now;
    contract->term_ends = term_ends;
    reason = contract_grant(world, reply->contract, request->caller, reply);
    contract_facts(world, reply->contract, &reply->facts);
    return reason;
}

enum reason contract_apply(struct world *world, const struct operation *operation, const struct request *request,
                           struct reply *reply)
{
    switch (operation->method) {
    case CONTRACT_CREATE:
        return create_apply(world, operation, request, reply);
    case CONTRACT_ACTIVATE:
        return activate_apply(world, request, reply);
    case CONTRACT_RENEW:
        return renew_apply(world, operation, request, reply);
    case CONTRACT_CANCEL:
        return cancel_apply(world, request, reply);
    case CONTRACT_TOP_UP:
        return top_up_apply(world, request, reply);
    default:
        return upgrade_apply(world, operation, request, reply);
    }
}
