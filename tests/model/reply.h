/*
 * What is compared of a reply of PostgreSQL, in the words in which the model says it.
 */
#ifndef TESTS_MODEL_REPLY_H
#define TESTS_MODEL_REPLY_H

#include "tests/model/model.h"

/*
 * Reads the body of a reply: the error object where it is none, or the result.  Fills reason, replayed and facts;
 * *made is the number in the name of the contract or incident that the method made or showed, 0 where it has none.
 * Returns false, and says in facts why, where it cannot be read.
 */
bool reply_read(enum method method, bool ok, const char *body, struct reply *reply, int *made);

#endif
