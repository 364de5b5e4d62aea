/*
 * entitled(8): reads the command line and the configuration, then runs the supervisor in the
 * foreground.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "common/log.h"
#include "daemon/listener.h"
#include "daemon/options.h"
#include "daemon/supervisor.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define CONFIG_DEFAULT SYSCONFDIR "/entitled/entitled.conf"
#define WHY_MAX 512

static const char help[] =
    "usage: entitled [-c FILE] [--check-config]\n"
    "\n"
    "The incident tracker's daemon. It stays in the foreground and logs to standard error.\n"
    "\n"
    "  -c, --config FILE   configuration (" CONFIG_DEFAULT ")\n"
    "      --check-config  check the configuration and say what is wrong with it, then exit\n"
    "      --version       print the version, then exit\n"
    "      --help          print this, then exit\n"
    "\n"
    "See entitled(8) and entitled.conf(5).\n";

/* Reads the configuration, and checks what its table cannot. NULL with a sentence. */
static struct options *config_load(const char *path, char *why, size_t why_size)
{
    struct listener_address addresses[LISTENER_SOCKETS_MAX];
    struct options *options = options_load(path, why, why_size);
    char problem[WHY_MAX / 2];

    if (options == NULL || listener_parse(options->listen, addresses, problem, sizeof(problem)) > 0)
        return options;
    snprintf(why, why_size, "%s: %s", path, problem);
    options_free(options);
    return NULL;
}

static int config_check(const char *path)
{
    char why[WHY_MAX];
    struct options *options = config_load(path, why, sizeof(why));

    if (options == NULL) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    printf("%s: ok\n", path);
    options_free(options);
    return 0;
}

static int daemon_run(const char *path)
{
    char why[WHY_MAX];
    struct options *options = config_load(path, why, sizeof(why));

    if (options == NULL) {
        log_setup(LOG_LEVEL_INFO, "supervisor", supervisor_journal());
        log_error("supervisor.failed", "why", why);
        return 1;
    }
    int code = supervisor_run(path, options);

    options_free(options);
    return code;
}

int main(int count, char **words)
{
    enum { OPTION_CHECK = 256, OPTION_VERSION, OPTION_HELP };
    static const struct option table[] = {{"config", required_argument, NULL, 'c'},
                                          {"check-config", no_argument, NULL, OPTION_CHECK},
                                          {"version", no_argument, NULL, OPTION_VERSION},
                                          {"help", no_argument, NULL, OPTION_HELP},
                                          {NULL, 0, NULL, 0}};
    const char *path = CONFIG_DEFAULT;
    bool check = false;
    int option;

    while ((option = getopt_long(count, words, "c:", table, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case OPTION_CHECK:
            check = true;
            break;
        case OPTION_VERSION:
            printf("entitled %s\n", PACKAGE_VERSION);
            return 0;
        case OPTION_HELP:
            fputs(help, stdout);
            return 0;
        default:
            fprintf(stderr, "entitled: try --help\n");
            return 2;
        }
    }
    if (optind < count) {
        fprintf(stderr, "entitled: \"%s\" is not expected; try --help\n", words[optind]);
        return 2;
    }
    return check ? config_check(path) : daemon_run(path);
}
