/*
 * The model and PostgreSQL side by side: each operation is done by both, and what both say is compared.
 */
#ifndef TESTS_MODEL_DRIVE_H
#define TESTS_MODEL_DRIVE_H

#include "tests/model/model.h"
#include <libpq-fe.h>

enum { PEOPLE = CALLERS };

/* What one worker has: a connection as entitled_daemon to a database of its own, and a model. */
struct drive {
    PGconn *connection;
    struct world *world;
    long callers[PEOPLE]; /* their ids */
    struct reply expected[BATCH_MAX], actual[BATCH_MAX];
    int made[BATCH_MAX]; /* numbers in names that PostgreSQL gave */
    struct text params, said, known, difference;
};

/* Connects, and prepares the statements.  Returns false and says why in difference. */
bool drive_open(struct drive *drive, const char *conninfo);
void drive_close(struct drive *drive);

/*
 * Begins a world with nothing but the catalogue in it: a transaction, which drive_end() undoes.  from_one:
 * contracts and incidents are numbered from 1; otherwise on from the last, so that what PostgreSQL has not cleared
 * away yet of worlds before is not in the way.  Both return false, and say why in difference, where PostgreSQL does
 * not do as it is told.
 */
bool drive_begin(struct drive *drive, bool from_one);
bool drive_end(struct drive *drive);

/*
 * Does an operation on both sides.  Returns whether all replies and what is then known of the partners concerned
 * (of all partners, to the last entry, where whole is set) are the same; if not, difference tells.
 */
bool drive_step(struct drive *drive, const struct operation *operation, bool whole);

/* Whether ledger.verify finds nothing wrong with any partner. */
bool drive_verify(struct drive *drive);

#endif
