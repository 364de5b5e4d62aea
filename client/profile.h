/*
 * Where the server is and who we are to it: a profile file, and the flags that override it.
 * Profiles stand in $XDG_CONFIG_HOME/entitle/profiles/NAME.conf (libConfuse syntax).
 */
#ifndef CLIENT_PROFILE_H
#define CLIENT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

struct profile {
    char *address;     /* host:port, [address]:port or host */
    char *ca;          /* file: who may sign the server's certificate */
    char *certificate; /* file: ours */
    char *key;         /* file: ours */
    char *server_name; /* the name the server's certificate must have; NULL: the host of the address */
};

/* What the command line says; NULL: not said. */
struct profile_choice {
    const char *name; /* of a profile, or with a '/' the path of a file */
    struct profile over;
};

/*
 * Reads the chosen profile: choice->name, else $ENTITLE_PROFILE, else `profile` in entitle/config.conf,
 * else "default". No file is needed where the command line says all. Relative paths in a file are
 * relative to its directory. Fills profile (profile_release()), or returns false with a sentence.
 */
bool profile_load(struct profile *profile, const struct profile_choice *choice, char *why, size_t why_size);

/* Reads one profile file, as it stands there; address, ca, certificate and key may be missing. */
bool profile_read(struct profile *profile, const char *path, char *why, size_t why_size);

void profile_release(struct profile *profile);

#endif
