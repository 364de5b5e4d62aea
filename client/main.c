/* entitle: finds the command among the words and runs it. */
#include "config.h"

#include "client/command.h"
#include "client/command_table.h"
#include "client/command_words.h"
#include "client/text.h"
#include <signal.h>
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
        status = command_words_run(&session, argc - words, argv + words);
    }
    options_release(&options);
    session_release(&session);
    if (!render_flush(&session.render) && status == STATUS_DONE)
        status = STATUS_FAILED;
    return (int)status;
}
