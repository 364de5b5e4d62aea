/* Malformed input by a fixed seed: the same bytes on every machine, so that what fails can be had again. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

struct mutate {
    uint64_t state; /* not 0 */
};

/* A number below bound. */
size_t mutate_below(struct mutate *mutate, size_t bound);

/*
 * Writes a mutation of one of the texts (ends with NULL) to bytes (size at least 64), and returns its length,
 * which is at most size.
 */
size_t mutate_text(struct mutate *mutate, const char *const *texts, char *bytes, size_t size);

#endif
