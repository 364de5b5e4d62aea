/* libConfuse, with errors as values. */
#include "client/config_file.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* libConfuse's error function takes no argument of ours; this is set for the time of one parse. */
static _Thread_local struct {
    char *why;
    size_t why_size;
} parse;

__attribute__((format(printf, 2, 0))) static void parse_error(cfg_t *cfg, const char *format, va_list list)
{
    if (parse.why[0] != '\0') /* the first is the cause */
        return;
    int used =
        snprintf(parse.why, parse.why_size, "%s:%d: ", cfg->filename == NULL ? "" : cfg->filename, cfg->line);
    if (used > 0 && (size_t)used < parse.why_size)
        vsnprintf(parse.why + used, parse.why_size - (size_t)used, format, list);
}

cfg_t *config_parse(cfg_opt_t *opts, const char *path, config_prepare *prepare, char *why, size_t why_size)
{
    cfg_t *cfg = cfg_init(opts, CFGF_NONE);

    why[0] = '\0';
    if (cfg == NULL) {
        snprintf(why, why_size, "memory ran out");
        return NULL;
    }
    parse.why = why;
    parse.why_size = why_size;
    cfg_set_error_function(cfg, parse_error);
    if (prepare != NULL)
        prepare(cfg);
    errno = 0;
    int result = cfg_parse(cfg, path);
    if (result == CFG_SUCCESS)
        return cfg;
    if (result == CFG_FILE_ERROR)
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    else if (why[0] == '\0')
        snprintf(why, why_size, "%s: this is no configuration file", path);
    cfg_free(cfg);
    return NULL;
}
