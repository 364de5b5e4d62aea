/*
 * Text that grows, for what the model test compares and prints.
 */
#ifndef TESTS_MODEL_TEXT_H
#define TESTS_MODEL_TEXT_H

#include <stddef.h>

/* All zero: empty, nothing allocated.  data ends in a zero byte once anything was added. */
struct text {
    char *data;
    size_t length, size;
};

/* Adds as printf() would.  Out of memory ends the program. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Empties it, and keeps the memory. */
void text_clear(struct text *text);

/* Frees the memory. */
void text_release(struct text *text);

/* What it says; "" where nothing was added. */
const char *text_of(const struct text *text);

#endif
