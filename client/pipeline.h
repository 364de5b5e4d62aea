/*
 * Many requests over one connection, a window of them in flight. What is unanswered when the connection
 * is lost is sent again with the same keys over the next; what the server was too busy for, after a pause.
 */
#ifndef CLIENT_PIPELINE_H
#define CLIENT_PIPELINE_H

#include "client/call.h"
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define PIPELINE_WINDOW_MAX 1000

struct pipeline_work {
    const char *method; /* of all of them; NULL: method_of() tells it */
    size_t window;      /* 1..PIPELINE_WINDOW_MAX */
    void *data;         /* for the functions below */
    /* The next request's parameters (taken over) and its context; NULL where there are no more. */
    json_t *(*next)(void *data, void **context);
    /* The method of a request, by its context; where method is NULL. */
    const char *(*method_of)(const void *context);
    /* What came of it: a result or an error, both borrowed. */
    void (*done)(void *data, void *context, const json_t *result, const json_t *error);
    /* Frees the context of a request that was given up; NULL where there is nothing to do. */
    void (*drop)(void *data, void *context);
    const volatile sig_atomic_t *stop; /* set: no more requests, and an end */
};

/*
 * Runs until next() has no more and all is answered (STATUS_DONE), or it cannot go on: then a sentence
 * stands in why, and what is unanswered was dropped.
 */
enum status pipeline_run(struct call *call, const struct pipeline_work *work, char *why, size_t why_size);

#endif
