/* Owns the run's folder, its PostgreSQL and its certificates. */
#include "tests/system/fixture.h"

#include "tests/system/certificate.h"
#include "tests/system/process.h"
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIMARY "pg" /* the folder of the usual server */
#define START_MS 90000
#define SOURCE_DIR TEST_SOURCE_DIR

static char dir[FIXTURE_PATH_MAX];
static int patience = 1;

static struct fixture_principal principals[] = {
    {"admin", "admin", NULL, ""},
    {"admin-2", "admin", NULL, ""},
    {"coordinator", "coordinator", NULL, ""},
    {"manager", "manager", NULL, ""},
    {"reporter", "reporter", NULL, ""},
    {"contoso-user", "partner", "contoso", ""},
    {"fabrikam-user", "partner", "fabrikam", ""},
    {"guinea-pig", "coordinator", NULL, ""},
    {NULL, NULL, NULL, ""},
};

const char *fixture_dir(void)
{
    return dir;
}

struct fixture_principal *fixture_principals(void)
{
    return principals;
}

const char *fixture_source(const char *name, char *path)
{
    snprintf(path, FIXTURE_PATH_MAX, "%s/%s", SOURCE_DIR, name);
    return path;
}

const char *fixture_program(const char *name)
{
    const char *path = getenv(strcmp(name, "entitled") == 0 ? "ENTITLED" : "ENTITLE");

    return path ? path : name;
}

int fixture_ms(int ms)
{
    return ms * patience;
}

bool fixture_wrapped(void)
{
    const char *wrapper = getenv("ENTITLED_WRAPPER");

    return wrapper && wrapper[0];
}

bool fixture_postgres_of(const char *name, const char *word, bool standby)
{
    char script[FIXTURE_PATH_MAX], place[FIXTURE_PATH_MAX + 64], primary[FIXTURE_PATH_MAX + 8];
    struct outcome outcome;
    const char *const argv[] = {fixture_source("sql/private-postgres", script),
                                word,
                                place,
                                standby ? "--standby-of" : NULL,
                                standby ? primary : NULL,
                                NULL};

    snprintf(place, sizeof place, "%s/%s", dir, name);
    snprintf(primary, sizeof primary, "%s/" PRIMARY, dir);
    process_run(&(struct process_wish){.argv = argv}, START_MS, &outcome);
    if (outcome.code != 0)
        fprintf(stderr, "system: private-postgres %s: %d: %s%s\n", word, outcome.code, outcome.out, outcome.err);
    bool good = outcome.code == 0;
    outcome_release(&outcome);
    return good;
}

bool fixture_postgres(const char *word)
{
    return fixture_postgres_of(PRIMARY, word, false);
}

int fixture_postmaster(void)
{
    char path[FIXTURE_PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/" PRIMARY "/data/postmaster.pid", dir);
    char *text = file_text(path);
    int pid = atoi(text);

    free(text);
    return pid;
}

/* Where a server's socket is: a short path of private-postgres's own choice, or DIR/NAME/socket. */
static void socket_dir(const char *name, char *path, size_t size)
{
    char file[FIXTURE_PATH_MAX + 64];

    snprintf(file, sizeof file, "%s/%s/socket-dir", dir, name);
    char *text = file_text(file);

    text[strcspn(text, "\n")] = '\0';
    if (text[0])
        snprintf(path, size, "%s", text);
    else
        snprintf(path, size, "%s/%s/socket", dir, name);
    free(text);
}

const char *fixture_conninfo_of(const char *name, const char *role, char *text, size_t size)
{
    char place[FIXTURE_PATH_MAX + 64];

    socket_dir(name, place, sizeof place);
    snprintf(text, size, "host=%s port=5432 dbname=entitled user=%s", place, role);
    return text;
}

const char *fixture_conninfo(const char *role)
{
    static char text[FIXTURE_PATH_MAX + 128];

    return fixture_conninfo_of(PRIMARY, role, text, sizeof text);
}

static bool migrate(void)
{
    char script[FIXTURE_PATH_MAX];
    const char *const argv[] = {fixture_source("sql/entitled-migrate", script), "--database",
                                fixture_conninfo("postgres"), NULL};
    struct outcome outcome;

    process_run(&(struct process_wish){.argv = argv}, START_MS, &outcome);
    if (outcome.code != 0)
        fprintf(stderr, "system: entitled-migrate: %d: %s%s\n", outcome.code, outcome.out, outcome.err);
    bool good = outcome.code == 0;
    outcome_release(&outcome);
    return good;
}

static bool certificates_make(void)
{
    char tls[FIXTURE_PATH_MAX + 8];
    bool good;

    snprintf(tls, sizeof tls, "%s/tls", dir);
    good = mkdir(tls, 0755) == 0 && certificate_make(tls, "ca", CERTIFICATE_CA, NULL, NULL) &&
           certificate_make(tls, "other-ca", CERTIFICATE_CA, NULL, NULL) &&
           certificate_make(tls, "server", CERTIFICATE_GOOD, "ca", NULL) &&
           certificate_make(tls, "server-2", CERTIFICATE_GOOD, "ca", NULL) &&
           certificate_make(tls, "not-enrolled", CERTIFICATE_GOOD, "ca", NULL) &&
           certificate_make(tls, "expired", CERTIFICATE_EXPIRED, "ca", NULL) &&
           certificate_make(tls, "future", CERTIFICATE_FUTURE, "ca", NULL) &&
           certificate_make(tls, "other", CERTIFICATE_GOOD, "other-ca", NULL) &&
           certificate_make(tls, "self-signed", CERTIFICATE_SELF_SIGNED, NULL, NULL) &&
           certificate_make(tls, "server-only", CERTIFICATE_SERVER_ONLY, "ca", NULL);
    for (struct fixture_principal *each = principals; good && each->name; each++)
        good = certificate_make(tls, each->name, CERTIFICATE_GOOD, "ca", each->fingerprint);
    if (!good)
        fprintf(stderr, "system: the certificates could not be made in %s\n", tls);
    return good;
}

bool fixture_start(void)
{
    const char *given = getenv("ENTITLED_TEST_DIR");
    const char *factor = getenv("ENTITLED_PATIENCE");
    char made[] = "/tmp/entitled-system-XXXXXX";

    patience = factor && atoi(factor) > 0 ? atoi(factor) : 1;
    if (!given && !(given = mkdtemp(made))) {
        perror("system: mkdtemp");
        return false;
    }
    snprintf(dir, sizeof dir, "%s", given);
    if (chmod(dir, 0755) != 0) {
        perror(dir);
        return false;
    }
    return certificates_make() && fixture_postgres("start") && migrate();
}

void fixture_stop(void)
{
    fixture_postgres("stop");
}

bool fixture_sql_of(const char *name, char *text, size_t size, const char *query)
{
    char conninfo[FIXTURE_PATH_MAX + 128];

    text[0] = '\0';
    PGconn *pg = PQconnectdb(fixture_conninfo_of(name, "postgres", conninfo, sizeof conninfo));
    PGresult *result = PQexec(pg, query);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

    if (good && PQntuples(result) > 0)
        snprintf(text, size, "%s", PQgetvalue(result, 0, 0));
    if (!good)
        fprintf(stderr, "system: %s: %s\n", query, PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
    return good;
}

bool fixture_sql(char *text, size_t size, const char *format, ...)
{
    char query[FIXTURE_LINE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(query, sizeof query, format, arguments);
    va_end(arguments);
    return fixture_sql_of(PRIMARY, text, size, query);
}

bool fixture_sql_do(const char *statement)
{
    char unused[8];

    return fixture_sql(unused, sizeof unused, "%s", statement);
}

long long fixture_sql_number(const char *format, ...)
{
    char query[FIXTURE_LINE_MAX], text[64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(query, sizeof query, format, arguments);
    va_end(arguments);
    return fixture_sql(text, sizeof text, "%s", query) && text[0] ? atoll(text) : -1;
}
