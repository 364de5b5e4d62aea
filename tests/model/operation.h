/*
 * One operation of the model test: a call of a method with one request or a batch, at a time.  It names contracts
 * and incidents by the operation that made them, so that it means the same when others before it are left out.
 */
#ifndef TESTS_MODEL_OPERATION_H
#define TESTS_MODEL_OPERATION_H

#include "tests/model/catalogue.h"
#include <stdbool.h>
#include <stdint.h>

enum method {
    PARTNER_CREATE,
    PARTNER_UPDATE,
    CONTRACT_CREATE,
    CONTRACT_ACTIVATE,
    CONTRACT_RENEW,
    CONTRACT_CANCEL,
    CONTRACT_TOP_UP,
    CONTRACT_UPGRADE,
    INCIDENT_OPEN,
    INCIDENT_CHECK,
    INCIDENT_CREDIT,
    INCIDENT_RESOLVE,
    INCIDENT_CLOSE,
    INCIDENT_REOPEN,
    USAGE_RECORD,
    CATALOGUE_APPLY,
    METHODS
};

enum caller { COORDINATOR, MANAGER, ADMIN, DISABLED, CALLERS };
enum override { OVERRIDE_NONE, OVERRIDE_BLANK, OVERRIDE_REASON };
enum credit_reason { PRODUCT_DEFECT, DUPLICATE, MISLOGGED, GOODWILL, CREDIT_REASONS };
enum outage { OUTAGE_NONE, OUTAGE_NETWORK, OUTAGE_SERVER, OUTAGES };

enum {
    PARTNERS = 4, /* of a sequence; PARTNERS itself names one that there never is */
    NOBODY = -1,  /* in the place of a partner: none is named */
    BATCH_MAX = 8,
    REF_NONE = -1,    /* no contract or incident is named */
    REF_UNKNOWN = -2, /* one is named that there is not */
    NOT_GIVEN = -1,   /* of parameters that may be left out */
};
#define NO_TIME INT64_MIN

/* What the operation of this number made, with the request at this place of its batch. */
struct ref {
    int operation, place;
};

/* One request.  Each method uses the members that its parameters need. */
struct request {
    int place; /* in the batch as it was made */
    int caller, key;
    int partner;
    struct ref contract, incident, duplicate_of;
    int plan, benefit;           /* PLANS, BENEFITS: one that there is not; NOT_GIVEN */
    int quantities[BENEFITS];    /* NOT_GIVEN: not set */
    bool quantities_unknown;     /* sets one for a pool that there is not */
    int starts;                  /* a day */
    int64_t at;                  /* opened_at, at; NO_TIME */
    int class, outage, override; /* of an incident */
    int reason;                  /* of a credit */
    int delivered_by;            /* a partner, or NOBODY */
    int units;
    int zone, disabled; /* of a partner; NOT_GIVEN */
    bool dry_run;
    int version; /* of the catalogue */
};

struct operation {
    int number; /* 1, 2, 3 … in its sequence as it was made */
    int64_t now;
    enum method method;
    int count;
    struct request requests[BATCH_MAX];
};

extern const char *const method_names[METHODS];
extern const char *const caller_names[CALLERS];
extern const char *const credit_reason_names[CREDIT_REASONS];

/* A partner's code; of any number. */
const char *partner_code(int partner);

/* What a reference is called now; of the model's world (model.h). */
struct world;

/* Adds the parameters of a request as JSON, with its key where the method writes. */
void operation_params(struct text *text, const struct world *world, enum method method,
                      const struct request *request);

#endif
