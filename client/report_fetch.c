/* A queue of requests that grows by what the answers say: the next page of a list, or a list that has rows. */
#include "client/report_fetch.h"
#include "client/memory.h"
#include "client/pipeline.h"
#include "client/render.h"
#include "common/methods.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_WINDOW 64
#define FETCH_ROWS 500

/* One request; list is REPORT_LISTS for a summary. */
struct job {
    struct report_fetch *of;
    enum report_list list;
    char *cursor;
};

struct fetch {
    const struct report_fetch_wish *wish;
    struct job **queue;
    size_t first, count; /* jobs that wait: queue[first..count) */
    enum status status;
    char *why;
    size_t why_size;
};

static void job_add(struct fetch *fetch, struct report_fetch *of, enum report_list list, const char *cursor)
{
    struct job *job = memory_new(1, sizeof *job);

    *job = (struct job){.of = of, .list = list, .cursor = memory_copy(cursor)};
    fetch->queue = memory_resize(fetch->queue, fetch->count + 1, sizeof(struct job *));
    fetch->queue[fetch->count++] = job;
}

static void job_free(struct job *job)
{
    free(job->cursor);
    free(job);
}

/* Whether all rows of a list are asked for, also those that the page has no room for. */
static bool list_is_whole(const struct fetch *fetch, enum report_list list)
{
    return fetch->wish->rows != NULL || list == REPORT_POOLS || list == REPORT_CURVES;
}

/* The parameters of a request. */
static json_t *params_make(const struct report_fetch *of, enum report_list list, const char *cursor, size_t limit)
{
    const char *section = list == REPORT_LISTS ? "summary" : report_list_name(list);
    json_t *params = json_pack("{s:s, s:s*, s:s*, s:s*}", "section", section, "date", of->date, "partner",
                               of->partner, "cursor", cursor);

    if (list != REPORT_LISTS)
        json_object_set_new(params, "limit", json_integer(limit < FETCH_ROWS ? (json_int_t)limit : FETCH_ROWS));
    return params;
}

static json_t *job_next(void *data, void **context)
{
    struct fetch *fetch = data;

    if (fetch->first == fetch->count || fetch->status != STATUS_DONE)
        return NULL;
    struct job *job = fetch->queue[fetch->first++];
    bool whole = job->list != REPORT_LISTS && list_is_whole(fetch, job->list);
    json_t *params =
        params_make(job->of, job->list, job->cursor, whole ? FETCH_ROWS : report_model_rows_max(job->of->page));
    *context = job;
    return params;
}

/* What the summary says there is. */
static void summary_follow(struct fetch *fetch, struct job *job, const json_t *summary)
{
    static const enum report_list lists[] = {REPORT_REFUSALS, REPORT_OVERRIDES, REPORT_ESCALATIONS};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const json_t *totals = render_member(summary, "totals");
        if (json_integer_value(render_member(totals, report_list_name(lists[i]))) > 0)
            job_add(fetch, job->of, lists[i], NULL);
    }
    if (json_integer_value(render_member(summary, "alerts_total")) > 0)
        job_add(fetch, job->of, REPORT_ALERTS, NULL);
}

static void list_take(struct fetch *fetch, struct job *job, const json_t *result)
{
    const json_t *rows = render_member(result, report_list_name(job->list));
    const char *next = render_string(result, "next", NULL);

    report_model_add(job->of->page, job->list, rows);
    if (fetch->wish->rows != NULL)
        fetch->wish->rows(fetch->wish->data, job->list, rows);
    /* A server that never comes to an end is not followed. */
    if (next == NULL || (job->cursor != NULL && strcmp(next, job->cursor) == 0))
        return;
    if (list_is_whole(fetch, job->list) || report_model_room(job->of->page, job->list))
        job_add(fetch, job->of, job->list, next);
    else
        report_model_cut(job->of->page, job->list);
}

static void job_done(void *data, void *context, const json_t *result, const json_t *error)
{
    struct fetch *fetch = data;
    struct job *job = context;

    if (error != NULL && fetch->status == STATUS_DONE) {
        fetch->status = call_error_status(error);
        snprintf(fetch->why, fetch->why_size, "%s%s%s", job->of->partner == NULL ? "" : job->of->partner,
                 job->of->partner == NULL ? "" : ": ",
                 render_string(error, "message", "the server gave no reason"));
    } else if (error == NULL && job->list == REPORT_LISTS) {
        report_model_summarise(job->of->page, result);
        summary_follow(fetch, job, result);
    } else if (error == NULL) {
        list_take(fetch, job, result);
    }
    job_free(job);
}

static void job_drop(void *data, void *context)
{
    (void)data;
    job_free(context);
}

/* What is asked of every page. */
static void jobs_begin(struct fetch *fetch, struct report_fetch *of)
{
    static const enum report_list lists[] = {REPORT_CURVES, REPORT_INCIDENTS, REPORT_LEDGER};

    job_add(fetch, of, REPORT_LISTS, NULL);
    job_add(fetch, of, REPORT_POOLS, NULL);
    for (size_t i = 0; of->partner != NULL && i < sizeof lists / sizeof lists[0]; i++)
        job_add(fetch, of, lists[i], NULL);
}

enum status report_fetch(struct call *call, const struct report_fetch_wish *wish, char *why, size_t why_size)
{
    static const volatile sig_atomic_t never = 0;
    struct fetch fetch = {.wish = wish, .status = STATUS_DONE, .why = why, .why_size = why_size};
    struct pipeline_work work = {
        .method = method_spec(METHOD_REPORT_USAGE)->name,
        .window = FETCH_WINDOW,
        .data = &fetch,
        .next = job_next,
        .done = job_done,
        .drop = job_drop,
        .stop = wish->stop == NULL ? &never : wish->stop,
    };
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < wish->count; i++)
        jobs_begin(&fetch, &wish->pages[i]);
    while (status == STATUS_DONE && fetch.status == STATUS_DONE && fetch.first < fetch.count)
        status = pipeline_run(call, &work, why, why_size);
    for (; fetch.first < fetch.count; fetch.first++)
        job_free(fetch.queue[fetch.first]);
    free(fetch.queue);
    for (size_t i = 0; i < wish->count; i++)
        report_model_close(wish->pages[i].page);
    return fetch.status != STATUS_DONE ? fetch.status : status;
}

enum status report_fetch_list(struct call *call, const struct report_fetch *of, enum report_list list,
                              void (*rows)(void *data, enum report_list list, const json_t *rows), void *data,
                              char *why, size_t why_size)
{
    char *cursor = NULL;
    enum status status;

    do {
        json_t *params = params_make(of, list, cursor, FETCH_ROWS);
        struct reply reply;
        call_request(call, method_spec(METHOD_REPORT_USAGE)->name, params, &reply);
        json_decref(params);
        status = reply.status;
        const char *next = render_string(reply.result, "next", NULL);
        bool more = next != NULL && (cursor == NULL || strcmp(next, cursor) != 0);
        if (status != STATUS_DONE) {
            snprintf(why, why_size, "%s", render_string(reply.error, "message", "the server gave no reason"));
        } else if (list == REPORT_LISTS) {
            json_t *alone = json_pack("[O]", reply.result);
            rows(data, list, alone);
            json_decref(alone);
        } else {
            rows(data, list, render_member(reply.result, report_list_name(list)));
        }
        free(cursor);
        cursor = more ? memory_copy(next) : NULL;
        reply_release(&reply);
    } while (status == STATUS_DONE && cursor != NULL);
    free(cursor);
    return status;
}

enum status report_fetch_partners(struct call *call, const char *cursor, json_t **answer, char *why,
                                  size_t why_size)
{
    json_t *params = json_pack("{s:i, s:s*}", "limit", FETCH_ROWS, "cursor", cursor);
    struct reply reply;

    call_request(call, method_spec(METHOD_PARTNER_LIST)->name, params, &reply);
    json_decref(params);
    *answer = json_incref(reply.result);
    enum status status = reply.status;
    if (reply.error != NULL)
        snprintf(why, why_size, "%s", render_string(reply.error, "message", "the server gave no reason"));
    reply_release(&reply);
    return status;
}
