/*
 * The program's page first, then the partners' in blocks: while gnuplot draws one block, the next is asked for. Two
 * gnuplots take turns. What is in memory is two blocks of pages, however many partners there are.
 */
#include "config.h"

#include "client/memory.h"
#include "client/render.h"
#include "client/report_csv.h"
#include "client/report_fetch.h"
#include "client/report_files.h"
#include "client/report_folder.h"
#include "client/report_html.h"
#include "client/report_json.h"
#include "client/report_page.h"
#include "client/report_text.h"
#include "common/clock.h"
#include <stdlib.h>
#include <string.h>

#define BLOCK_PAGES 16
#define BLOCKS 2
#define PARTNER_ROWS 200 /* of each list on a partner's page */

struct block {
    struct report_fetch pages[BLOCK_PAGES];
    char *partners[BLOCK_PAGES];
    size_t first[BLOCK_PAGES]; /* the page's first picture in the sheet */
    size_t count;              /* 0: nothing is drawn */
    struct report_sheet *sheet;
};

struct files {
    struct call *call;
    const struct report_files_wish *wish;
    struct report_files_done *done;
    struct report_folder folder;
    struct report_drawer *drawers[BLOCKS];
    struct block blocks[BLOCKS];
    size_t turn;             /* the block that is next */
    FILE *csv[REPORT_LISTS]; /* of the program's lists, while they come */
    size_t total;            /* partners, as far as it is known */
    char *why;
    size_t why_size;
};

static void progress_tell(struct files *files, const char *step, size_t done, size_t total)
{
    if (files->wish->progress != NULL)
        files->wish->progress(files->wish->data, step, done, total);
}

static bool stopped(const struct files *files)
{
    return files->wish->stop != NULL && *files->wish->stop != 0;
}

static FILE *file_open(struct files *files, const char *partner, const char *name)
{
    FILE *stream = report_folder_open(&files->folder, partner, name, files->why, files->why_size);

    files->done->files += stream != NULL;
    return stream;
}

static bool file_close(struct files *files, FILE *stream)
{
    return report_folder_close(stream, files->why, files->why_size);
}

/* A page's HTML and text. */
static bool page_write(struct files *files, const struct report_page *page, const char *partner,
                       const struct report_html_wish *html)
{
    FILE *stream;

    if (files->wish->kinds & REPORT_HTML) {
        stream = file_open(files, partner, partner == NULL ? "program.html" : ".html");
        if (stream == NULL)
            return false;
        report_html_write(page, html, stream);
        if (!file_close(files, stream))
            return false;
    }
    if (files->wish->kinds & REPORT_TEXT) {
        stream = file_open(files, partner, partner == NULL ? "program.txt" : ".txt");
        if (stream == NULL)
            return false;
        report_text_write(page, false, stream);
        if (!file_close(files, stream))
            return false;
    }
    return true;
}

static enum status json_write(struct files *files, const char *partner)
{
    if ((files->wish->kinds & REPORT_JSON) == 0)
        return STATUS_DONE;
    FILE *stream = file_open(files, partner, partner == NULL ? "program.json" : ".json");
    if (stream == NULL)
        return STATUS_FAILED;
    enum status status =
        report_json_write(files->call, files->done->date, partner, false, stream, files->why, files->why_size);
    if (!file_close(files, stream) && status == STATUS_DONE)
        status = STATUS_FAILED;
    return status;
}

static void csv_rows(void *data, enum report_list list, const json_t *rows)
{
    struct files *files = data;

    if (files->csv[list] != NULL)
        report_csv_rows(list, rows, files->csv[list]);
}

/* Opens the CSV files of a page's lists. */
static bool csv_open(struct files *files, const char *partner)
{
    for (size_t i = 0; i < REPORT_LISTS; i++) {
        enum report_list list = (enum report_list)i;
        bool alone = list == REPORT_INCIDENTS || list == REPORT_LEDGER;
        if (list == REPORT_CURVES || (alone && partner == NULL))
            continue;
        char *name = memory_format("%s%s.csv", partner == NULL ? "" : "-", report_list_name(list));
        files->csv[i] = file_open(files, partner, name);
        free(name);
        if (files->csv[i] == NULL)
            return false;
        report_csv_header(list, files->csv[i]);
    }
    return true;
}

static bool csv_close(struct files *files)
{
    bool good = true;

    for (size_t i = 0; i < REPORT_LISTS; i++) {
        if (files->csv[i] != NULL)
            good = file_close(files, files->csv[i]) && good;
        files->csv[i] = NULL;
    }
    return good;
}

/* One page by itself: the program's, or that of the only partner that is wanted. */
static enum status page_alone(struct files *files, const char *partner)
{
    struct report_fetch of = {.date = files->done->date,
                              .partner = partner,
                              .page = report_model_new(partner == NULL ? REPORT_ROWS_FILE : PARTNER_ROWS)};
    bool csv = (files->wish->kinds & REPORT_CSV) != 0;
    struct report_fetch_wish wish = {
        .pages = &of, .count = 1, .rows = csv ? csv_rows : NULL, .data = files, .stop = files->wish->stop};
    enum status status = STATUS_DONE;

    if (csv && !csv_open(files, partner))
        status = STATUS_FAILED;
    if (status == STATUS_DONE)
        status = report_fetch(files->call, &wish, files->why, files->why_size);
    if (!csv_close(files) && status == STATUS_DONE)
        status = STATUS_FAILED;
    if (status == STATUS_DONE) {
        struct report_sheet *sheet = report_sheet_new(REPORT_SVG);
        struct report_drawer *drawer = files->drawers[0];
        if (files->wish->kinds & REPORT_HTML)
            report_html_charts(of.page, sheet);
        report_drawer_start(drawer, sheet);
        report_drawer_finish(drawer, sheet);
        struct report_html_wish html = {
            .sheet = sheet, .charts_why = report_drawer_why(drawer), .links = files->wish->partner == NULL};
        if (!page_write(files, of.page, partner, &html))
            status = STATUS_FAILED;
        report_sheet_free(sheet);
        const json_t *totals = render_member(report_model_summary(of.page), "totals");
        files->total = (size_t)json_integer_value(render_member(totals, "partners"));
    }
    report_model_free(of.page);
    return status == STATUS_DONE ? json_write(files, partner) : status;
}

static void block_clear(struct block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        report_model_free(block->pages[i].page);
        free(block->partners[i]);
    }
    report_sheet_free(block->sheet);
    *block = (struct block){0};
}

/* Whether there is anything to tell: a partner that came later had nothing on the report's day. */
static bool page_tells(const struct report_page *page)
{
    static const enum report_list lists[] = {REPORT_POOLS, REPORT_INCIDENTS, REPORT_LEDGER, REPORT_REFUSALS};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (report_model_seen(page, lists[i]) > 0)
            return true;
    return false;
}

/* Waits for a block's pictures and writes its pages. */
static enum status block_finish(struct files *files, size_t turn)
{
    struct block *block = &files->blocks[turn];
    struct report_drawer *drawer = files->drawers[turn];
    enum status status = STATUS_DONE;

    if (block->count == 0)
        return STATUS_DONE;
    report_drawer_finish(drawer, block->sheet);
    for (size_t i = 0; i < block->count && status == STATUS_DONE; i++) {
        if (!page_tells(block->pages[i].page))
            continue;
        struct report_html_wish html = {
            .sheet = block->sheet, .first = block->first[i], .charts_why = report_drawer_why(drawer)};
        if (!page_write(files, block->pages[i].page, block->partners[i], &html))
            status = STATUS_FAILED;
        else
            status = json_write(files, block->partners[i]);
        files->done->partners++;
    }
    block_clear(block);
    progress_tell(files, "partners' pages", files->done->partners,
                  files->done->partners > files->total ? files->done->partners : files->total);
    return status;
}

/* Asks for the pages of a block, and has its charts drawn. */
static enum status block_begin(struct files *files, size_t turn)
{
    struct block *block = &files->blocks[turn];
    struct report_fetch_wish wish = {.pages = block->pages, .count = block->count, .stop = files->wish->stop};

    for (size_t i = 0; i < block->count; i++)
        block->pages[i] = (struct report_fetch){
            .date = files->done->date, .partner = block->partners[i], .page = report_model_new(PARTNER_ROWS)};
    enum status status = report_fetch(files->call, &wish, files->why, files->why_size);
    if (status != STATUS_DONE)
        return status;
    block->sheet = report_sheet_new(REPORT_SVG);
    for (size_t i = 0; i < block->count; i++) {
        block->first[i] = report_sheet_count(block->sheet);
        if (files->wish->kinds & REPORT_HTML)
            report_html_charts(block->pages[i].page, block->sheet);
    }
    report_drawer_start(files->drawers[turn], block->sheet);
    return STATUS_DONE;
}

/* Takes the next block's turn: what it was before is written first. */
static enum status block_turn(struct files *files)
{
    enum status status = block_begin(files, files->turn);

    files->turn = (files->turn + 1) % BLOCKS;
    return status == STATUS_DONE ? block_finish(files, files->turn) : status;
}

/* A code that may be a file's name. */
static bool code_is_good(const char *code)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t length = strlen(code);

    return length > 0 && length < 64 && strspn(code, letters) == length;
}

static enum status partners_take(struct files *files, const json_t *partners)
{
    enum status status = STATUS_DONE;
    json_t *row;
    size_t i;

    json_array_foreach(partners, i, row)
    {
        const char *code = render_string(row, "partner", "");
        struct block *block = &files->blocks[files->turn];
        if (!code_is_good(code))
            continue;
        block->partners[block->count++] = memory_copy(code);
        if (block->count == BLOCK_PAGES)
            status = block_turn(files);
        if (status == STATUS_DONE && stopped(files)) {
            snprintf(files->why, files->why_size, "interrupted");
            status = STATUS_INTERRUPTED;
        }
        if (status != STATUS_DONE)
            break;
    }
    return status;
}

static enum status partners_write(struct files *files)
{
    enum status status;
    char *cursor = NULL;

    do {
        json_t *answer = NULL;
        status = report_fetch_partners(files->call, cursor, &answer, files->why, files->why_size);
        if (status == STATUS_DONE)
            status = partners_take(files, render_member(answer, "partners"));
        const char *next = render_string(answer, "next", NULL);
        bool more = next != NULL && (cursor == NULL || strcmp(next, cursor) != 0);
        free(cursor);
        cursor = more ? memory_copy(next) : NULL;
        json_decref(answer);
    } while (status == STATUS_DONE && cursor != NULL);
    free(cursor);
    if (status == STATUS_DONE && files->blocks[files->turn].count > 0)
        status = block_turn(files);
    for (size_t i = 0; i < BLOCKS && status == STATUS_DONE; i++)
        status = block_finish(files, (files->turn + i) % BLOCKS);
    return status;
}

/* The summary that tells the day, when none was named. */
static void day_take(void *data, enum report_list list, const json_t *rows)
{
    struct files *files = data;
    const json_t *summary = json_array_get(rows, 0);

    (void)list;
    snprintf(files->done->date, sizeof files->done->date, "%s", render_string(summary, "date", ""));
}

static enum status day_find(struct files *files)
{
    struct report_fetch of = {.date = files->wish->date, .partner = files->wish->partner};
    enum status status =
        report_fetch_list(files->call, &of, REPORT_LISTS, day_take, files, files->why, files->why_size);

    if (status == STATUS_DONE && !clock_parse_date(files->done->date)) {
        snprintf(files->why, files->why_size, "the server does not say of which day the report is");
        status = STATUS_FAILED;
    }
    return status;
}

static enum status all_write(struct files *files)
{
    const char *partner = files->wish->partner;

    progress_tell(files, partner == NULL ? "the program's page" : "the partner's page", 0, 0);
    enum status status = page_alone(files, partner);
    if (status == STATUS_DONE && partner == NULL)
        status = partners_write(files);
    if (status == STATUS_DONE && partner != NULL)
        files->done->partners = 1;
    if (status == STATUS_DONE && !report_folder_publish(&files->folder, files->why, files->why_size))
        status = STATUS_FAILED;
    return status;
}

enum status report_files_write(struct call *call, const struct report_files_wish *wish,
                               struct report_files_done *done, char *why, size_t why_size)
{
    struct files files = {.call = call, .wish = wish, .done = done, .why = why, .why_size = why_size};

    *done = (struct report_files_done){0};
    enum status status = day_find(&files);
    if (status == STATUS_DONE && !report_folder_begin(&files.folder, wish->folder, done->date, why, why_size))
        status = STATUS_FAILED;
    if (status == STATUS_DONE) {
        for (size_t i = 0; i < BLOCKS; i++)
            files.drawers[i] = report_drawer_new();
        status = all_write(&files);
        done->charts_why = memory_copy(report_drawer_why(files.drawers[0]));
    }
    csv_close(&files);
    for (size_t i = 0; i < BLOCKS; i++) {
        block_clear(&files.blocks[i]);
        report_drawer_free(files.drawers[i]);
    }
    report_folder_end(&files.folder);
    return status;
}
