/* Completion out of the same rows that the commands, their options and the methods' parameters are. */
#include "client/shell_complete.h"
#include "client/memory.h"
#include <stdlib.h>
#include <string.h>

struct seeker {
    json_t *found;
    const char *typed;
};

static void candidate_add(const struct seeker *seeker, const char *text, size_t length)
{
    size_t i;
    json_t *known;

    if (strlen(seeker->typed) > length || strncmp(text, seeker->typed, strlen(seeker->typed)) != 0)
        return;
    json_t *word = json_stringn(text, length);
    json_array_foreach(seeker->found, i, known) if (json_equal(known, word))
    {
        json_decref(word);
        return;
    }
    json_array_append_new(seeker->found, word);
}

static void names_add(const struct seeker *seeker, const json_t *names)
{
    json_t *name;
    size_t i;

    json_array_foreach(names, i, name) candidate_add(seeker, json_string_value(name), json_string_length(name));
}

/* What a parameter may be, as far as that is known. */
static void param_add(const struct seeker *seeker, const struct shell_names *names, const struct param_spec *param)
{
    if (param == NULL)
        return;
    if (param->type == PARAM_PARTNER)
        names_add(seeker, names->partners);
    if (param->type == PARAM_INCIDENT)
        names_add(seeker, names->incidents);
    for (const char *at = param->choices; at != NULL && *at != '\0'; at += strspn(at, "|")) {
        candidate_add(seeker, at, strcspn(at, "|"));
        at += strcspn(at, "|");
    }
}

/* The words that may be the first, or the second after `noun`. */
static void commands_add(const struct seeker *seeker, const struct command *const *commands, const char *noun)
{
    size_t length = noun == NULL ? 0 : strlen(noun);

    for (; *commands != NULL; commands++) {
        const char *name = (*commands)->name;
        if (noun == NULL)
            candidate_add(seeker, name, strcspn(name, " "));
        else if (strncmp(name, noun, length) == 0 && name[length] == ' ')
            candidate_add(seeker, name + length + 1, strlen(name) - length - 1);
    }
    if (noun == NULL)
        candidate_add(seeker, "quit", 4);
}

/* The option that a word is; NULL where it is none. */
static const struct option_entry *option_find(const struct options *options, const char *word)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct option_entry *entry = &options->entries[i];
        if ((word[0] == '-' && word[1] == '-' && strcmp(word + 2, entry->name) == 0) ||
            (word[0] == '-' && word[1] != '-' && word[1] == entry->letter && word[1] != '\0' && word[2] == '\0'))
            return entry;
    }
    return NULL;
}

/* The parameter that the positional number `index` of a command gives. */
static const struct param_spec *word_param(const struct command *command, int index)
{
    const char *words = command->words == NULL ? "" : command->words;
    char name[64];

    for (; words[0] != '\0'; words += strspn(words, " ?")) {
        size_t length = strcspn(words, " ?");
        snprintf(name, sizeof name, "%.*s", (int)length, words);
        words += length;
        if (index-- == 0)
            return command->method == METHOD_COUNT ? NULL : method_param(method_spec(command->method), name);
    }
    return NULL;
}

/* After a command: its options, what an option takes, or what its next word is. words: those after it, complete. */
static void arguments_add(const struct seeker *seeker, const struct shell_names *names,
                          const struct command *command, char *const *words, int count)
{
    const struct option_entry *pending = NULL;
    struct options options;
    int positionals = 0;

    command_options(command, &options);
    for (int i = 0; i < count; i++) {
        const struct option_entry *entry = pending == NULL ? option_find(&options, words[i]) : NULL;
        positionals += pending == NULL && words[i][0] != '-';
        pending = entry != NULL && entry->word != NULL ? entry : NULL;
    }
    if (pending != NULL) {
        param_add(seeker, names, pending->param);
    } else if (seeker->typed[0] == '-') {
        for (size_t i = 0; i < options.count; i++) {
            char *option = memory_format("--%s", options.entries[i].name);
            candidate_add(seeker, option, strlen(option));
            free(option);
        }
    } else {
        param_add(seeker, names, word_param(command, positionals));
    }
    options_release(&options);
}

json_t *shell_complete(const struct command *const *commands, const struct shell_names *names,
                       const struct shell_words *line, const char **typed)
{
    int count = line->open ? line->count - 1 : line->count, used = 1;
    struct seeker seeker = {.found = json_array(), .typed = line->open ? line->words[count] : ""};
    const struct command *command = NULL;

    *typed = seeker.typed;
    if (count == 0) {
        commands_add(&seeker, commands, NULL);
        return seeker.found;
    }
    if (count > 1) {
        char *both = memory_format("%s %s", line->words[0], line->words[1]);
        command = command_find(commands, both);
        used = command == NULL ? 1 : 2;
        free(both);
    }
    if (command == NULL)
        command = command_find(commands, line->words[0]);
    if (count == 1 && seeker.typed[0] != '-')
        commands_add(&seeker, commands, line->words[0]);
    if (command != NULL)
        arguments_add(&seeker, names, command, line->words + used, count - used);
    return seeker.found;
}

size_t shell_common(const json_t *candidates)
{
    const char *first = json_string_value(json_array_get(candidates, 0));
    size_t length = first == NULL ? 0 : strlen(first), i;
    json_t *other;

    json_array_foreach(candidates, i, other)
    {
        size_t same = 0;
        while (same < length && json_string_value(other)[same] == first[same])
            same++;
        length = same;
    }
    return length;
}
