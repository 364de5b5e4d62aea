/*
 * Random operations: what people do, what they do wrong, and the times at which something begins or ends.
 */
#ifndef TESTS_MODEL_GENERATE_H
#define TESTS_MODEL_GENERATE_H

#include "tests/model/model.h"

struct generator {
    uint64_t random;
    int key; /* the last that was new */
    int zone_count;
};

/* Makes it give the same operations again for the same seed and sequence. */
void generator_init(struct generator *generator, uint64_t seed, uint64_t sequence);

/* The next operation of a sequence; `past` are the count ones before it, world what the model knows after them. */
void generator_next(struct generator *generator, const struct world *world, const struct operation *past, int count,
                    struct operation *made);

#endif
