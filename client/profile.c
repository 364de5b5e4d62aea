/* Finds and reads profiles with libConfuse. */
#include "client/profile.h"
#include "client/config_file.h"
#include "client/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The path as seen from the directory of file; for free(). */
static char *path_beside(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');

    if (path == NULL || path[0] == '\0')
        return NULL;
    if (path[0] == '/' || slash == NULL)
        return memory_copy(path);
    return memory_format("%.*s/%s", (int)(slash - file), file, path);
}

static char *word_copy(const char *word)
{
    return word == NULL || word[0] == '\0' ? NULL : memory_copy(word);
}

bool profile_read(struct profile *profile, const char *path, char *why, size_t why_size)
{
    cfg_opt_t opts[] = {
        CFG_STR("address", NULL, CFGF_NONE),     CFG_STR("ca", NULL, CFGF_NONE),
        CFG_STR("certificate", NULL, CFGF_NONE), CFG_STR("key", NULL, CFGF_NONE),
        CFG_STR("server_name", NULL, CFGF_NONE), CFG_END(),
    };
    cfg_t *cfg = config_parse(opts, path, NULL, why, why_size);

    if (cfg == NULL)
        return false;
    *profile = (struct profile){
        .address = word_copy(cfg_getstr(cfg, "address")),
        .ca = path_beside(path, cfg_getstr(cfg, "ca")),
        .certificate = path_beside(path, cfg_getstr(cfg, "certificate")),
        .key = path_beside(path, cfg_getstr(cfg, "key")),
        .server_name = word_copy(cfg_getstr(cfg, "server_name")),
    };
    cfg_free(cfg);
    return true;
}

/* $XDG_CONFIG_HOME/entitle or ~/.config/entitle, for free(). */
static char *config_folder(void)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    if (config != NULL && config[0] == '/')
        return memory_format("%s/entitle", config);
    return memory_format("%s/.config/entitle", home == NULL ? "" : home);
}

/* The profile's name out of config.conf, for free(); NULL where there is none (why is then empty) or on an error.
 */
static char *config_choice(const char *folder, char *why, size_t why_size)
{
    cfg_opt_t opts[] = {CFG_STR("profile", NULL, CFGF_NONE), CFG_END()};
    char *path = memory_format("%s/config.conf", folder);
    char *name = NULL;

    why[0] = '\0';
    if (access(path, F_OK) == 0) {
        cfg_t *cfg = config_parse(opts, path, NULL, why, why_size);
        if (cfg != NULL) {
            name = word_copy(cfg_getstr(cfg, "profile"));
            cfg_free(cfg);
        }
    }
    free(path);
    return name;
}

/* The path of the chosen profile's file, for free(); NULL on an error. */
static char *profile_path(const struct profile_choice *choice, char *why, size_t why_size)
{
    char *folder = config_folder();
    char *name = NULL, *path = NULL;

    if (choice->name != NULL)
        name = memory_copy(choice->name);
    else if (getenv("ENTITLE_PROFILE") != NULL)
        name = word_copy(getenv("ENTITLE_PROFILE"));
    else {
        name = config_choice(folder, why, why_size);
        if (name == NULL && why[0] != '\0')
            goto out;
    }
    if (name == NULL)
        name = memory_copy("default");
    path = strchr(name, '/') != NULL ? memory_copy(name) : memory_format("%s/profiles/%s.conf", folder, name);
out:
    free(name);
    free(folder);
    return path;
}

static void field_override(char **field, const char *over)
{
    if (over == NULL)
        return;
    free(*field);
    *field = memory_copy(over);
}

bool profile_load(struct profile *profile, const struct profile_choice *choice, char *why, size_t why_size)
{
    const struct profile *over = &choice->over;
    bool whole = over->address && over->ca && over->certificate && over->key;
    bool named = choice->name != NULL || getenv("ENTITLE_PROFILE") != NULL;
    char *path = NULL;
    bool done = false;

    *profile = (struct profile){0};
    if (!whole || named) {
        path = profile_path(choice, why, why_size);
        if (path == NULL)
            goto out;
        if (access(path, F_OK) != 0) {
            snprintf(why, why_size,
                     "there is no profile %s: make one (see entitle(1)), choose one with --profile, or give "
                     "--address, --ca, --certificate and --private-key",
                     path);
            goto out;
        }
        if (!profile_read(profile, path, why, why_size))
            goto out;
    }
    field_override(&profile->address, over->address);
    field_override(&profile->ca, over->ca);
    field_override(&profile->certificate, over->certificate);
    field_override(&profile->key, over->key);
    field_override(&profile->server_name, over->server_name);
    const char *missing = profile->address == NULL       ? "address"
                          : profile->ca == NULL          ? "ca"
                          : profile->certificate == NULL ? "certificate"
                          : profile->key == NULL         ? "key"
                                                         : NULL;
    if (missing != NULL)
        snprintf(why, why_size, "%s: %s is missing", path == NULL ? "the command line" : path, missing);
    done = missing == NULL;
out:
    if (!done)
        profile_release(profile);
    free(path);
    return done;
}

void profile_release(struct profile *profile)
{
    free(profile->address);
    free(profile->ca);
    free(profile->certificate);
    free(profile->key);
    free(profile->server_name);
    *profile = (struct profile){0};
}
