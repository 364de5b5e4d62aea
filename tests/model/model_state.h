/*
 * What the model knows, as text that is compared with what PostgreSQL has stored (state.sql).
 */
#ifndef TESTS_MODEL_MODEL_STATE_H
#define TESTS_MODEL_MODEL_STATE_H

#include "tests/model/model.h"

/* What of a partner is looked at beside its contracts and grants. */
struct view {
    bool whole;                    /* every entry and every incident; otherwise: */
    bool contracts[CONTRACTS_MAX]; /* of whose grants the last entry */
    bool incidents[INCIDENTS_MAX];
};

/* Adds what the model knows of a partner; nothing where there is none. */
void state_add(struct text *text, const struct world *world, int partner, const struct view *view);

#endif
