/* Optimal string alignment distance, and the bound below which a word is likely meant. */
#include "common/suggest.h"
#include <stdint.h>
#include <string.h>

#define SUGGEST_LETTERS_MAX 63

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(const char *one, const char *other)
{
    size_t rows[3][SUGGEST_LETTERS_MAX + 1];
    size_t one_length = strnlen(one, SUGGEST_LETTERS_MAX);
    size_t other_length = strnlen(other, SUGGEST_LETTERS_MAX);

    for (size_t j = 0; j <= other_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= one_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *higher = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= other_length; j++) {
            size_t change = above[j - 1] + (one[i - 1] != other[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                row[j] = least(row[j], higher[j - 2] + 1);
        }
    }
    return rows[one_length % 3][other_length];
}

const char *suggest_nearest(const char *typed, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(typed), best = SIZE_MAX;

    for (size_t i = 0; i < count; i++) {
        size_t distance = suggest_distance(typed, words[i]);
        /* What was begun rightly is meant, however much is missing. */
        if (length >= 3 && strncmp(typed, words[i], length) == 0)
            distance = 1;
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    return best <= 1 + length / 4 && best < length ? nearest : NULL;
}
