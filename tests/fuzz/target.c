/* Owns the promises of the parsers, as checks that abort. */
#include "config.h"

#include "tests/fuzz/target.h"

#include "client/catalogue_file.h"
#include "client/csv_file.h"
#include "client/profile.h"
#include "common/line.h"
#include "common/rpc.h"
#include "daemon/options.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECE_MAX 97 /* bytes that are appended at once */

static void promise(bool kept, const char *what)
{
    if (kept)
        return;
    fprintf(stderr, "fuzz: a promise is broken: %s\n", what);
    abort();
}

static void request_promises(json_t *object)
{
    struct rpc_request request;
    json_t *id, *error;

    rpc_request_read(object, &request);
    id = json_loads(request.id, JSON_DECODE_ANY, NULL);
    promise(id != NULL, "an id is JSON text");
    json_decref(id);
    promise(request.error < ERROR_COUNT || request.method < METHOD_COUNT, "a good request has a method");
    promise(request.error == ERROR_COUNT || request.why[0], "a bad request has a sentence");
    if (request.error == ERROR_COUNT)
        return;
    char *text = rpc_error_text(request.error, request.why);

    error = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    promise(json_is_object(error), "an error is an object");
    json_decref(error);
    free(text);
}

static void line_promises(const char *line, size_t length)
{
    enum error_id error;
    char why[RPC_WHY_MAX] = "";
    json_t *value = rpc_parse(line, length, &error, why, sizeof why), *object;
    size_t i;

    promise(value ? error == ERROR_COUNT : error < ERROR_COUNT && why[0], "a line is a value or a sentence");
    json_array_foreach(value, i, object) request_promises(object);
    if (json_is_object(value))
        request_promises(value);
    json_decref(value);
}

void target_lines(const uint8_t *bytes, size_t length)
{
    struct line_buffer buffer = {0};
    enum line_status status = LINE_MORE;
    char *line;
    size_t line_length;

    for (size_t at = 0, piece = 1; at < length && status != LINE_TOO_LONG;
         at += piece, piece = piece % PIECE_MAX + 1) {
        if (piece > length - at)
            piece = length - at;
        promise(line_append(&buffer, (const char *)bytes + at, piece) == 0, "there is memory");
        while ((status = line_next(&buffer, LINE_BYTES_MAX, &line, &line_length)) == LINE_FOUND) {
            promise(line[line_length] == '\0' && line_length < LINE_BYTES_MAX, "a line ends where it says");
            line_promises(line, line_length);
        }
    }
    line_clear(&buffer);
    promise(line_pending(&buffer) == 0, "a cleared buffer is empty");
}

static void config_promises(const char *path)
{
    char why[512] = "";
    struct options *options = options_load(path, why, sizeof why);

    promise(options || why[0], "a bad configuration has a sentence");
    options_free(options);
}

static void csv_promises(const char *path)
{
    char why[512] = "";
    struct csv_file *file = csv_file_open(path, why, sizeof why);
    enum csv_outcome outcome = CSV_END_OF_FILE;
    struct csv_row row;

    promise(file || why[0], "a file that cannot be opened has a sentence");
    while (file && (outcome = csv_file_next(file, &row, why, sizeof why)) == CSV_ROW)
        for (size_t i = 0; i < row.count; i++)
            promise(strlen(row.fields[i]) < SIZE_MAX, "a field is a text");
    promise(outcome != CSV_BROKEN || why[0], "a broken file has a sentence");
    csv_file_close(file);
}

static void catalogue_promises(const char *path)
{
    char why[512] = "";
    json_t *document = catalogue_file_read(path, why, sizeof why);

    promise(document || why[0], "a bad catalogue has a sentence");
    json_decref(document);
}

static void profile_promises(const char *path)
{
    char why[512] = "";
    struct profile profile = {0};

    if (profile_read(&profile, path, why, sizeof why))
        profile_release(&profile);
    else
        promise(why[0] != '\0', "a bad profile has a sentence");
}

void target_files(const uint8_t *bytes, size_t length)
{
    static void (*const readers[])(const char *path) = {config_promises, csv_promises, catalogue_promises,
                                                        profile_promises};
    char path[64];
    int fd = length > 0 ? memfd_create("fuzz", MFD_CLOEXEC) : -1;

    if (fd < 0)
        return;
    if (write(fd, bytes + 1, length - 1) == (ssize_t)(length - 1)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        readers[bytes[0] % 4](path);
    }
    close(fd);
}
