/*
 * A sequence that fails, made short: operations are left out as long as it still fails.
 */
#ifndef TESTS_MODEL_SHRINK_H
#define TESTS_MODEL_SHRINK_H

#include "tests/model/drive.h"

/*
 * Runs the operations in a world of their own.  Returns the index of the first one after which both sides differ;
 * count where ledger.verify then finds something; -1 where all is well.  drive->difference tells.  print: each
 * operation is printed as SQL that can be pasted.
 */
int sequence_run(struct drive *drive, const struct operation *operations, int count, bool print);

/* Leaves out of a failing sequence what is not needed for it to fail; returns how many operations are left. */
int sequence_shrink(struct drive *drive, struct operation *operations, int count);

#endif
