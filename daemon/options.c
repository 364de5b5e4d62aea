/*
 * The daemon's options: reads a configuration file with libConfuse against the table in options.def.
 * It exists so that name, default, range and text of an option stand in one place, and so that every
 * mistake in the file becomes one sentence with its line.
 *
 * The file is read here and parsed from memory: libConfuse's lexer ends the process on a read error.
 */
#include "daemon/options.h"
#include "common/comment.h"
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (1L << 20)

/* A row of the table, in the form that checks need. */
struct row {
    const char *name;
    bool integer;
    long min, max;
    const char *unit;
    const char *words;
    const char *otherwise; /* a string's default */
};

static const struct row rows[] = {
#define OPTION_INTEGER(name, value, min, max, unit, reloadable, text) {#name, true, min, max, unit, NULL, NULL},
#define OPTION_STRING(name, value, words, reloadable, text) {#name, false, 0, 0, NULL, words, value},
#include "daemon/options.def"
#undef OPTION_INTEGER
#undef OPTION_STRING
};

/* Where the sentence of the parse under way goes: libConfuse's error function gets no pointer of ours. */
static struct complaint {
    const char *path;
    char *why;
    size_t why_size;
    bool made;
} complaint;

__attribute__((format(printf, 2, 0))) static void complain(cfg_t *cfg, const char *format, va_list arguments)
{
    char text[512];

    if (complaint.made)
        return;
    complaint.made = true;
    vsnprintf(text, sizeof(text), format, arguments);
    snprintf(complaint.why, complaint.why_size, "%s:%d: %s", complaint.path, cfg->line, text);
}

static const struct row *row_find(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

/* True if word is one of the words, which are separated by '|'. */
static bool word_allowed(const char *words, const char *word)
{
    size_t length = strlen(word);

    while (length > 0) {
        size_t span = strcspn(words, "|");

        if (span == length && strncmp(words, word, length) == 0)
            return true;
        if (words[span] == '\0')
            break;
        words += span + 1;
    }
    return false;
}

/* Called by libConfuse after each value: the range or the words of its row. */
static int value_check(cfg_t *cfg, cfg_opt_t *option)
{
    const struct row *row = row_find(cfg_opt_name(option));

    if (row == NULL)
        return 0;
    if (row->integer) {
        long value = cfg_opt_getnint(option, 0);

        if (value >= row->min && value <= row->max)
            return 0;
        cfg_error(cfg, "%s is %ld; it may be %ld to %ld %s", row->name, value, row->min, row->max, row->unit);
        return -1;
    }
    const char *text = cfg_opt_getnstr(option, 0);

    if (text == NULL || (text[0] == '\0' && row->otherwise[0] != '\0')) {
        cfg_error(cfg, "%s is empty; give it a value, or leave the line out for the default", row->name);
        return -1;
    }
    if (row->words != NULL && !word_allowed(row->words, text)) {
        cfg_error(cfg, "%s is \"%.64s\"; it may be one of %s", row->name, text, row->words);
        return -1;
    }
    return 0;
}

/* The whole file as a string of its own, or NULL with a sentence. */
static char *file_read(const char *path, char *why, size_t why_size)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t length = 0;

    if (file == NULL) {
        snprintf(why, why_size, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    text = malloc((size_t)FILE_BYTES_MAX + 1);
    if (text == NULL) {
        snprintf(why, why_size, "%s: memory ran out", path);
        goto out;
    }
    errno = 0;
    length = fread(text, 1, (size_t)FILE_BYTES_MAX + 1, file);
    text[length > (size_t)FILE_BYTES_MAX ? (size_t)FILE_BYTES_MAX : length] = '\0';
    if (ferror(file) != 0)
        snprintf(why, why_size, "%s: cannot be read: %s", path, strerror(errno));
    else if (length > (size_t)FILE_BYTES_MAX)
        snprintf(why, why_size, "%s: is larger than %ld bytes; is it the right file?", path, FILE_BYTES_MAX);
    else if (strlen(text) != length)
        snprintf(why, why_size, "%s: has a NUL byte; it must be a text file", path);
    else
        goto out;
    free(text);
    text = NULL;
out:
    fclose(file);
    return text;
}

/* Copies the parsed values. False if memory ran out. */
static bool values_take(cfg_t *cfg, struct options *options)
{
#define OPTION_INTEGER(name, ...) options->name = cfg_getint(cfg, #name);
#define OPTION_STRING(name, ...)                                                                                   \
    options->name = strdup(cfg_getstr(cfg, #name));                                                                \
    if (options->name == NULL)                                                                                     \
        return false;
#include "daemon/options.def"
#undef OPTION_INTEGER
#undef OPTION_STRING
    return true;
}

/* Parses text into options. False with a sentence. */
static bool text_parse(const char *path, const char *text, struct options *options, char *why, size_t why_size)
{
    cfg_opt_t table[] = {
#define OPTION_INTEGER(name, value, ...) CFG_INT(#name, value, CFGF_NONE),
#define OPTION_STRING(name, value, ...) CFG_STR(#name, value, CFGF_NONE),
#include "daemon/options.def"
#undef OPTION_INTEGER
#undef OPTION_STRING
        CFG_END()};
    cfg_t *cfg = cfg_init(table, CFGF_NONE);
    bool good = false;

    if (cfg == NULL) {
        snprintf(why, why_size, "memory ran out");
        return false;
    }
    complaint = (struct complaint){.path = path, .why = why, .why_size = why_size};
    cfg_set_error_function(cfg, complain);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cfg_set_validate_func(cfg, rows[i].name, value_check);
    if (text != NULL && cfg_parse_buf(cfg, text) != CFG_SUCCESS) {
        if (!complaint.made)
            snprintf(why, why_size, "%s: cannot be understood", path);
    } else if (!values_take(cfg, options)) {
        snprintf(why, why_size, "memory ran out");
    } else {
        good = true;
    }
    complaint = (struct complaint){0};
    cfg_free(cfg);
    return good;
}

struct options *options_load(const char *path, char *why, size_t why_size)
{
    struct options *options = calloc(1, sizeof(*options));
    char *text = NULL;

    if (options == NULL) {
        snprintf(why, why_size, "memory ran out");
        return NULL;
    }
    if (path != NULL && (text = file_read(path, why, why_size)) == NULL) {
        options_free(options);
        return NULL;
    }
    if (text != NULL)
        comment_blank(text);
    if (!text_parse(path, text, options, why, why_size)) {
        options_free(options);
        options = NULL;
    }
    free(text);
    return options;
}

void options_free(struct options *options)
{
    if (options == NULL)
        return;
#define OPTION_INTEGER(name, ...)
#define OPTION_STRING(name, ...) free(options->name);
#include "daemon/options.def"
#undef OPTION_INTEGER
#undef OPTION_STRING
    free(options);
}

static void integer_swap(long *a, long *b)
{
    long kept = *a;

    *a = *b;
    *b = kept;
}

static void string_swap(char **a, char **b)
{
    char *kept = *a;

    *a = *b;
    *b = kept;
}

const char *options_reload(struct options *current, struct options *fresh)
{
    const char *restart = NULL;

#define OPTION_INTEGER(name, value, min, max, unit, reloadable, ...)                                               \
    if (reloadable)                                                                                                \
        integer_swap(&current->name, &fresh->name);                                                                \
    else if (current->name != fresh->name && restart == NULL)                                                      \
        restart = #name;
#define OPTION_STRING(name, value, words, reloadable, ...)                                                         \
    if (reloadable)                                                                                                \
        string_swap(&current->name, &fresh->name);                                                                 \
    else if (strcmp(current->name, fresh->name) != 0 && restart == NULL)                                           \
        restart = #name;
#include "daemon/options.def"
#undef OPTION_INTEGER
#undef OPTION_STRING
    return restart;
}
