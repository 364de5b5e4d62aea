/* "did you mean": the word of a list that is nearest to a mistyped one. Pure. */
#ifndef COMMON_SUGGEST_H
#define COMMON_SUGGEST_H

#include <stddef.h>

/*
 * How many single letters (left out, added, changed, or two swapped) lie between two words; letters
 * beyond the 63rd are not looked at.
 */
size_t suggest_distance(const char *one, const char *other);

/* The nearest of `count` words, or NULL if none is near enough to be meant. */
const char *suggest_nearest(const char *typed, const char *const *words, size_t count);

#endif
