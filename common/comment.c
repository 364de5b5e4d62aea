/* Owns what a comment is in the configuration files of both programs, as libConfuse has it. */
#include "common/comment.h"

#include <string.h>

/* The end of what is quoted with quote, from its first byte inside; of the text where it is not closed. */
static char *quoted_end(char *at, char quote)
{
    while (*at && *at != quote)
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

/* The end of the comment that begins here; NULL where none does. */
static char *comment_end(char *at)
{
    char *end;

    if (at[0] == '#' || (at[0] == '/' && at[1] == '/'))
        return at + strcspn(at, "\n");
    if (at[0] != '/' || at[1] != '*')
        return NULL;
    end = strstr(at + 2, "*/");
    return end ? end + 2 : at + strlen(at);
}

void comment_blank(char *text)
{
    char before = ' '; /* a slash within a word (a path) begins none */

    while (*text) {
        char *end = *text == '#' || strchr(" \t\r\n={}()+,\"'", before) ? comment_end(text) : NULL;

        before = end ? ' ' : *text;
        if (*text == '"' || *text == '\'') {
            text = quoted_end(text + 1, *text);
            continue;
        }
        if (!end)
            text++;
        for (; end && text < end; text++)
            if (*text != '\n')
                *text = ' ';
    }
}
