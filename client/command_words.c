/* The first words of a line name its command: one word, or two. */
#include "client/command_words.h"
#include "client/memory.h"
#include "client/text.h"
#include "common/suggest.h"
#include <stdlib.h>
#include <string.h>

/* Says that there is no such command, and which may have been meant. */
static enum status unknown_command(const struct session *session, const char *first, const char *second)
{
    const char *names[256], *nearest;
    size_t count = 0, length = strlen(first), nouns = 0;
    char *both = memory_format("%s%s%s", first, second == NULL ? "" : " ", second == NULL ? "" : second);

    for (const struct command *const *command = session->commands; *command != NULL && count < 256; command++) {
        names[count++] = (*command)->name;
        nouns += strncmp((*command)->name, first, length) == 0 && (*command)->name[length] == ' ';
    }
    nearest = suggest_nearest(both, names, count);
    if (nearest == NULL)
        nearest = suggest_nearest(first, names, count);
    text_complain("there is no command \"%s\"%s", nouns > 0 ? both : first,
                  nouns > 0 && second == NULL ? " alone" : "");
    for (size_t i = 0; nouns > 0 && i < count; i++)
        if (strncmp(names[i], first, length) == 0 && names[i][length] == ' ')
            text_hint("entitle %s", names[i]);
    if (nouns == 0)
        text_hint(nearest != NULL ? "did you mean: entitle %s" : "see: entitle help", nearest);
    free(both);
    return STATUS_USAGE;
}

enum status command_words_run(struct session *session, int argc, char **argv)
{
    const char *second = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    const struct command *command = NULL;
    int used = 1;

    if (second != NULL) {
        char *both = memory_format("%s %s", argv[0], second);
        command = command_find(session->commands, both);
        free(both);
        used = command == NULL ? 1 : 2;
    }
    if (command == NULL)
        command = command_find(session->commands, argv[0]);
    if (command == NULL)
        return unknown_command(session, argv[0], second);
    return command_run(session, command, argc - used + 1, argv + used - 1);
}
