/* Help, and a completion for bash, out of the same rows that the commands are. */
#include "client/command_help.h"
#include "client/memory.h"
#include "client/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void topics_print(const struct session *session)
{
    printf("usage: entitle [options] COMMAND ...\n\n");
    for (const struct command *const *command = session->commands; *command != NULL; command++)
        printf("  %-18s %s\n", (*command)->name, command_summary(*command));
    printf("\nentitle help COMMAND tells more; entitle(1) tells all.\n");
}

static enum status help_run(struct session *session, const struct command *command)
{
    const char *first = session_value(session, "command"), *second = session_value(session, "subcommand");
    char why[COMMAND_WHY_MAX];

    if (first == NULL) {
        topics_print(session);
        return STATUS_DONE;
    }
    char *name = memory_format("%s%s%s", first, second == NULL ? "" : " ", second == NULL ? "" : second);
    const struct command *topic = command_find(session->commands, name);
    size_t length = strlen(name), shown = 0;
    if (topic != NULL)
        command_help(topic, stdout);
    for (const struct command *const *each = session->commands; *each != NULL; each++)
        if (strncmp((*each)->name, name, length) == 0 && (*each)->name[length] == ' ') {
            printf("%s  %-18s %s\n", topic != NULL && shown == 0 ? "\nsee also:\n" : "", (*each)->name,
                   command_summary(*each));
            shown++;
        }
    snprintf(why, sizeof why, "there is no command \"%s\"", name);
    free(name);
    return topic != NULL || shown > 0 ? STATUS_DONE : command_misused(command, why);
}

/* The words that bash may offer as a command's options, and after an option with choices. */
static void options_complete(const struct command *command)
{
    struct options options;

    command_options(command, &options);
    printf("    \"%s\") options=\"", command->name);
    for (size_t i = 0; i < options.count; i++)
        printf("%s--%s", i == 0 ? "" : " ", options.entries[i].name);
    printf("\" ;;\n");
    options_release(&options);
}

static void choices_complete(const struct command *command)
{
    struct options options;

    command_options(command, &options);
    for (size_t i = 0; i < options.count; i++) {
        const struct option_entry *entry = &options.entries[i];
        if (entry->param == NULL || entry->param->choices == NULL)
            continue;
        printf("    \"%s --%s\") words=\"", command->name, entry->name);
        for (const char *at = entry->param->choices; *at != '\0'; at++)
            putchar(*at == '|' ? ' ' : *at);
        printf("\" ;;\n");
    }
    options_release(&options);
}

/* The first words of all commands, or the second words after `noun`. */
static void names_print(const struct session *session, const char *noun)
{
    const char *last = "";
    size_t length = noun == NULL ? 0 : strlen(noun);

    for (const struct command *const *command = session->commands; *command != NULL; command++) {
        const char *name = (*command)->name;
        size_t first = strcspn(name, " ");
        if (noun == NULL && (strncmp(last, name, first) != 0 || strlen(last) < first))
            printf("%.*s ", (int)first, name);
        if (noun != NULL && first == length && name[first] == ' ' && strncmp(name, noun, first) == 0)
            printf("%s ", name + first + 1);
        last = name;
    }
}

static const char completion_head[] =
    "# bash completion for entitle; made by: entitle completion bash\n"
    "_entitle()\n"
    "{\n"
    "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=\"\" options=\"\" "
    "words=\"\" i\n"
    "  COMPREPLY=()\n"
    "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "    case ${COMP_WORDS[i]} in\n"
    "      -P|-F|--profile|--address|--ca|--certificate|--private-key|--server-name|--timeout|--format) ((i++)) "
    ";;\n"
    "      -*) ;;\n"
    "      *) command=${COMP_WORDS[i]}; break ;;\n"
    "    esac\n"
    "  done\n"
    "  case $command in\n";

static const char completion_tail[] = "  esac\n"
                                      "  case $before in\n"
                                      "    --format|-F) words=\"table csv json\" ;;\n"
                                      "    --ca|--certificate|--private-key|--certificate-of|--rejects)\n"
                                      "      mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;\n"
                                      "  esac\n"
                                      "  if [[ -n $words ]]; then\n"
                                      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                                      "  elif [[ $word == -* ]]; then\n"
                                      "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
                                      "  elif [[ $command == import || $command == *\" apply\" ]]; then\n"
                                      "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                                      "  fi\n"
                                      "}\n"
                                      "complete -F _entitle entitle\n";

static enum status completion_run(struct session *session, const struct command *command)
{
    const char *shell = session_value(session, "shell"), *last = "";

    if (strcmp(shell, "bash") != 0)
        return command_misused(command, "there is a completion for bash only");
    fputs(completion_head, stdout);
    printf("    \"\") words=\"");
    names_print(session, NULL);
    printf("\"\n      [[ $word == -* ]] && words=\"\" options=\"");
    for (const struct option_spec *option = command_globals; option->name != NULL; option++)
        printf("--%s ", option->name);
    printf("--version\" ;;\n");
    for (const struct command *const *each = session->commands; *each != NULL; each++) {
        size_t length = strcspn((*each)->name, " ");
        if ((*each)->name[length] == '\0' || (strncmp(last, (*each)->name, length + 1) == 0))
            continue;
        last = (*each)->name;
        printf("    %.*s)\n      if ((COMP_CWORD == i + 1)); then words=\"", (int)length, last);
        char *noun = memory_format("%.*s", (int)length, last);
        names_print(session, noun);
        /* "ledger" is a command, and "ledger verify" one more. */
        printf("\"; elif [[ \" ");
        names_print(session, noun);
        printf("\" == *\" ${COMP_WORDS[i+1]} \"* ]]; then command+=\" ${COMP_WORDS[i+1]}\"; fi ;;\n");
        free(noun);
    }
    printf("  esac\n  case $command in\n");
    for (const struct command *const *each = session->commands; *each != NULL; each++)
        options_complete(*each);
    printf("  esac\n  case \"$command $before\" in\n");
    for (const struct command *const *each = session->commands; *each != NULL; each++)
        choices_complete(*each);
    fputs(completion_tail, stdout);
    return STATUS_DONE;
}

const struct command command_help_topic = {
    .name = "help",
    .method = METHOD_COUNT,
    .words = "command? subcommand?",
    .summary = "show all commands, or how one is used",
    .example = "entitle help partner create",
    .run = help_run,
};

const struct command command_completion = {
    .name = "completion",
    .method = METHOD_COUNT,
    .words = "shell",
    .summary = "write a completion for a shell: bash",
    .example = "source <(entitle completion bash)",
    .run = completion_run,
};
