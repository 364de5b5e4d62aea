/*
 * What the model knows, as state.sql says it of PostgreSQL.
 */
#include "tests/model/model_state.h"
#include "tests/model/zone.h"
#include <string.h>

/* An instant as PostgreSQL prints it in UTC. */
static void add_instant(struct text *text, bool known, int64_t at)
{
    char instant[32];

    if (!known) {
        text_add(text, " ");
        return;
    }
    instant_text(at, instant);
    instant[10] = ' ';
    *strchr(instant, 'Z') = '\0';
    text_add(text, " %s+00", instant);
}

/* A number of a name after its word; only the word where there is none. */
static void add_number(struct text *text, const char *word, bool known, int number)
{
    if (known)
        text_add(text, " %s %d", word, number);
    else
        text_add(text, " %s ", word);
}

static const char *code_or_nothing(int partner)
{
    return partner == NOBODY ? "" : partner_code(partner);
}

static void contracts_add(struct text *text, const struct world *world, int partner)
{
    char starts[16], ends[16];

    for (int i = 0; i < world->contract_count; i++) {
        const struct contract *contract = &world->contracts[i];

        if (contract->partner != partner)
            continue;
        text_add(text, "C %d %s %s %s term", contract->number, plan_names[contract->plan],
                 day_text(contract->starts, starts), day_text(contract->ends, ends));
        add_instant(text, contract->activated, contract->term_starts);
        add_instant(text, contract->activated, contract->term_ends);
        text_add(text, " cancelled");
        add_instant(text, contract->cancelled, contract->cancelled_at);
        add_number(text, "renews", contract->renews != NONE,
                   contract->renews == NONE ? 0 : world->contracts[contract->renews].number);
        add_number(text, "upgrades", contract->upgrades != NONE,
                   contract->upgrades == NONE ? 0 : world->contracts[contract->upgrades].number);
        text_add(text, " by %s\n", code_or_nothing(contract->delivered_by));
    }
    for (int contract = 0; contract < world->contract_count; contract++)
        for (int i = 0; i < world->access_count; i++) {
            const struct access *access = &world->accesses[i];

            if (access->contract != contract || access->partner != partner)
                continue;
            text_add(text, "A %d %s", world->contracts[contract].number, benefit_names[access->benefit]);
            add_instant(text, true, access->starts);
            add_instant(text, true, access->ends);
            text_add(text, "\n");
        }
}

static void grants_add(struct text *text, const struct world *world, int partner)
{
    for (int i = 0; i < world->grant_count; i++) {
        const struct grant *grant = &world->grants[i];

        if (grant->partner != partner)
            continue;
        text_add(text, "G %d %s rank %d", world->contracts[grant->contract].number, benefit_names[grant->benefit],
                 grant->rank);
        add_instant(text, true, grant->starts);
        add_instant(text, true, grant->ends);
        text_add(text, " granted %d used %d over %d expired %d entries %d by %s\n", grant->granted, grant->used,
                 grant->overage, grant->expired, grant->entries, code_or_nothing(grant->delivered_by));
    }
}

static void entry_add(struct text *text, const struct world *world, const struct entry *entry)
{
    const struct grant *grant = &world->grants[entry->grant];

    text_add(text, "E %d %s %d", world->contracts[grant->contract].number, benefit_names[grant->benefit],
             entry->seq);
    add_instant(text, true, entry->at);
    text_add(text, " %s %d", kind_names[entry->kind], entry->units);
    add_number(text, "incident", entry->incident != NONE,
               entry->incident == NONE ? 0 : world->incidents[entry->incident].number);
    text_add(text, " %s %s\n", entry->reason == NONE ? "" : credit_reason_names[entry->reason],
             caller_names[entry->caller]);
}

static void entries_add(struct text *text, const struct world *world, int partner, const struct view *view)
{
    for (int grant = 0; grant < world->grant_count; grant++) {
        if (world->grants[grant].partner != partner ||
            !(view->whole || view->contracts[world->grants[grant].contract]))
            continue;
        for (int i = 0; i < world->entry_count; i++)
            if (world->entries[i].grant == grant &&
                (view->whole || world->entries[i].seq == world->grants[grant].entries))
                entry_add(text, world, &world->entries[i]);
    }
}

static void incidents_add(struct text *text, const struct world *world, int partner, const struct view *view)
{
    int count = 0;

    for (int i = 0; i < world->incident_count; i++) {
        const struct incident *incident = &world->incidents[i];

        if (incident->partner != partner)
            continue;
        count++;
        if (!view->whole && !view->incidents[i])
            continue;
        text_add(text, "I %d %s %s", incident->number, class_names[incident->class],
                 incident_state_names[incident->state]);
        add_instant(text, true, incident->opened_at);
        add_instant(text, true, incident->logged_at);
        text_add(text, " notes %d reopened %d", incident->notes, incident->reopened);
        add_number(text, "of", incident->duplicate_of != NONE,
                   incident->duplicate_of == NONE ? 0 : world->incidents[incident->duplicate_of].number);
        text_add(text, " by %s %s\n", code_or_nothing(incident->delivered_by),
                 incident->around_the_clock ? "24x7" : "business-hours");
    }
    text_add(text, "N %d incidents\n", count);
}

void state_add(struct text *text, const struct world *world, int partner, const struct view *view)
{
    const struct partner *known = &world->partners[partner];

    if (!known->exists)
        return;
    text_add(text, "P %s %s %s refused %d\n", partner_code(partner), zone_name(known->zone),
             known->disabled ? "t" : "f", world->refusals[partner]);
    contracts_add(text, world, partner);
    grants_add(text, world, partner);
    entries_add(text, world, partner, view);
    incidents_add(text, world, partner, view);
}
