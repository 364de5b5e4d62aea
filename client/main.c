/* entitle: finds the command among the words and runs it. */
#include "config.h"

#include "client/command.h"
#include "client/command_table.h"
#include "client/memory.h"
#include "client/text.h"
#include "common/suggest.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_spec version_option[] = {{"version", 'V', NULL, "show the version"},
                                                    {NULL, 0, NULL, NULL}};

static void interrupted(int signal_number)
{
    (void)signal_number;
    _exit(STATUS_INTERRUPTED);
}

static void usage_print(FILE *stream)
{
    fprintf(stream, "usage: entitle [options] COMMAND ...\n\n");
    for (const struct command *const *command = command_table; *command != NULL; command++)
        fprintf(stream, "  %-18s %s\n", (*command)->name, command_summary(*command));
    fprintf(stream, "\nentitle COMMAND --help tells more; entitle(1) tells all.\n");
}

/* Says that there is no such command, and which may have been meant. */
static enum status unknown_command(const char *first, const char *second)
{
    const char *names[256], *nearest;
    size_t count = 0, length = strlen(first), nouns = 0;
    char *both = memory_format("%s%s%s", first, second == NULL ? "" : " ", second == NULL ? "" : second);

    for (const struct command *const *command = command_table; *command != NULL && count < 256; command++) {
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

/* Runs the command that argv's first words name. */
static enum status words_run(struct session *session, int argc, char **argv)
{
    const char *second = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    const struct command *command = NULL;
    int used = 1;

    if (second != NULL) {
        char *both = memory_format("%s %s", argv[0], second);
        command = command_find(command_table, both);
        free(both);
        used = command == NULL ? 1 : 2;
    }
    if (command == NULL)
        command = command_find(command_table, argv[0]);
    if (command == NULL)
        return unknown_command(argv[0], second);
    return command_run(session, command, argc - used + 1, argv + used - 1);
}

int main(int argc, char **argv)
{
    struct session session = {.commands = command_table, .params = json_object(), .values = json_object()};
    struct options options = {0};
    char why[COMMAND_WHY_MAX] = "";
    enum status status = STATUS_DONE;
    int words = argc;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, interrupted);
    text_locale();
    render_init(&session.render, stdout);
    options_add(&options, command_globals, true);
    options_add(&options, version_option, true);
    if (!options_parse(&options, argc, argv, true, session.params, session.values, &words, why, sizeof why)) {
        text_complain("%s", why);
        text_hint("see: entitle help");
        status = STATUS_USAGE;
    } else if (session_value(&session, "version") != NULL) {
        printf("entitle %s\n", PACKAGE_VERSION);
    } else if (session_value(&session, "help") != NULL) {
        usage_print(stdout);
    } else if (words == argc) {
        usage_print(stderr);
        status = STATUS_USAGE;
    } else {
        status = words_run(&session, argc - words, argv + words);
    }
    options_release(&options);
    session_release(&session);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        int problem = errno;
        if (problem == EPIPE) { /* a reader that has seen enough: end as programs do */
            signal(SIGPIPE, SIG_DFL);
            raise(SIGPIPE);
        }
        text_complain("the output could not be written: %s", strerror(problem));
        status = status == STATUS_DONE ? STATUS_FAILED : status;
    }
    return (int)status;
}
