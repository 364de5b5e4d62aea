/* Tallies, progress and rejects of an import. */
#include "client/import_report.h"
#include "client/memory.h"
#include "client/text.h"
#include "common/clock.h"
#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMPLAINTS_MAX 20 /* rows that are named on stderr */
#define BAR_WIDTH 30
#define BAR_PAUSE_MS 100
#define PLAIN_PAUSE_MS 5000

struct import_report {
    const char *file;
    json_t *partners; /* code: {partner, logged, charged, refused, failed, left, line} */
    size_t counts[IMPORT_OUTCOMES];
    size_t charged, replayed, complaints;
    FILE *rejects;
    bool dry_run, terminal, bar_shown;
    int64_t begun_ms, shown_ms;
};

/* Writes a row, with two fields more. */
static void rejects_write(FILE *stream, const struct csv_row *row, const char *line, const char *reason)
{
    for (size_t i = 0; i < row->count; i++) {
        csv_fwrite(stream, row->fields[i], strlen(row->fields[i]));
        fputc(',', stream);
    }
    csv_fwrite(stream, line, strlen(line));
    fputc(',', stream);
    csv_fwrite(stream, reason, strlen(reason));
    fputs("\r\n", stream);
}

struct import_report *import_report_new(const char *file, const char *rejects, const struct csv_row *header,
                                        bool dry_run, char *why, size_t why_size)
{
    FILE *stream = rejects == NULL ? NULL : fopen(rejects, "we");

    if (rejects != NULL && stream == NULL) {
        snprintf(why, why_size, "%s: %s", rejects, strerror(errno));
        return NULL;
    }
    struct import_report *report = memory_new(1, sizeof *report);
    report->file = file;
    report->partners = json_object();
    report->rejects = stream;
    report->dry_run = dry_run;
    report->terminal = isatty(STDERR_FILENO) == 1;
    report->begun_ms = report->shown_ms = clock_monotonic_ms();
    if (stream != NULL)
        rejects_write(stream, header, "line", "reason");
    return report;
}

bool import_report_free(struct import_report *report, char *why, size_t why_size)
{
    bool good = true;

    if (report == NULL)
        return true;
    if (report->rejects != NULL) {
        good = ferror(report->rejects) == 0;
        good = fclose(report->rejects) == 0 && good;
        if (!good)
            snprintf(why, why_size, "the rejected rows could not be written: %s", strerror(errno));
    }
    json_decref(report->partners);
    free(report);
    return good;
}

static void bar_clear(struct import_report *report)
{
    if (report->bar_shown)
        fputs("\r\033[K", stderr);
    report->bar_shown = false;
}

/* Names a row that was not taken. */
static void row_complain(struct import_report *report, const struct csv_row *row, const char *reason)
{
    char line[32];

    if (report->rejects != NULL) {
        snprintf(line, sizeof line, "%zu", row->line);
        rejects_write(report->rejects, row, line, reason);
    }
    if (report->complaints++ >= COMPLAINTS_MAX)
        return;
    bar_clear(report);
    text_complain("%s:%zu: %s", report->file, row->line, reason);
    if (report->complaints == COMPLAINTS_MAX)
        text_hint("further rows are counted only%s", report->rejects == NULL ? "; --rejects FILE keeps all" : "");
}

static void count_raise(json_t *tally, const char *name)
{
    json_object_set_new(tally, name, json_integer(json_integer_value(json_object_get(tally, name)) + 1));
}

/* The partner's counts, made when first needed. */
static json_t *tally_of(struct import_report *report, const char *partner)
{
    json_t *tally = json_object_get(report->partners, partner);

    if (tally == NULL) {
        tally = json_pack("{s:s, s:i, s:i, s:i, s:i, s:n}", "partner", partner, "logged", 0, "charged", 0,
                          "refused", 0, "failed", 0, "left");
        json_object_set_new(report->partners, partner, tally);
    }
    return tally;
}

static void charge_count(struct import_report *report, json_t *tally, const struct csv_row *row,
                         const json_t *charge)
{
    json_int_t line = (json_int_t)row->line;

    report->charged++;
    count_raise(tally, "charged");
    /* Answers come in any order: what is left is what the charge of the last row has left. */
    if (line < json_integer_value(json_object_get(tally, "line")))
        return;
    json_object_set_new(tally, "line", json_integer(line));
    json_object_set(tally, "left", json_object_get(charge, "remaining"));
}

void import_report_row(struct import_report *report, const struct csv_row *row, const char *partner,
                       enum import_outcome outcome, const json_t *result, const char *reason)
{
    static const char *const names[IMPORT_OUTCOMES] = {"logged", "refused", "failed", NULL, NULL};
    json_t *tally = partner == NULL || names[outcome] == NULL ? NULL : tally_of(report, partner);
    const json_t *charge = render_member(result, "charge");

    report->counts[outcome]++;
    if (tally != NULL)
        count_raise(tally, names[outcome]);
    if (outcome == IMPORT_LOGGED && tally != NULL && charge != NULL)
        charge_count(report, tally, row, charge);
    if (json_is_true(render_member(result, "replayed")))
        report->replayed++;
    if (outcome != IMPORT_LOGGED && outcome != IMPORT_UPDATE) {
        /* Refusals are decided: they are kept, but not complained of. */
        char line[32];
        snprintf(line, sizeof line, "%zu", row->line);
        if (outcome != IMPORT_REFUSED)
            row_complain(report, row, reason == NULL ? "" : reason);
        else if (report->rejects != NULL)
            rejects_write(report->rejects, row, line, reason == NULL ? "" : reason);
    }
}

size_t import_report_count(const struct import_report *report, enum import_outcome outcome)
{
    return report->counts[outcome];
}

void import_report_progress(struct import_report *report, size_t read, size_t whole, bool last)
{
    int64_t now_ms = clock_monotonic_ms(), taken_ms = now_ms - report->begun_ms;
    size_t decided = report->counts[IMPORT_LOGGED] + report->counts[IMPORT_REFUSED];
    char bar[BAR_WIDTH + 1];

    if (last)
        bar_clear(report);
    if (last || now_ms - report->shown_ms < (report->terminal ? BAR_PAUSE_MS : PLAIN_PAUSE_MS))
        return;
    report->shown_ms = now_ms;
    size_t part = whole == 0 ? 0 : read * BAR_WIDTH / whole;
    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '#', part > BAR_WIDTH ? BAR_WIDTH : part);
    bar[BAR_WIDTH] = '\0';
    long rate = taken_ms <= 0 ? 0 : (long)((double)decided * 1000 / (double)taken_ms);
    if (report->terminal)
        fprintf(stderr, "\r[%s] %zu%%  %zu decided, %ld/s\033[K", bar, whole == 0 ? 0 : read * 100 / whole, decided,
                rate);
    else
        fprintf(stderr, "entitle: %zu%%, %zu decided, %ld/s\n", whole == 0 ? 0 : read * 100 / whole, decided, rate);
    report->bar_shown = report->terminal;
}

static int tally_order(const void *one, const void *other)
{
    return strcmp(render_string(*(json_t *const *)one, "partner", ""),
                  render_string(*(json_t *const *)other, "partner", ""));
}

/* The tallies by partner. Owned by the caller. */
static json_t *tallies_sorted(struct import_report *report)
{
    size_t count = json_object_size(report->partners), i = 0;
    json_t **tallies = memory_new(count, sizeof(json_t *));
    json_t *rows = json_array(), *tally;
    const char *name;

    json_object_foreach(report->partners, name, tally)
    {
        json_object_del(tally, "line");
        tallies[i++] = tally;
    }
    qsort(tallies, count, sizeof(json_t *), tally_order);
    for (i = 0; i < count; i++)
        json_array_append(rows, tallies[i]);
    free(tallies);
    return rows;
}

void import_report_show(struct import_report *report, struct render *render, json_t *updates)
{
    static const struct column columns[] = {
        {"PARTNER", "partner", CELL_TEXT},
        {"LOGGED", "logged", CELL_NUMBER},
        {"CHARGED", "charged", CELL_NUMBER},
        {"REFUSED", "refused", CELL_NUMBER},
        {"FAILED", "failed", CELL_NUMBER},
        {"LEFT", "left", CELL_LEFT},
        {NULL, NULL, CELL_TEXT},
    };
    const size_t *counts = report->counts;
    json_t *rows = tallies_sorted(report);

    if (render->format == RENDER_JSON) {
        json_t *object =
            json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "dry_run", (int)report->dry_run, "logged",
                      (json_int_t)counts[IMPORT_LOGGED], "charged", (json_int_t)report->charged, "replayed",
                      (json_int_t)report->replayed, "refused", (json_int_t)counts[IMPORT_REFUSED], "failed",
                      (json_int_t)counts[IMPORT_FAILED], "rejected", (json_int_t)counts[IMPORT_REJECTED], "updates",
                      (json_int_t)counts[IMPORT_UPDATE], "partners", rows);
        if (updates != NULL)
            json_object_set(object, "updated", updates);
        render_json(render, object, false);
        json_decref(object);
    } else {
        render_rows(render, columns, rows);
        render_line(
            render,
            "%s%zu logged (%zu charged, %zu of them before this run), %zu refused, %zu failed, %zu rejected",
            report->dry_run ? "a dry run: " : "", counts[IMPORT_LOGGED], report->charged, report->replayed,
            counts[IMPORT_REFUSED], counts[IMPORT_FAILED], counts[IMPORT_REJECTED]);
        if (counts[IMPORT_UPDATE] > 0)
            render_line(render, "%zu rows are updates of incidents above and were passed over",
                        counts[IMPORT_UPDATE]);
    }
    json_decref(rows);
}
