/* The words of a line; expansions, pipes and the like are none of ours. */
#include "client/shell_words.h"
#include "client/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void word_add(struct shell_words *words, const char *text, size_t length)
{
    words->words = memory_resize(words->words, (size_t)words->count + 2, sizeof *words->words);
    words->words[words->count++] = memory_format("%.*s", (int)length, text);
    words->words[words->count] = NULL;
}

/* Copies one word to `to`, unquoted; *at moves behind it. The quote that is still open at the end, or 0. */
static char word_take(const char **at, char *to, size_t *length)
{
    const char *from = *at;
    char quote = 0;

    for (*length = 0; *from != '\0' && (quote != 0 || strchr(" \t\n", *from) == NULL); from++) {
        bool escapes = *from == '\\' && from[1] != '\0' &&
                       (quote == 0 || (quote == '"' && (from[1] == '"' || from[1] == '\\')));
        if (escapes)
            to[(*length)++] = *++from;
        else if (quote == 0 && (*from == '\'' || *from == '"'))
            quote = *from;
        else if (*from == quote)
            quote = 0;
        else
            to[(*length)++] = *from;
    }
    *at = from;
    return quote;
}

bool shell_words_split(struct shell_words *words, const char *line, bool lenient, char *why, size_t why_size)
{
    char *text = memory_new(strlen(line) + 1, 1);
    size_t length;
    char quote = 0;

    *words = (struct shell_words){.words = memory_new(1, sizeof(char *))};
    for (;;) {
        line += strspn(line, " \t\n");
        if (line[0] == '\0' || line[0] == '#')
            break;
        quote = word_take(&line, text, &length);
        word_add(words, text, length);
        words->open = line[0] == '\0';
    }
    free(text);
    if (quote == 0 || lenient)
        return true;
    snprintf(why, why_size, "a quote %c is not closed", quote);
    shell_words_release(words);
    return false;
}

void shell_words_release(struct shell_words *words)
{
    for (int i = 0; i < words->count; i++)
        free(words->words[i]);
    free(words->words);
    *words = (struct shell_words){0};
}
