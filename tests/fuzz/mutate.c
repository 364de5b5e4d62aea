/* Owns the generator (xorshift) and the kinds of harm that are done to a text. */
#include "tests/fuzz/mutate.h"

#include <string.h>

#define HARMS_MAX 6

static const char *const tokens[] = {"{",
                                     "}",
                                     "[",
                                     "]",
                                     "\"",
                                     ":",
                                     ",",
                                     "\\",
                                     "\\u0000",
                                     "\\ud800",
                                     "null",
                                     "true",
                                     "1e999",
                                     "-0",
                                     "99999999999999999999",
                                     "\xff",
                                     "\xc0\x80",
                                     "\xf4\x90\x80\x80",
                                     "\"id\":1,",
                                     "\"jsonrpc\":\"2.0\",",
                                     "\r",
                                     "\x00",
                                     "/*",
                                     "#",
                                     "'",
                                     "=",
                                     "+=",
                                     "${HOME}",
                                     "include(\"/etc/passwd\")",
                                     "\"\"",
                                     "\t",
                                     "(",
                                     ")"};

size_t mutate_below(struct mutate *mutate, size_t bound)
{
    mutate->state ^= mutate->state << 13;
    mutate->state ^= mutate->state >> 7;
    mutate->state ^= mutate->state << 17;
    return bound ? (size_t)(mutate->state >> 11) % bound : 0;
}

/* Puts `count` bytes in at a place; what does not fit is cut. */
static size_t insert(char *bytes, size_t length, size_t size, size_t at, const char *what, size_t count)
{
    char copy[64];

    if (count > sizeof copy)
        count = sizeof copy;
    memcpy(copy, what, count);
    if (count > size - length)
        count = size - length;
    memmove(bytes + at + count, bytes + at, length - at);
    memcpy(bytes + at, copy, count);
    return length + count;
}

static size_t harm(struct mutate *mutate, char *bytes, size_t length, size_t size)
{
    size_t at = mutate_below(mutate, length + 1), count = mutate_below(mutate, 32);
    const char *token = tokens[mutate_below(mutate, sizeof tokens / sizeof tokens[0])];

    switch (mutate_below(mutate, 6)) {
    case 0: /* another byte */
        if (at < length)
            bytes[at] = (char)mutate_below(mutate, 256);
        return length;
    case 1: /* a flipped bit */
        if (at < length)
            bytes[at] = (char)(bytes[at] ^ (1 << mutate_below(mutate, 8)));
        return length;
    case 2: /* some taken out */
        if (count > length - at)
            count = length - at;
        memmove(bytes + at, bytes + at + count, length - at - count);
        return length - count;
    case 3: /* some twice */
        if (count > length - at)
            count = length - at;
        return insert(bytes, length, size, at, bytes + at, count);
    case 4: /* the end cut off */
        return at;
    default:
        return insert(bytes, length, size, at, token, strlen(token) ? strlen(token) : 1);
    }
}

size_t mutate_text(struct mutate *mutate, const char *const *texts, char *bytes, size_t size)
{
    size_t count = 0, harms = mutate_below(mutate, HARMS_MAX) + 1, length;

    while (texts[count])
        count++;
    const char *text = texts[mutate_below(mutate, count)];

    length = strlen(text) < size ? strlen(text) : size;
    memcpy(bytes, text, length);
    while (harms-- > 0)
        length = harm(mutate, bytes, length, size);
    return length;
}
