/*
 * What every system test stands on: one private PostgreSQL, migrated, and a folder of certificates.  Made
 * once a run; the run script stops it even if this program dies.
 */
#ifndef TESTS_SYSTEM_FIXTURE_H
#define TESTS_SYSTEM_FIXTURE_H

#include "common/tls.h"
#include <stdbool.h>
#include <stddef.h>

#define FIXTURE_PATH_MAX 512
#define FIXTURE_LINE_MAX 4096

/* A principal that the tests use; its certificate is NAME.pem. */
struct fixture_principal {
    const char *name, *role, *partner; /* partner NULL: none */
    char fingerprint[TLS_FINGERPRINT_MAX];
};

/*
 * Starts PostgreSQL and makes the certificates: ca, other-ca, server, server-2, one of each principal, and the
 * bad ones: not-enrolled, expired, future, other (of other-ca), self-signed, server-only. False: it was said why.
 */
bool fixture_start(void);

/* Stops PostgreSQL. */
void fixture_stop(void);

/* The run's folder; certificates are in its tls/. */
const char *fixture_dir(void);

/* A file of the project's tree, in path (FIXTURE_PATH_MAX bytes); returns it. */
const char *fixture_source(const char *name, char *path);

/* The program under test: "entitled", "entitle"; from the environment (ENTITLED, ENTITLE). */
const char *fixture_program(const char *name);

/* The principals; the last has name NULL. The first is the administrator. */
struct fixture_principal *fixture_principals(void);

/* A libpq connection string for a database role. Good until the next call. */
const char *fixture_conninfo(const char *role);

/* The same of a server that fixture_postgres_of() has made; in text (size bytes), which it returns. */
const char *fixture_conninfo_of(const char *name, const char *role, char *text, size_t size);

/* A deadline: so much longer where programs run under valgrind or sanitizers. */
int fixture_ms(int ms);

/* True where the daemon runs under a wrapper (valgrind): what is about figures is then left out. */
bool fixture_wrapped(void);

/* Runs sql/private-postgres with a word (start, stop); true if it exits with 0. */
bool fixture_postgres(const char *word);

/* The same of another server, in the folder of this name. standby: it is made as a standby of the usual one. */
bool fixture_postgres_of(const char *name, const char *word, bool standby);

/* The process id of the server's first process; 0 if it does not run. */
int fixture_postmaster(void);

/*
 * One value by SQL, as the database's administrator (which row-level security does not bind): the first
 * column of the first row in text (size bytes), "" where there is none. False with a message on an error.
 */
bool fixture_sql(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same of a server that fixture_postgres_of() has made. */
bool fixture_sql_of(const char *name, char *text, size_t size, const char *query);

/* A statement whose result does not matter. False with a message on an error. */
bool fixture_sql_do(const char *statement);

/* The same as a number; -1 on an error. */
long long fixture_sql_number(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
