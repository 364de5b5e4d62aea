/*
 * The model test: random sequences of operations on the model and on PostgreSQL, until so many are done.
 * tests/model/run makes the databases and starts it.
 *
 *   model CONNINFO… [--operations N] [--seed S] [--minutes M] [--length L]    a worker for each database
 *   model --catalogue                                                         prints the catalogue's document
 */
#include "tests/model/generate.h"
#include "tests/model/shrink.h"
#include "tests/model/zone.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    WORKERS_MAX = 16,
    LENGTH_MAX = 900,       /* operations of a sequence: the arrays of model.h are made for it */
    WHOLE_EVERY = 100,      /* operations: then all partners are compared, to the last entry */
    PROGRESS_EVERY = 20000, /* operations */
    REACHED_BY = 100000     /* operations: from so many on, all that is wanted must have been reached */
};

/* What the workers count together; in memory that they share. */
struct counts {
    atomic_long operations, requests, sequences, failures;
    atomic_long outcomes[METHODS][REASONS], replayed[METHODS], kinds[KINDS];
};

struct settings {
    const char *conninfos[WORKERS_MAX];
    int workers, length;
    long operations;
    double minutes;
    uint64_t seed;
};

/* What has to be reached, lest the test has become blind: outcomes of methods. (And a replay of each, and each kind
 * of entry.) */
static const struct {
    enum method method;
    enum reason reason;
} wanted[] = {
    {PARTNER_CREATE, OK},
    {PARTNER_CREATE, INVALID_STATE},
    {PARTNER_UPDATE, OK},
    {PARTNER_UPDATE, INVALID_PARAMS},
    {PARTNER_UPDATE, NOT_FOUND},
    {CONTRACT_CREATE, OK},
    {CONTRACT_CREATE, INVALID_PARAMS},
    {CONTRACT_CREATE, INVALID_STATE},
    {CONTRACT_CREATE, NOT_FOUND},
    {CONTRACT_ACTIVATE, OK},
    {CONTRACT_ACTIVATE, INVALID_STATE},
    {CONTRACT_ACTIVATE, NOT_FOUND},
    {CONTRACT_RENEW, OK},
    {CONTRACT_RENEW, INVALID_STATE},
    {CONTRACT_RENEW, INVALID_PARAMS},
    {CONTRACT_RENEW, NOT_FOUND},
    {CONTRACT_CANCEL, OK},
    {CONTRACT_CANCEL, INVALID_STATE},
    {CONTRACT_TOP_UP, OK},
    {CONTRACT_TOP_UP, CONTRACT_NOT_ACTIVE},
    {CONTRACT_TOP_UP, NOT_FOUND},
    {CONTRACT_UPGRADE, OK},
    {CONTRACT_UPGRADE, INVALID_STATE},
    {CONTRACT_UPGRADE, CONTRACT_NOT_ACTIVE},
    {CONTRACT_UPGRADE, INVALID_PARAMS},
    {INCIDENT_OPEN, OK},
    {INCIDENT_OPEN, INVALID_PARAMS},
    {INCIDENT_OPEN, FORBIDDEN},
    {INCIDENT_OPEN, NOT_FOUND},
    {INCIDENT_OPEN, INVALID_STATE},
    {INCIDENT_OPEN, KEY_REUSED},
    {INCIDENT_OPEN, ENTITLEMENT_EXHAUSTED},
    {INCIDENT_OPEN, NO_ENTITLEMENT},
    {INCIDENT_OPEN, OUTAGE_REQUIRED},
    {INCIDENT_OPEN, OVERRIDE_NEEDS_REASON},
    {INCIDENT_CHECK, OK},
    {INCIDENT_CHECK, ENTITLEMENT_EXHAUSTED},
    {INCIDENT_CREDIT, OK},
    {INCIDENT_CREDIT, ALREADY_CREDITED},
    {INCIDENT_CREDIT, INVALID_PARAMS},
    {INCIDENT_CREDIT, INVALID_STATE},
    {INCIDENT_CREDIT, NOT_FOUND},
    {INCIDENT_RESOLVE, OK},
    {INCIDENT_RESOLVE, INVALID_STATE},
    {INCIDENT_CLOSE, OK},
    {INCIDENT_CLOSE, INVALID_STATE},
    {INCIDENT_REOPEN, OK},
    {INCIDENT_REOPEN, INVALID_STATE},
    {USAGE_RECORD, OK},
    {USAGE_RECORD, ENTITLEMENT_EXHAUSTED},
    {USAGE_RECORD, NO_ENTITLEMENT},
    {USAGE_RECORD, INVALID_PARAMS},
    {CATALOGUE_APPLY, OK},
};

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void failure_print(struct drive *drive, const struct settings *settings, uint64_t sequence,
                          struct operation *operations, int count)
{
    int failed;

    printf("FAILED seed %" PRIu64 ", sequence %" PRIu64 ", operation %d (%s):\n%s", settings->seed, sequence, count,
           method_names[operations[count - 1].method], text_of(&drive->difference));
    fflush(stdout);
    if (PQstatus(drive->connection) != CONNECTION_OK)
        return;
    drive_end(drive);
    count = sequence_shrink(drive, operations, count);
    printf("the shortest sequence that fails has %d operations:\n", count);
    failed = sequence_run(drive, operations, count, true);
    printf("%s\n", failed == -1 ? "(but now it does not fail)" : text_of(&drive->difference));
    fflush(stdout);
}

static void outcomes_count(struct counts *counts, const struct drive *drive, const struct operation *operation)
{
    for (int i = 0; i < operation->count; i++) {
        const struct reply *reply = &drive->actual[i];

        counts->outcomes[operation->method][reply->reason % REASONS]++;
        counts->replayed[operation->method] += reply->replayed;
        counts->requests++;
    }
}

static void kinds_count(struct counts *counts, const struct world *world)
{
    for (int i = 0; i < world->entry_count; i++)
        counts->kinds[world->entries[i].kind]++;
}

static void progress(struct counts *counts, double started)
{
    long done = ++counts->operations;

    if (done % PROGRESS_EVERY == 0) {
        double seconds = now_s() - started;

        printf("%ld operations, %ld requests, %ld sequences, %.0f s, %.0f operations/s\n", done,
               (long)counts->requests, (long)counts->sequences, seconds, (double)done / seconds);
        fflush(stdout);
    }
}

/* One sequence; returns whether both sides agreed. */
static bool sequence_play(struct drive *drive, struct counts *counts, const struct settings *settings,
                          uint64_t sequence, struct operation *operations, double started)
{
    struct generator generator;
    int count = 0;
    bool ok = drive_begin(drive, false);

    generator_init(&generator, settings->seed, sequence);
    while (ok && count < settings->length) {
        bool whole = count % WHOLE_EVERY == WHOLE_EVERY - 1 || count + 1 == settings->length;

        generator_next(&generator, drive->world, operations, count, &operations[count]);
        count++;
        ok = drive_step(drive, &operations[count - 1], whole);
        outcomes_count(counts, drive, &operations[count - 1]);
        progress(counts, started);
    }
    if (ok && drive_verify(drive)) {
        kinds_count(counts, drive->world);
        counts->sequences++;
        return drive_end(drive);
    }
    counts->failures++;
    if (count == 0)
        printf("FAILED %s", text_of(&drive->difference));
    else
        failure_print(drive, settings, sequence, operations, count);
    return false;
}

static int worker_run(int worker, struct counts *counts, const struct settings *settings, double started)
{
    struct drive drive;
    struct operation *operations = calloc((size_t)settings->length, sizeof *operations);

    if (!operations)
        abort();
    if (!drive_open(&drive, settings->conninfos[worker])) {
        printf("FAILED %s", text_of(&drive.difference));
        counts->failures++;
        free(operations);
        return 1;
    }
    for (uint64_t sequence = (uint64_t)worker; counts->operations < settings->operations && counts->failures == 0 &&
                                               now_s() - started < settings->minutes * 60;
         sequence += (uint64_t)settings->workers)
        if (!sequence_play(&drive, counts, settings, sequence, operations, started))
            break;
    drive_close(&drive);
    free(operations);
    return 0;
}

static void histogram_print(struct counts *counts)
{
    printf("\nmethod × outcome\n");
    for (int i = 0; i < METHODS; i++) {
        printf("  %-18s", method_names[i]);
        for (int j = 0; j < REASONS; j++)
            if (counts->outcomes[i][j] > 0)
                printf(" %s %ld", reason_names[j], (long)counts->outcomes[i][j]);
        printf(" (replayed %ld)\n", (long)counts->replayed[i]);
    }
    printf("entries ");
    for (int i = 0; i < KINDS; i++)
        printf(" %s %ld", kind_names[i], (long)counts->kinds[i]);
    printf("\n\n");
}

/* How many of what has to be reached was not; each is named. */
static long unreached(struct counts *counts)
{
    long missed = 0;

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (counts->outcomes[wanted[i].method][wanted[i].reason] == 0) {
            printf("FAILED never reached: %s %s\n", method_names[wanted[i].method], reason_names[wanted[i].reason]);
            missed++;
        }
    for (int i = 0; i < METHODS; i++)
        if (counts->replayed[i] == 0 && i != INCIDENT_CHECK) {
            printf("FAILED never reached: %s replayed\n", method_names[i]);
            missed++;
        }
    for (int i = 0; i < KINDS; i++)
        if (counts->kinds[i] == 0) {
            printf("FAILED never reached: an entry of kind %s\n", kind_names[i]);
            missed++;
        }
    return missed;
}

static bool arguments_read(int count, char **words, struct settings *settings)
{
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? words[i + 1] : NULL;

        if (strncmp(words[i], "--", 2) != 0 && settings->workers < WORKERS_MAX) {
            settings->conninfos[settings->workers++] = words[i];
            continue;
        }
        if (!value)
            return false;
        if (strcmp(words[i], "--operations") == 0)
            settings->operations = atol(value);
        else if (strcmp(words[i], "--seed") == 0)
            settings->seed = strtoull(value, NULL, 10);
        else if (strcmp(words[i], "--minutes") == 0)
            settings->minutes = atof(value);
        else if (strcmp(words[i], "--length") == 0)
            settings->length = atoi(value);
        else
            return false;
        i++;
    }
    return settings->workers > 0 && settings->length > 0 && settings->length <= LENGTH_MAX;
}

static int catalogue_print(void)
{
    struct text text = {NULL, 0, 0};

    catalogue_document(&text, 0);
    printf("%s\n", text.data);
    text_release(&text);
    return 0;
}

int main(int count, char **words)
{
    struct settings settings = {.length = 250, .operations = 200000, .minutes = 1e6, .seed = (uint64_t)time(NULL)};
    struct counts *counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    double started = now_s();
    const char *missing;
    long passed, failed;

    if (count == 2 && strcmp(words[1], "--catalogue") == 0)
        return catalogue_print();
    if (!arguments_read(count, words, &settings) || counts == MAP_FAILED) {
        fprintf(stderr, "usage: model CONNINFO... [--operations N] [--seed S] [--minutes M] [--length L]\n");
        return 2;
    }
    if (!zones_exist(&missing)) {
        printf("there is no time zone %s here: install tzdata\n0 passed, 1 failed\n", missing);
        return 1;
    }
    printf("seed %" PRIu64 "\n", settings.seed);
    fflush(stdout);
    for (int i = 0; i < settings.workers; i++)
        if (fork() == 0)
            exit(worker_run(i, counts, &settings, started));
    for (int status; wait(&status) > 0;)
        if (!WIFEXITED(status))
            counts->failures++;
    histogram_print(counts);
    passed = counts->sequences;
    failed = counts->failures + (counts->operations >= REACHED_BY && counts->failures == 0 ? unreached(counts) : 0);
    printf("seed %" PRIu64 ": %ld operations, %ld requests, %.0f s\n%ld passed, %ld failed\n", settings.seed,
           (long)counts->operations, (long)counts->requests, now_s() - started, passed, failed);
    return failed != 0 || passed == 0;
}
