/* The subcommand import: rows through a map into a pipeline, answers into a report. */
#include "client/command_import.h"
#include "client/csv_file.h"
#include "client/import_map.h"
#include "client/import_report.h"
#include "client/import_update.h"
#include "client/memory.h"
#include "client/pipeline.h"
#include "client/refusal.h"
#include "client/text.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_DEFAULT 64

/* One run. */
struct import {
    struct csv_file *file;
    struct import_map *map;
    struct import_report *report;
    struct import_update *update; /* NULL: later rows of an id are not looked at */
    json_t *seen;                 /* id (or, without ids, key): the line where it was seen, or how often */
    bool first, dry_run, broken;
    enum method_id method;
    const char *run;           /* mixed into the keys; NULL: nothing */
    char why[COMMAND_WHY_MAX]; /* where the file is broken */
};

/* A row that is in flight. */
struct import_job {
    char *partner;
    struct csv_row row; /* a copy */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static struct import_job *job_new(const struct csv_row *row, const char *partner)
{
    struct import_job *job = memory_new(1, sizeof *job);

    job->partner = memory_copy(partner);
    job->row = *row;
    job->row.fields = memory_new(row->count, sizeof *row->fields);
    for (size_t i = 0; i < row->count; i++)
        job->row.fields[i] = memory_copy(row->fields[i]);
    return job;
}

static void job_drop(void *data, void *context)
{
    struct import_job *job = context;

    (void)data;
    for (size_t i = 0; i < job->row.count; i++)
        free(job->row.fields[i]);
    free(job->row.fields);
    free(job->partner);
    free(job);
}

/* True where the row's id was seen before; it is then counted. An id counts as seen however its row fares. */
static bool row_seen(struct import *import, const struct csv_row *row, const char *id)
{
    char why[COMMAND_WHY_MAX];
    json_t *line = id == NULL ? NULL : json_object_get(import->seen, id);

    if (line == NULL) {
        if (id != NULL)
            json_object_set_new(import->seen, id, json_integer((json_int_t)row->line));
        return false;
    }
    if (import->update != NULL) {
        if (!import_update_row(import->update, import->map, id, row, why, sizeof why))
            import_report_row(import->report, row, NULL, IMPORT_REJECTED, NULL, why);
        return true;
    }
    snprintf(why, sizeof why,
             "the id %s stands on line %lld already (with --first, later rows of an id are passed over)", id,
             (long long)json_integer_value(line));
    import_report_row(import->report, row, NULL, import->first ? IMPORT_UPDATE : IMPORT_REJECTED, NULL, why);
    return true;
}

/* Takes the first row of an id for its updates too, where they are wanted. False with a sentence. */
static bool first_take(struct import *import, const struct csv_row *row, const char *id, char *why, size_t why_size)
{
    return import->update == NULL || id == NULL ||
           import_update_row(import->update, import->map, id, row, why, why_size);
}

/* Adds the row's key. False with a sentence. */
static bool key_set(struct import *import, const struct csv_row *row, const char *id, json_t *params, char *why,
                    size_t why_size)
{
    char key[IMPORT_KEY_MAX];
    size_t occurrence = 0;
    bool done = import_key(import->run, id, row, occurrence, key);

    if (done && id == NULL) {
        occurrence = (size_t)json_integer_value(json_object_get(import->seen, key));
        json_object_set_new(import->seen, key, json_integer((json_int_t)occurrence + 1));
        done = occurrence == 0 || import_key(import->run, NULL, row, occurrence, key);
    }
    if (!done)
        snprintf(why, why_size, "OpenSSL cannot make its key");
    else if (!import->dry_run)
        json_object_set_new(params, "key", json_string(key));
    return done;
}

/* The next row that can be asked for; those that cannot are counted on the way. */
static json_t *import_next(void *data, void **context)
{
    struct import *import = data;
    char why[COMMAND_WHY_MAX];
    size_t read, whole;
    struct csv_row row;

    for (;;) {
        enum csv_outcome outcome = csv_file_next(import->file, &row, import->why, sizeof import->why);
        import->broken = outcome == CSV_BROKEN;
        if (outcome != CSV_ROW)
            return NULL;
        csv_file_progress(import->file, &read, &whole);
        import_report_progress(import->report, read, whole, false);
        const char *id = import_map_id(import->map, &row);
        if (row_seen(import, &row, id))
            continue;
        json_t *params = import_map_row(import->map, &row, why, sizeof why);
        if (params != NULL && first_take(import, &row, id, why, sizeof why) &&
            key_set(import, &row, id, params, why, sizeof why) &&
            method_params_check(method_spec(import->method), params, why, sizeof why)) {
            *context = job_new(&row, json_string_value(json_object_get(params, "partner")));
            return params;
        }
        json_decref(params);
        import_report_row(import->report, &row, NULL, IMPORT_REJECTED, NULL, why);
    }
}

static void import_done(void *data, void *context, const json_t *result, const json_t *error)
{
    struct import *import = data;
    struct import_job *job = context;
    char *reason = NULL;

    if (error == NULL && json_is_false(render_member(result, "would_open"))) /* incident.check */
        error = render_member(result, "error");
    if (error != NULL)
        reason = refusal_line(error);
    enum import_outcome outcome = error == NULL                                ? IMPORT_LOGGED
                                  : call_error_status(error) == STATUS_REFUSED ? IMPORT_REFUSED
                                                                               : IMPORT_FAILED;
    import_report_row(import->report, &job->row, job->partner, outcome, result, reason);
    const char *id = import_map_id(import->map, &job->row);
    if (outcome == IMPORT_LOGGED && import->update != NULL && id != NULL)
        import_update_opened(import->update, id, render_string(result, "incident", ""));
    free(reason);
    job_drop(NULL, job);
}

static void wish_read(const struct session *session, struct import_wish *wish)
{
    *wish = (struct import_wish){
        .partner_column = session_value(session, "partner-column"),
        .id_column = session_value(session, "id-column"),
        .opened_at_column = session_value(session, "opened-at-column"),
        .title_column = session_value(session, "title-column"),
        .class_column = session_value(session, "class-column"),
        .severity_column = session_value(session, "severity-column"),
        .contact_column = session_value(session, "contact-column"),
        .product_column = session_value(session, "product-column"),
        .channel_column = session_value(session, "channel-column"),
        .description_column = session_value(session, "description-column"),
        .title = session_value(session, "title"),
        .class = session_value(session, "class"),
        .severity = session_value(session, "severity"),
        .severity_map = session_value(session, "severity-map"),
        .time_format = session_value(session, "time-format"),
        .time_zone = session_value(session, "time-zone"),
    };
}

/* Runs the rows that follow the header, and reports. */
static enum status rows_run(struct session *session, struct import *import, size_t window)
{
    struct pipeline_work work = {
        .method = method_spec(import->method)->name,
        .window = window,
        .data = import,
        .next = import_next,
        .done = import_done,
        .drop = job_drop,
        .stop = &interrupted,
    };
    char why[COMMAND_WHY_MAX] = "";

    void (*before)(int) = signal(SIGINT, interrupt);
    enum status status = pipeline_run(session->call, &work, why, sizeof why);
    if (status == STATUS_DONE && import->update != NULL && !import->broken)
        status = import_update_run(import->update, session->call, window, &interrupted, why, sizeof why);
    signal(SIGINT, before);
    import_report_progress(import->report, 0, 0, true);
    bool compared = import->update != NULL && status == STATUS_DONE && !import->broken;
    json_t *updates = compared ? import_update_summary(import->update) : NULL;
    import_report_show(import->report, &session->render, updates);
    if (updates != NULL && session->render.format != RENDER_JSON)
        import_update_show(updates, &session->render);
    bool differs = json_array_size(json_object_get(updates, "mismatches")) > 0;
    json_decref(updates);
    if (status != STATUS_DONE) {
        text_complain("%s", why);
        text_hint("run it again: what was logged is not charged twice");
    } else if (import->broken) {
        text_complain("%s", import->why);
        status = STATUS_FAILED;
    } else if (import_report_count(import->report, IMPORT_REJECTED) +
                       import_report_count(import->report, IMPORT_FAILED) >
                   0 ||
               differs) {
        status = STATUS_FAILED;
    }
    return status;
}

/* --window; 0 with a sentence. */
static size_t window_read(const struct session *session, char *why, size_t why_size)
{
    const char *text = session_value(session, "window");
    char *end = NULL;
    long window = text == NULL ? WINDOW_DEFAULT : strtol(text, &end, 10);

    if ((text == NULL || (end != text && *end == '\0')) && window >= 1 && window <= PIPELINE_WINDOW_MAX)
        return (size_t)window;
    snprintf(why, why_size, "--window: \"%s\" is not a number from 1 to %d", text, PIPELINE_WINDOW_MAX);
    return 0;
}

/* --with-updates and what goes with it. False with a sentence. */
static bool update_prepare(struct session *session, struct import *import, struct steps_wish *wish,
                           const struct csv_row *header, char *why, size_t why_size)
{
    *wish = (struct steps_wish){
        .state_column = session_value(session, "state-column"),
        .state_map = session_value(session, "state-map"),
        .reopen_column = session_value(session, "reopen-column"),
        .group_column = session_value(session, "group-column"),
        .owner_map = session_value(session, "owner-map"),
        .updated_at_column = session_value(session, "updated-at-column"),
        .resolved_at_column = session_value(session, "resolved-at-column"),
        .closed_at_column = session_value(session, "closed-at-column"),
        .opened_at_column = session_value(session, "opened-at-column"),
    };
    if (session_value(session, "with-updates") == NULL) {
        bool given = wish->state_column != NULL || wish->state_map != NULL || wish->reopen_column != NULL ||
                     wish->group_column != NULL || wish->owner_map != NULL || wish->updated_at_column != NULL ||
                     wish->resolved_at_column != NULL || wish->closed_at_column != NULL;
        if (given)
            snprintf(why, why_size, "columns and maps of updates need --with-updates");
        return !given;
    }
    if (import->dry_run || session_value(session, "id-column") == NULL) {
        snprintf(why, why_size,
                 import->dry_run ? "--with-updates and --dry-run do not go together"
                                 : "--with-updates needs --id-column");
        return false;
    }
    import->update = import_update_new(wish, header, import->run, why, why_size);
    return import->update != NULL;
}

static enum status import_run(struct session *session, const struct command *command)
{
    const char *path = session_value(session, "file");
    struct import import = {.first = session_value(session, "first") != NULL,
                            .dry_run = session_value(session, "dry-run") != NULL};
    char why[COMMAND_WHY_MAX] = "";
    enum status status = STATUS_USAGE;
    struct import_wish wish;
    struct steps_wish steps_wish;
    struct csv_row header;

    wish_read(session, &wish);
    import.method = import.dry_run ? METHOD_INCIDENT_CHECK : METHOD_INCIDENT_OPEN;
    import.run = session_value(session, "run");
    import.seen = json_object();
    size_t window = window_read(session, why, sizeof why);
    if (window == 0 || (import.first && wish.id_column == NULL)) {
        status = command_misused(command, window == 0 ? why : "--first needs --id-column");
        goto out;
    }
    import.file = csv_file_open(path, why, sizeof why);
    if (import.file == NULL || csv_file_next(import.file, &header, why, sizeof why) != CSV_ROW) {
        text_complain("%s", why[0] != '\0' ? why : "the file is empty");
        status = STATUS_FAILED;
        goto out;
    }
    import.map = import_map_new(&wish, &header, why, sizeof why);
    if (import.map == NULL || !update_prepare(session, &import, &steps_wish, &header, why, sizeof why)) {
        status = command_misused(command, why);
        goto out;
    }
    if (session_call(session) == NULL)
        goto out;
    import.report =
        import_report_new(path, session_value(session, "rejects"), &header, import.dry_run, why, sizeof why);
    if (import.report == NULL) {
        text_complain("%s", why);
        goto out;
    }
    status = rows_run(session, &import, window);
out:
    if (!import_report_free(import.report, why, sizeof why)) {
        text_complain("%s", why);
        status = STATUS_FAILED;
    }
    import_update_free(import.update);
    import_map_free(import.map);
    csv_file_close(import.file);
    json_decref(import.seen);
    return status;
}

static const struct option_spec import_options[] = {
    {"partner-column", 'p', "NAME", "names the partner: \"Location 143\" is the partner location-143; required"},
    {"id-column", 'i', "NAME", "names the row in its source; makes a second run harmless"},
    {"first", 0, NULL, "later rows of an id are updates: only its first is logged"},
    {"opened-at-column", 'o', "NAME", "when it was reported"},
    {"time-format", 0, "FORMAT", "how times are written, as for strptime(3); RFC 3339 is the default"},
    {"time-zone", 0, "ZONE", "of times without an offset, such as Europe/Lisbon"},
    {"title-column", 0, "NAME", "the problem in a line"},
    {"title", 't', "TEMPLATE", "the problem in a line, with columns in braces: \"{category} ({number})\""},
    {"description-column", 0, "NAME", "the problem at length"},
    {"class", 'c', "WORD", "of every row: professional, priority, critical or advisory"},
    {"class-column", 0, "NAME", "the class, as one of these words"},
    {"severity", 's', "WORD", "A, B or C, of every row that has none of its own"},
    {"severity-column", 0, "NAME", "the severity"},
    {"severity-map", 0, "MAP", "what its words mean: \"1 - Critical=A,2 - High=B,*=C\""},
    {"contact-column", 0, "NAME", "who reported it"},
    {"product-column", 0, "NAME", "the product concerned"},
    {"channel-column", 0, "NAME", "how it was reported: phone, online, newsgroup, email"},
    {"with-updates", 'u', NULL, "later rows of an id are updates: each incident is led to where the log leaves it"},
    {"state-column", 0, "NAME", "with updates: the state; required"},
    {"state-map", 0, "MAP",
     "what its words mean: \"New=new,Active=in_progress,Closed=closed,*=awaiting_vendor\"; required"},
    {"reopen-column", 0, "NAME", "how often it was reopened"},
    {"group-column", 0, "NAME", "who works on it: a change is noted"},
    {"owner-map", 0, "MAP", "which principal that is, instead of a note: \"Group 56=anna,*=bert\""},
    {"updated-at-column", 0, "NAME", "when the row was written: what it changes happened then, not now"},
    {"resolved-at-column", 0, "NAME", "when it was resolved at last, where another column says so"},
    {"closed-at-column", 0, "NAME", "the same of its closing"},
    {"dry-run", 'n', NULL, "ask only what each row alone would do; log nothing"},
    {"run", 0, "NAME", "make keys of its own: asks anew what was refused, and logs again what was logged"},
    {"window", 0, "N", "requests in flight, up to 1000; 64 is the default"},
    {"rejects", 'r', "FILE", "write the rows that were not taken, and why, to a CSV file"},
    {NULL, 0, NULL, NULL},
};

const struct command command_import = {
    .name = "import",
    .method = METHOD_COUNT,
    .words = "file",
    .options = import_options,
    .summary = "log the incidents of a CSV file; can be stopped and run again",
    .example =
        "entitle import log.csv --partner-column location --id-column number --first --class professional \\\n"
        "    --opened-at-column opened_at --time-format \"%d-%m-%Y %H:%M\" --time-zone Europe/Lisbon \\\n"
        "    --title \"{category}, {subcategory}\" --severity-column priority \\\n"
        "    --severity-map \"1 - Critical=A,2 - High=B,*=C\" --rejects rejects.csv",
    .details = "FILE may be - for standard input. It exits with 0 if every row was decided, a refusal included.",
    .run = import_run,
};
