/*
 * Load while faults happen: a thread that opens incidents over several connections, each under a key of its
 * own, and sends again, with the same key, whatever was not answered for good.
 */
#ifndef TESTS_FAULT_LOAD_H
#define TESTS_FAULT_LOAD_H

#include "tests/system/peer.h"
#include <stdbool.h>

struct load;

/* What became of it. */
struct load_counts {
    int asked;       /* keys */
    int done;        /* of these, acknowledged with an incident */
    int sent;        /* requests, the repeated ones too */
    int unavailable; /* replies */
    int unknown;     /* replies `unknown_outcome` */
    int replayed;    /* replies */
    int cut;         /* connections that fell */
    int wrong;       /* replies that should not be */
};

/* Begins on a server, for partners with units enough. Stops by itself after keys_max keys. */
struct load *load_start(const struct server *server, const char *const *partners, int partner_count, int keys_max);

/* Waits until so many keys have been acknowledged; false after within_ms. */
bool load_await(const struct load *load, int done, int within_ms);

/* Asks nothing new, waits (up to within_ms) until all that was asked is acknowledged, and ends the thread. */
void load_stop(struct load *load, int within_ms, struct load_counts *counts);

/*
 * Checks by SQL that each acknowledged key has its incident, as it was told; that no key was charged twice; and
 * the counters of the partners' pools. Frees the load.
 */
void load_check(struct load *load);

#endif
