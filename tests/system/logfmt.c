/* Owns the test's own reading of logfmt, which shares nothing with the writer in common/log.c. */
#include "tests/system/logfmt.h"

#include <stdio.h>
#include <string.h>

/* Skips a value; NULL where it is none. */
static const char *value_skip(const char *at)
{
    if (*at != '"')
        return at + strcspn(at, " \"=");
    for (at++; *at != '"'; at++) {
        if (*at == '\0' || (unsigned char)*at < 0x20)
            return NULL;
        if (*at == '\\' && *++at == '\0')
            return NULL;
    }
    return at + 1;
}

bool logfmt_line(const char *line, char *why, size_t why_size)
{
    static const char *const first[] = {"time", "level", "process", "event"};
    const char *at = line;

    for (size_t pair = 0; *at; pair++) {
        size_t name = strspn(at, "abcdefghijklmnopqrstuvwxyz_.0123456789");

        if (name == 0 || at[name] != '=') {
            snprintf(why, why_size, "no name=value at byte %td", at - line);
            return false;
        }
        if (pair < 4 && (strlen(first[pair]) != name || strncmp(at, first[pair], name) != 0)) {
            snprintf(why, why_size, "pair %zu is not %s", pair + 1, first[pair]);
            return false;
        }
        at = value_skip(at + name + 1);
        if (!at || (*at != ' ' && *at != '\0')) {
            snprintf(why, why_size, "the value of pair %zu is not well quoted", pair + 1);
            return false;
        }
        at += *at == ' ';
    }
    return true;
}
