/* A typed line taken apart into words, with the simple quoting of a shell. Pure. */
#ifndef CLIENT_SHELL_WORDS_H
#define CLIENT_SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct shell_words {
    char **words; /* ends with NULL */
    int count;
    bool open; /* the last word goes on up to the end of the line: no space after it */
};

/*
 * Words are parted by spaces and tabs; '…' is taken as it is, in "…" a \ takes " and \ as they are, elsewhere any
 * character; # at the beginning of a word begins a comment. lenient: a quote that is not closed ends with the line.
 * Fills words (shell_words_release()), or returns false with a sentence.
 */
bool shell_words_split(struct shell_words *words, const char *line, bool lenient, char *why, size_t why_size);

void shell_words_release(struct shell_words *words);

#endif
