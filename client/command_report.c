/* Asks for one page and shows it, or has all of a day's written into a folder; the nightly run is night.c's. */
#include "client/command_report.h"
#include "client/memory.h"
#include "client/night.h"
#include "client/report_csv.h"
#include "client/report_fetch.h"
#include "client/report_files.h"
#include "client/report_json.h"
#include "client/report_page.h"
#include "client/report_text.h"
#include "client/text.h"
#include "common/clock.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define BAR_PAUSE_MS 100

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* What is seen of the work: a bar on a terminal, else a line a step. */
struct bar {
    bool terminal, shown;
    const char *step;
    int64_t shown_ms;
};

static void bar_clear(struct bar *bar)
{
    if (bar->shown)
        fputs("\r\033[K", stderr);
    bar->shown = false;
}

static void bar_tell(void *data, const char *step, size_t done, size_t total)
{
    struct bar *bar = data;
    int64_t now_ms = clock_monotonic_ms();

    if (!bar->terminal) {
        if (bar->step == NULL || strcmp(bar->step, step) != 0)
            fprintf(stderr, "%s\n", step);
        bar->step = step;
        return;
    }
    if (bar->shown && done < total && now_ms - bar->shown_ms < BAR_PAUSE_MS)
        return;
    bar_clear(bar);
    size_t filled = total == 0 ? 0 : done * BAR_WIDTH / total;
    fprintf(stderr, "%-20s [", step);
    for (size_t i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '=' : ' ', stderr);
    fprintf(stderr, "] %zu", done);
    if (total > 0)
        fprintf(stderr, " of %zu", total);
    fflush(stderr);
    bar->shown = true;
    bar->shown_ms = now_ms;
}

/* The kind of files that --format names; HTML by default. */
static unsigned kind_of(const char *format)
{
    static const struct {
        const char *word;
        unsigned kind;
    } kinds[] = {{"text", REPORT_TEXT}, {"html", REPORT_HTML}, {"csv", REPORT_CSV}, {"json", REPORT_JSON}};

    for (size_t i = 0; format != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].word, format) == 0)
            return kinds[i].kind;
    return 0;
}

static const char *param_text(const struct session *session, const char *name)
{
    return render_string(session->params, name, NULL);
}

static enum status files_write(struct session *session, struct call *call, unsigned kind)
{
    struct bar bar = {.terminal = isatty(STDERR_FILENO) == 1};
    struct report_files_wish wish = {
        .date = param_text(session, "date"),
        .partner = param_text(session, "partner"),
        .folder = session_value(session, "out"),
        .kinds = kind == 0 ? REPORT_HTML : kind,
        .data = &bar,
        .progress = bar_tell,
        .stop = &interrupted,
    };
    struct report_files_done done;
    char why[COMMAND_WHY_MAX] = "";

    void (*before)(int) = signal(SIGINT, interrupt);
    void (*before_term)(int) = signal(SIGTERM, interrupt);
    enum status status = report_files_write(call, &wish, &done, why, sizeof why);
    signal(SIGINT, before);
    signal(SIGTERM, before_term);
    bar_clear(&bar);
    if (status != STATUS_DONE) {
        text_complain("%s", why);
        text_hint("no file has changed");
    } else {
        render_line(&session->render, "%s/%s: %zu %s, of %zu %s", wish.folder, done.date, done.files,
                    done.files == 1 ? "file" : "files", done.partners, done.partners == 1 ? "partner" : "partners");
        if (done.charts_why != NULL && (wish.kinds & REPORT_HTML))
            text_hint("without charts: %s", done.charts_why);
    }
    free(done.charts_why);
    return status;
}

struct csv {
    FILE *stream;
    bool begun;
};

static void csv_rows(void *data, enum report_list list, const json_t *rows)
{
    struct csv *csv = data;

    if (!csv->begun)
        report_csv_header(list, csv->stream);
    csv->begun = true;
    report_csv_rows(list, rows, csv->stream);
}

/* One list, as CSV; the pools by default. */
static enum status list_show(struct session *session, struct call *call, char *why, size_t why_size)
{
    struct report_fetch of = {.date = param_text(session, "date"), .partner = param_text(session, "partner")};
    enum report_list list = report_list_find(param_text(session, "section"));
    struct csv csv = {.stream = session->render.stream};

    return report_fetch_list(call, &of, list == REPORT_LISTS ? REPORT_POOLS : list, csv_rows, &csv, why, why_size);
}

/* A page as text or HTML. */
static enum status page_show(struct session *session, struct call *call, unsigned kind, char *why, size_t why_size)
{
    struct report_page *page;
    enum status status = report_page_fetch(call, param_text(session, "date"), param_text(session, "partner"),
                                           REPORT_ROWS_FILE, &page, why, why_size);

    if (status != STATUS_DONE)
        return status;
    if (kind == REPORT_HTML) {
        struct report_drawer *drawer = report_drawer_new();
        report_page_html(page, drawer, session->render.stream);
        report_drawer_free(drawer);
    } else {
        report_page_text(page, report_text_ascii(), session->render.stream);
    }
    report_page_free(page);
    return STATUS_DONE;
}

static enum status report_run(struct session *session, const struct command *command)
{
    const char *format = session->render.format == RENDER_JSON ? "json" : session_value(session, "format");
    bool nightly = session_value(session, "nightly") != NULL, out = session_value(session, "out") != NULL;
    unsigned kind = kind_of(format);
    char why[COMMAND_WHY_MAX] = "";
    enum status status;

    if (nightly)
        return night_run(session, command);
    if (session_value(session, "mail") != NULL || session_value(session, "config") != NULL)
        return command_misused(command, "--mail and --config go with --nightly");
    if (param_text(session, "section") != NULL && (kind != REPORT_CSV || out))
        return command_misused(command, "--section goes with --format csv, and not with --out");
    if (!method_params_check(method_spec(METHOD_REPORT_USAGE), session->params, why, sizeof why))
        return command_misused(command, why);
    struct call *call = session_call(session);
    if (call == NULL)
        return STATUS_USAGE;
    if (out)
        return files_write(session, call, kind);
    if (kind == REPORT_JSON)
        status = report_json_write(call, param_text(session, "date"), param_text(session, "partner"),
                                   session->render.terminal, session->render.stream, why, sizeof why);
    else if (kind == REPORT_CSV)
        status = list_show(session, call, why, sizeof why);
    else
        status = page_show(session, call, kind, why, sizeof why);
    if (status != STATUS_DONE)
        text_complain("%s", why);
    return status;
}

static const struct option_spec report_options[] = {
    {"format", 'F', "WORD", "text (the default), html (into files by default), csv or json"},
    {"out", 'o', "DIR",
     "write files: DIR/DATE/program.html, DIR/DATE/partners/CODE.html, or pools.csv and its like"},
    {"nightly", 0, NULL, "make up every night whose report is not made yet; with --out"},
    {"mail", 0, NULL, "with --nightly: send each report by mail"},
    {"config", 0, "FILE", "with --nightly: its settings, report.conf(5)"},
    {NULL, 0, NULL, NULL},
};

const struct command command_report = {
    .name = "report",
    .method = METHOD_REPORT_USAGE,
    .words = "date?",
    .letters = "p=partner",
    .without = "limit cursor",
    .options = report_options,
    .formats = "text html csv json",
    .summary = "the report of a day, of the program or of one partner: on the terminal, or as files",
    .example = "entitle report 2004-08-23 --out reports",
    .details = "DATE is a day of the program's time zone; the last that is over is the default. With --format csv "
               "it is one\n"
               "list, the pools or that of --section; with --out it is all of them. Files are written beside and "
               "then put in\n"
               "place: a failure leaves what was there. Charts are drawn by gnuplot, if it is installed.",
    .run = report_run,
};
