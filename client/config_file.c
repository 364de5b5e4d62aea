/*
 * libConfuse, with errors as values.  The file is read here and parsed from memory: so its comments can be
 * taken out first, which libConfuse counts wrongly.
 */
#include "client/config_file.h"
#include "common/comment.h"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libConfuse's error function takes no argument of ours; this is set for the time of one parse. */
static _Thread_local struct {
    const char *path;
    char *why;
    size_t why_size;
} parse;

__attribute__((format(printf, 2, 0))) static void parse_error(cfg_t *cfg, const char *format, va_list list)
{
    if (parse.why[0] != '\0') /* the first is the cause */
        return;
    int used = snprintf(parse.why, parse.why_size, "%s:%d: ", parse.path, cfg->line);
    if (used > 0 && (size_t)used < parse.why_size)
        vsnprintf(parse.why + used, parse.why_size - (size_t)used, format, list);
}

/* The whole file, for free(); NULL with a sentence. */
static char *file_read(const char *path, char *why, size_t why_size)
{
    FILE *file;
    char *text = NULL;
    size_t size = 0;

    errno = 0;
    file = fopen(path, "re");
    bool more = file != NULL && getdelim(&text, &size, '\0', file) >= 0;
    if (file == NULL || ferror(file) != 0)
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    else if (more && feof(file) == 0)
        snprintf(why, why_size, "%s: has a NUL byte; it must be a text file", path);
    else if (!more && (free(text), text = strdup("")) == NULL)
        snprintf(why, why_size, "memory ran out");
    if (file != NULL)
        fclose(file);
    if (why[0] == '\0')
        return text;
    free(text);
    return NULL;
}

const char *config_path(void)
{
    return parse.path;
}

cfg_t *config_parse(cfg_opt_t *opts, const char *path, config_prepare *prepare, char *why, size_t why_size)
{
    cfg_t *cfg = NULL;
    int result = CFG_PARSE_ERROR;

    why[0] = '\0';
    char *text = file_read(path, why, why_size);
    if (text == NULL)
        return NULL;
    comment_blank(text);
    parse.path = path;
    parse.why = why;
    parse.why_size = why_size;
    cfg = cfg_init(opts, CFGF_NONE);
    if (cfg == NULL) {
        snprintf(why, why_size, "memory ran out");
        goto out;
    }
    cfg_set_error_function(cfg, parse_error);
    if (prepare != NULL)
        prepare(cfg);
    result = cfg_parse_buf(cfg, text);
    if (result != CFG_SUCCESS && why[0] == '\0')
        snprintf(why, why_size, "%s: this is no configuration file", path);
out:
    free(text);
    if (result == CFG_SUCCESS)
        return cfg;
    if (cfg != NULL)
        cfg_free(cfg);
    return NULL;
}
