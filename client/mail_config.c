/* libConfuse's table out of mail_options.def, and the checks that need more than one option. */
#include "client/mail_config.h"
#include "client/config_file.h"
#include "client/memory.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_BYTES_MAX 256
#define DOMAIN_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
#define HOST_BYTES DOMAIN_BYTES ":" /* of an IPv6 address */

struct option {
    const char *name;
    const char *words; /* of a text; NULL: any */
    long min, max;     /* of an integer */
    const char *unit;  /* NULL: it is a text */
};

static const struct option options[] = {
#define MAIL_TEXT(name, otherwise, words, text) {#name, words, 0, 0, NULL},
#define MAIL_INTEGER(name, otherwise, min, max, unit, text) {#name, NULL, min, max, unit},
#define MAIL_LIST(name, text) {#name, NULL, 0, 0, NULL},
#include "client/mail_options.def"
#undef MAIL_TEXT
#undef MAIL_INTEGER
#undef MAIL_LIST
};

bool mail_address_good(const char *text)
{
    const char *at = text == NULL ? NULL : strrchr(text, '@');

    if (at == NULL || at == text || at[1] == '\0' || strlen(text) > MAIL_ADDRESS_MAX || text[0] == '-')
        return false;
    if (strchr(text, '@') != at || text[0] == '.' || at[-1] == '.' || strstr(text, "..") != NULL)
        return false;
    if (strspn(at + 1, DOMAIN_BYTES) != strlen(at + 1))
        return false;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"(),:;<>[\\]", *text) != NULL)
            return false;
    return true;
}

static bool word_among(const char *word, const char *words)
{
    size_t length = strlen(word);

    for (const char *at = words; length > 0 && *at != '\0'; at += strcspn(at, "|"), at += *at == '|')
        if (strcspn(at, "|") == length && strncmp(at, word, length) == 0)
            return true;
    return false;
}

/* A text, against its row. */
static bool text_validate(cfg_t *cfg, const struct option *option, const char *value)
{
    bool address = strcmp(option->name, "from") == 0 || strcmp(option->name, "managers") == 0;

    if (option->words != NULL && !word_among(value, option->words))
        cfg_error(cfg, "%s is \"%s\"; it must be one of %s", option->name, value, option->words);
    else if (address && !mail_address_good(value))
        cfg_error(cfg, "%s: \"%s\" is no mail address", option->name, value);
    else if (strcmp(option->name, "server") == 0 &&
             (value[0] == '\0' || strspn(value, HOST_BYTES) != strlen(value)))
        cfg_error(cfg, "server: \"%s\" is neither a name nor an address (its port is an option of its own)", value);
    else
        return true;
    return false;
}

/* What was set just now: a value, or all those of a list. */
static int option_validate(cfg_t *cfg, cfg_opt_t *opt)
{
    const struct option *option = options;

    while (strcmp(option->name, opt->name) != 0)
        option++;
    if (option->unit != NULL) {
        long value = cfg_opt_getnint(opt, 0);
        if (value >= option->min && value <= option->max)
            return 0;
        cfg_error(cfg, "%s is %ld; it must be %ld to %ld %s", opt->name, value, option->min, option->max,
                  option->unit);
        return -1;
    }
    for (unsigned i = 0; i < cfg_opt_size(opt); i++)
        if (!text_validate(cfg, option, cfg_opt_getnstr(opt, i)))
            return -1;
    return 0;
}

static void options_prepare(cfg_t *cfg)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        cfg_set_validate_func(cfg, options[i].name, option_validate);
}

/* The path as seen from the folder of file, for free(); NULL where it is empty. */
static char *path_beside(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');

    if (path[0] == '\0')
        return NULL;
    if (path[0] == '/' || slash == NULL)
        return memory_copy(path);
    return memory_format("%.*s/%s", (int)(slash - file), file, path);
}

/* The first line of a file that nobody else may read, for free(); NULL with a sentence. */
static char *password_read(const char *path, char *why, size_t why_size)
{
    char text[PASSWORD_BYTES_MAX + 2] = "", *password = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    ssize_t length;

    if (fd < 0 || fstat(fd, &status) != 0) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(status.st_mode) || (status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
        snprintf(why, why_size, "%s has a password, and others may read or change it (mode %03o): chmod 600 %s",
                 path, (unsigned)status.st_mode & 0777, path);
        goto out;
    }
    length = read(fd, text, sizeof text - 1);
    text[length < 0 ? 0 : length] = '\0';
    size_t end = strcspn(text, "\r\n");
    if (end == 0 || end > PASSWORD_BYTES_MAX || (length > 0 && memchr(text, '\0', (size_t)length) != NULL)) {
        snprintf(why, why_size, "%s: its first line is no password of 1 to %d bytes", path, PASSWORD_BYTES_MAX);
        goto out;
    }
    text[end] = '\0';
    password = memory_copy(text);
out:
    explicit_bzero(text, sizeof text);
    if (fd >= 0)
        close(fd);
    return password;
}

/* True if the name is of this machine, whatever a name server says. */
static bool server_here(const char *server)
{
    unsigned char address[sizeof(struct in_addr)];

    return strcmp(server, "localhost") == 0 || strcmp(server, "::1") == 0 ||
           (inet_pton(AF_INET, server, address) == 1 && address[0] == 127);
}

/* What needs more than one option. */
static bool config_check(struct mail_config *config, const char *path, const char *password_file, char *why,
                         size_t why_size)
{
    if (config->from == NULL)
        snprintf(why, why_size, "%s: from is missing: the address that the reports come from", path);
    else if (config->tls == MAIL_TLS_NONE && !server_here(config->server))
        snprintf(why, why_size,
                 "%s: tls is none, which is for a server on this machine only (localhost), not for %s", path,
                 config->server);
    else if ((config->user == NULL) != (password_file == NULL))
        snprintf(why, why_size, "%s: user and password_file go together; %s is missing", path,
                 config->user == NULL ? "user" : "password_file");
    else if (config->ca != NULL && access(config->ca, R_OK) != 0)
        snprintf(why, why_size, "%s: ca: %s: %s", path, config->ca, strerror(errno));
    else if (password_file == NULL || (config->password = password_read(password_file, why, why_size)) != NULL)
        return true;
    return false;
}

static char *text_get(cfg_t *cfg, const char *name)
{
    const char *value = cfg_getstr(cfg, name);

    return value == NULL || value[0] == '\0' ? NULL : memory_copy(value);
}

bool mail_config_read(struct mail_config *config, const char *path, char *why, size_t why_size)
{
    cfg_opt_t opts[] = {
#define MAIL_TEXT(name, otherwise, words, text) CFG_STR(#name, otherwise, CFGF_NONE),
#define MAIL_INTEGER(name, otherwise, min, max, unit, text) CFG_INT(#name, otherwise, CFGF_NONE),
#define MAIL_LIST(name, text) CFG_STR_LIST(#name, NULL, CFGF_NONE),
#include "client/mail_options.def"
#undef MAIL_TEXT
#undef MAIL_INTEGER
#undef MAIL_LIST
        CFG_END(),
    };
    cfg_t *cfg = config_parse(opts, path, options_prepare, why, why_size);

    *config = (struct mail_config){0};
    if (cfg == NULL)
        return false;
    const char *tls = cfg_getstr(cfg, "tls");
    *config = (struct mail_config){
        .server = text_get(cfg, "server"),
        .port = (int)cfg_getint(cfg, "port"),
        .tls = strcmp(tls, "none") == 0       ? MAIL_TLS_NONE
               : strcmp(tls, "implicit") == 0 ? MAIL_TLS_IMPLICIT
                                              : MAIL_TLS_STARTTLS,
        .ca = path_beside(path, cfg_getstr(cfg, "ca")),
        .user = text_get(cfg, "user"),
        .from = text_get(cfg, "from"),
        .manager_count = cfg_size(cfg, "managers"),
        .timeout_s = (int)cfg_getint(cfg, "timeout"),
    };
    config->managers = memory_new(config->manager_count + 1, sizeof *config->managers);
    for (size_t i = 0; i < config->manager_count; i++)
        config->managers[i] = memory_copy(cfg_getnstr(cfg, "managers", (unsigned)i));
    char *password_file = path_beside(path, cfg_getstr(cfg, "password_file"));
    cfg_free(cfg);
    bool good = config_check(config, path, password_file, why, why_size);
    free(password_file);
    if (!good)
        mail_config_release(config);
    return good;
}

void mail_config_release(struct mail_config *config)
{
    if (config->password != NULL)
        explicit_bzero(config->password, strlen(config->password));
    for (size_t i = 0; i < config->manager_count; i++)
        free(config->managers[i]);
    free(config->managers);
    free(config->server);
    free(config->ca);
    free(config->user);
    free(config->password);
    free(config->from);
    *config = (struct mail_config){0};
}
