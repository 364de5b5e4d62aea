/*
 * Delta debugging: halves, quarters … single operations, then single requests of a batch are left out.
 */
#include "tests/model/shrink.h"
#include "tests/model/zone.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints an operation as SQL; a person runs it in the database that tests/model/run --keep leaves. */
static void operation_print(struct drive *drive, const struct operation *operation)
{
    char instant[32];
    char function[40];

    snprintf(function, sizeof function, "%s", method_names[operation->method]);
    *strchr(function, '.') = '_';
    printf("SET entitled.now = '%s';\nSELECT * FROM api.%s(ARRAY[", instant_text(operation->now, instant),
           function);
    for (int i = 0; i < operation->count; i++)
        printf("%smodel.principal('%s')", i ? ", " : "", caller_names[operation->requests[i].caller]);
    printf("], ARRAY['");
    for (int i = 0; i < operation->count; i++) {
        struct text params = {NULL, 0, 0};

        operation_params(&params, drive->world, operation->method, &operation->requests[i]);
        printf("%s%s", i ? "',\n  '" : "", params.data);
        text_release(&params);
    }
    printf("'::jsonb]);\n");
}

int sequence_run(struct drive *drive, const struct operation *operations, int count, bool print)
{
    int failed = -1;

    if (!drive_begin(drive, true))
        return 0;
    for (int i = 0; i < count && failed == -1; i++) {
        if (print)
            operation_print(drive, &operations[i]);
        if (!drive_step(drive, &operations[i], true))
            failed = i;
    }
    if (failed == -1 && !drive_verify(drive))
        failed = count;
    drive_end(drive);
    return failed;
}

/* Whether a sequence fails; then it is cut after the operation that does. */
static bool fails(struct drive *drive, const struct operation *operations, int *count)
{
    int failed = sequence_run(drive, operations, *count, false);

    if (failed >= 0 && failed < *count)
        *count = failed + 1;
    return failed >= 0;
}

static int without(const struct operation *operations, int count, int start, int chunk, struct operation *rest)
{
    int end = start + chunk < count ? start + chunk : count;

    memcpy(rest, operations, (size_t)start * sizeof *rest);
    memcpy(rest + start, operations + end, (size_t)(count - end) * sizeof *rest);
    return count - (end - start);
}

static int requests_shrink(struct drive *drive, struct operation *operations, int count, struct operation *rest)
{
    for (int i = 0; i < count; i++)
        for (int j = operations[i].count - 1; j >= 0 && operations[i].count > 1; j--) {
            int left = count;

            memcpy(rest, operations, (size_t)count * sizeof *rest);
            memmove(&rest[i].requests[j], &rest[i].requests[j + 1],
                    (size_t)(rest[i].count - j - 1) * sizeof rest[i].requests[0]);
            rest[i].count--;
            if (fails(drive, rest, &left)) {
                memcpy(operations, rest, (size_t)left * sizeof *rest);
                count = left;
                if (i >= count)
                    return count;
            }
        }
    return count;
}

int sequence_shrink(struct drive *drive, struct operation *operations, int count)
{
    struct operation *rest = malloc((size_t)count * sizeof *rest);

    if (!rest)
        abort();
    for (int chunk = count / 2; chunk >= 1;) {
        bool shorter = false;

        /* From the end: what is asked for goes before what it is asked of. */
        for (int start = count - chunk; start > -chunk; start -= chunk) {
            int from = start > 0 ? start : 0, left;

            if (from >= count)
                continue;
            left = without(operations, count, from, chunk, rest);
            if (left > 0 && fails(drive, rest, &left)) {
                memcpy(operations, rest, (size_t)left * sizeof *rest);
                count = left;
                shorter = true;
            }
        }
        if (chunk > 1 || !shorter)
            chunk /= 2;
    }
    count = requests_shrink(drive, operations, count, rest);
    free(rest);
    return count;
}
