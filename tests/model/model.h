/*
 * The rules of charging written a second time, from doc/architecture.md: small and naive, arrays and loops.  What
 * it answers and what it then knows is compared with what PostgreSQL does (drive.h).
 */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include "tests/model/operation.h"
#include "tests/model/text.h"
#include <stdbool.h>
#include <stdint.h>

enum reason {
    OK,
    INVALID_PARAMS,
    FORBIDDEN,
    NOT_FOUND,
    INVALID_STATE,
    KEY_REUSED,
    ENTITLEMENT_EXHAUSTED,
    NO_ENTITLEMENT,
    OUTSIDE_COVERAGE,
    OUTAGE_REQUIRED,
    CONTRACT_NOT_ACTIVE,
    ALREADY_CREDITED,
    OVERRIDE_NEEDS_REASON,
    REASONS
};
enum kind { GRANT, TOP_UP, DEBIT, LATE, USAGE, LATE_USAGE, OVERRIDE, CREDIT, EXPIRY, KINDS };
enum contract_state { DRAFT, SCHEDULED, ACTIVE, EXPIRED, CANCELLED };
enum incident_state { NEW, IN_PROGRESS, RESOLVED, CLOSED };

enum {
    CONTRACTS_MAX = 1000,
    GRANTS_MAX = 4000,
    ACCESSES_MAX = 2000,
    INCIDENTS_MAX = 4000,
    ENTRIES_MAX = 16000,
    ANSWERS_MAX = 8000,
    NONE = -1, /* in the place of an index: there is none */
};

struct partner {
    bool exists, disabled;
    int zone;
};

struct contract {
    struct ref ref;
    int number; /* in its name */
    int partner, plan;
    bool membership;
    int starts, ends; /* days */
    int quantities[BENEFITS];
    int delivered_by, renews, upgrades;
    bool activated, cancelled;
    int64_t term_starts, term_ends, cancelled_at;
};

struct grant {
    int contract, partner, benefit, rank, delivered_by;
    unsigned accepts;
    bool around_the_clock;
    int64_t starts, ends;
    int granted, used, overage, expired, entries;
};

struct access {
    int contract, partner, benefit;
    unsigned accepts;
    bool around_the_clock;
    int64_t starts, ends;
};

struct incident {
    struct ref ref;
    int number; /* in its name */
    int partner, class, delivered_by, duplicate_of, reopened;
    enum incident_state state;
    bool around_the_clock;
    int64_t opened_at, logged_at;
    int notes;  /* in its timeline */
    int charge; /* the entry that charged it, or NONE */
    bool credited;
    int credit_reason;
};

struct entry {
    int grant, seq, units, incident, caller;
    int reason; /* of a credit, or NONE */
    enum kind kind;
    int64_t at;
};

/* What a request is answered. */
struct reply {
    enum reason reason;
    bool replayed;
    int contract, incident; /* that it made, or NONE */
    struct text facts;      /* what else of the reply is compared, as reply.h reads it from JSON */
};

/* What a key was answered. */
struct answer {
    int whose; /* a partner, or NOBODY: the program */
    int caller, key;
    char *asked; /* method and parameters */
    enum reason reason;
    int contract, incident; /* that it made, or NONE */
    char *facts;
};

struct world {
    int64_t now;
    int version; /* of the catalogue */
    struct partner partners[PARTNERS];
    struct contract contracts[CONTRACTS_MAX];
    struct grant grants[GRANTS_MAX];
    struct access accesses[ACCESSES_MAX];
    struct incident incidents[INCIDENTS_MAX];
    struct entry entries[ENTRIES_MAX];
    struct answer answers[ANSWERS_MAX];
    int contract_count, grant_count, access_count, incident_count, entry_count, answer_count;
    int refusals[PARTNERS];
};

extern const char *const reason_names[REASONS];
extern const char *const kind_names[KINDS];
extern const char *const contract_state_names[];
extern const char *const incident_state_names[];

/* A world with nothing in it. Allocated; freed by world_free(). */
struct world *world_new(void);
void world_free(struct world *world);
void world_clear(struct world *world);

/* What an operation does: changes the world, fills replies[0 … count - 1] (cleared before). */
void world_apply(struct world *world, const struct operation *operation, struct reply *replies);

/* The index of what a reference names; NONE: nothing. */
int world_contract(const struct world *world, struct ref ref);
int world_incident(const struct world *world, struct ref ref);

/* CON-000001, INC-000001: their names, which PostgreSQL gives. In static memory of eight turns. */
const char *contract_name(const struct world *world, int contract);
const char *incident_name(const struct world *world, int incident);
const char *world_contract_name(const struct world *world, struct ref ref);
const char *world_incident_name(const struct world *world, struct ref ref);

/* The state of a contract now (rule 9). */
enum contract_state contract_state(const struct world *world, const struct contract *contract);

/* What is left of a grant. */
int grant_left(const struct grant *grant);

/* ---- between the model's own files */

/* Answers with an error; returns reply->reason. */
enum reason refuse(struct reply *reply, enum reason reason);

/* Appends an entry and changes its grant's counters. incident and reason may be NONE. Returns its index. */
int entry_append(struct world *world, int grant, enum kind kind, int units, int caller, int incident, int reason);

/* Books what was left of a partner's grants whose term is over (rule 7). */
void grants_expire(struct world *world, int partner, int caller);

/* The eligible grants of a partner at a time in the order of rule 1: writes their indices, returns their number.
 * class: of an incident, delivered by that partner; or CLASSES: for usage of a benefit. */
int grants_eligible(const struct world *world, int partner, int64_t at, int class, int delivered_by, int benefit,
                    int order[GRANTS_MAX]);

/* The methods of contracts, and those of incidents and usage. */
enum reason contract_apply(struct world *world, const struct operation *operation, const struct request *request,
                           struct reply *reply);
enum reason incident_apply(struct world *world, const struct operation *operation, const struct request *request,
                           struct reply *reply);

#endif
