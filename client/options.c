/* getopt_long's table out of methods.def's rows. */
#include "client/options.h"
#include "client/memory.h"
#include "client/value.h"
#include "common/suggest.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_VALUE_FIRST 1000 /* getopt's value of entry 0; above every letter */
#define HELP_COLUMN 30
#define HELP_WIDTH 100

void options_release(struct options *options)
{
    for (size_t i = 0; i < options->count; i++)
        free(options->entries[i].name);
    free(options->entries);
    *options = (struct options){0};
}

static void entry_add(struct options *options, struct option_entry entry)
{
    options->entries = memory_resize(options->entries, options->count + 1, sizeof entry);
    options->entries[options->count++] = entry;
}

static bool entry_known(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->entries[i].name, name) == 0)
            return true;
    return false;
}

void options_add(struct options *options, const struct option_spec *specs, bool common)
{
    for (; specs != NULL && specs->name != NULL; specs++) {
        if (common && entry_known(options, specs->name))
            continue;
        entry_add(options, (struct option_entry){.name = memory_copy(specs->name),
                                                 .letter = specs->letter,
                                                 .word = specs->word,
                                                 .help = specs->help,
                                                 .common = common});
    }
}

/* The letter that "c=class s=severity" gives a name; 0 for none. */
static char letter_find(const char *letters, const char *name)
{
    size_t length = strlen(name);

    while (letters != NULL && letters[0] != '\0') {
        size_t end = strcspn(letters, " ");
        if (end == length + 2 && letters[1] == '=' && strncmp(letters + 2, name, length) == 0)
            return letters[0];
        letters += end + (letters[end] == ' ');
    }
    return 0;
}

static void param_add(struct options *options, const struct param_spec *param, const char *letters)
{
    struct option_entry entry = {
        .name = memory_copy(param->name),
        .letter = letter_find(letters, param->name),
        .word = param->type == PARAM_BOOLEAN ? NULL : value_word(param),
        .help = param->help,
        .param = param,
    };

    for (char *at = entry.name; (at = strchr(at, '_')) != NULL;)
        *at = '-';
    entry_add(options, entry);
}

/* Whether name is one of the words. */
static bool word_among(const char *words, const char *name)
{
    size_t length = strlen(name);

    while (words != NULL && words[0] != '\0') {
        size_t end = strcspn(words, " ");
        if (end == length && strncmp(words, name, length) == 0)
            return true;
        words += end + (words[end] == ' ');
    }
    return false;
}

void options_add_method(struct options *options, const struct method_spec *method, const char *letters,
                        const char *without)
{
    for (const struct param_spec *param = method->params; param->name != NULL; param++)
        if (strcmp(param->name, "document") != 0 && !word_among(without, param->name))
            param_add(options, param, letters);
    if (method->access == METHOD_WRITES)
        param_add(options, method_param(method, "key"), letters);
}

/* getopt's tables; both for free(). */
static struct option *getopt_table(const struct options *options, bool stop, char **letters)
{
    struct option *table = memory_new(options->count + 1, sizeof *table);
    char *at = *letters = memory_new(options->count * 2 + 3, 1);

    if (stop)
        *at++ = '+';
    *at++ = ':';
    for (size_t i = 0; i < options->count; i++) {
        const struct option_entry *entry = &options->entries[i];
        bool flag = entry->word == NULL;
        table[i] = (struct option){
            .name = entry->name,
            .has_arg = !flag                  ? required_argument
                       : entry->param != NULL ? optional_argument
                                              : no_argument,
            .val = OPTION_VALUE_FIRST + (int)i,
        };
        if (entry->letter != 0) {
            *at++ = entry->letter;
            if (!flag)
                *at++ = ':';
        }
    }
    return table;
}

static const struct option_entry *entry_find(const struct options *options, int value)
{
    if (value >= OPTION_VALUE_FIRST)
        return &options->entries[value - OPTION_VALUE_FIRST];
    for (size_t i = 0; i < options->count; i++)
        if (options->entries[i].letter == value)
            return &options->entries[i];
    return NULL;
}

static void unknown_tell(const struct options *options, const char *typed, char *why, size_t why_size)
{
    char *name = memory_format("%.*s", (int)strcspn(typed, "="), typed);
    const char **names = memory_new(options->count, sizeof *names);

    for (size_t i = 0; i < options->count; i++)
        names[i] = options->entries[i].name;
    const char *nearest = strncmp(name, "--", 2) == 0 ? suggest_nearest(name + 2, names, options->count) : NULL;
    if (nearest != NULL)
        snprintf(why, why_size, "there is no option %s; did you mean --%s?", name, nearest);
    else
        snprintf(why, why_size, "there is no option %s", name);
    free(names);
    free(name);
}

static bool entry_take(const struct option_entry *entry, const char *text, json_t *params, json_t *values,
                       char *why, size_t why_size)
{
    if (entry->param == NULL) {
        json_object_set_new(values, entry->name, json_string(text == NULL ? "yes" : text));
        if (json_object_get(values, entry->name) != NULL)
            return true;
        snprintf(why, why_size, "--%s is not UTF-8", entry->name);
        return false;
    }
    char reason[256] = "";
    json_t *value = value_read(entry->param, text, reason, sizeof reason);
    if (value == NULL) {
        snprintf(why, why_size, "--%s: %s", entry->name, reason);
        return false;
    }
    json_object_set_new(params, entry->param->name, value);
    return true;
}

bool options_parse(const struct options *options, int argc, char **argv, bool stop, json_t *params, json_t *values,
                   int *words, char *why, size_t why_size)
{
    char *letters;
    struct option *table = getopt_table(options, stop, &letters);
    bool good = true;
    int value;

    optind = 0; /* GNU: start anew */
    opterr = 0;
    while (good) {
        int before = optind == 0 ? 1 : optind;
        value = getopt_long(argc, argv, letters, table, NULL);
        if (value == -1)
            break;
        const struct option_entry *entry = value == '?' || value == ':' ? NULL : entry_find(options, value);
        if (entry != NULL) {
            good = entry_take(entry, optarg, params, values, why, why_size);
            continue;
        }
        good = false;
        char letter[3] = {'-', (char)optopt, '\0'};
        const char *typed = argv[optind > before ? optind - 1 : before];
        bool is_letter = optopt > 0 && optopt < OPTION_VALUE_FIRST && strncmp(typed, "--", 2) != 0;
        if (value == ':')
            snprintf(why, why_size, "%s needs a value", is_letter ? letter : typed);
        else if (optopt >= OPTION_VALUE_FIRST)
            snprintf(why, why_size, "%.*s takes no value", (int)strcspn(typed, "="), typed);
        else
            unknown_tell(options, is_letter ? letter : typed, why, why_size);
    }
    *words = optind;
    free(table);
    free(letters);
    return good;
}

/* Writes text from HELP_COLUMN on, broken at spaces. */
static void help_print(const char *text, FILE *stream)
{
    const size_t width = HELP_WIDTH - HELP_COLUMN;

    while (strlen(text) > width) {
        size_t end = width;
        while (end > 0 && text[end] != ' ')
            end--;
        if (end == 0)
            end = width;
        fprintf(stream, "%.*s\n%*s", (int)end, text, HELP_COLUMN, "");
        text += end + (text[end] == ' ');
    }
    fprintf(stream, "%s\n", text);
}

void options_print(const struct options *options, bool common, FILE *stream)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct option_entry *entry = &options->entries[i];
        if (entry->common != common)
            continue;
        const struct param_spec *param = entry->param;
        char *left = entry->letter != 0 ? memory_format("  -%c, --%s", entry->letter, entry->name)
                                        : memory_format("      --%s", entry->name);
        char *name =
            memory_format("%s%s%s", left, entry->word == NULL ? "" : " ", entry->word == NULL ? "" : entry->word);
        bool choices = param != NULL && param->choices != NULL;
        char *help = memory_format(
            "%s%s%s%s%s", entry->help, choices ? " (" : "", choices ? param->choices : "", choices ? ")" : "",
            param != NULL && param->required && entry->letter != 'k' && strcmp(param->name, "key") != 0
                ? "; required"
                : "");
        if (strlen(name) + 2 > HELP_COLUMN)
            fprintf(stream, "%s\n%*s", name, HELP_COLUMN, "");
        else
            fprintf(stream, "%-*s", HELP_COLUMN, name);
        help_print(help, stream);
        free(help);
        free(name);
        free(left);
    }
}
