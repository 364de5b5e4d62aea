/*
 * A page of events as api.events answers it; which of them a watch wants and may see; and the lines that tell a
 * client. Pure.
 */
#ifndef DAEMON_WATCH_PAGE_H
#define DAEMON_WATCH_PAGE_H

#include <event2/buffer.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch_page {
    json_t *json;                    /* the strings below and those of its events belong to it */
    const char *cursor;              /* where the page ends */
    bool more;                       /* there are other events before now */
    int64_t partner_id, incident_id; /* what the names in the parameters stand for; 0: none was there */
    size_t count;                    /* of its events */
};

struct watch_event {
    int64_t partner_id, incident_id;
    bool internal;
    const char *owner;  /* of the incident: a principal's name, or "" */
    const char *cursor; /* right after it */
    const char *text;   /* the object that clients see, as JSON */
};

/* Which events a watch gets; 0 and "" stand for all. */
struct watch_filter {
    int64_t scope; /* the partner whose principal it is: its own public ones only; 0: the program's */
    int64_t partner_id, incident_id;
    char owner[64];
};

/* Reads a page (watch_page_release()). False if it is none; then nothing is to be released. */
bool watch_page_read(struct watch_page *page, const char *text, size_t length);
void watch_page_release(struct watch_page *page);

/* Its events, count of them, as an array for free(); good as long as the page. NULL: one is none, or no memory. */
struct watch_event *watch_page_events(const struct watch_page *page);

bool watch_filter_takes(const struct watch_filter *filter, const struct watch_event *event);

/* Adds a line to out: an event; no event but where the watch stands (a beat); that it ends there (a gap). */
void watch_line_event(struct evbuffer *out, int watch, const struct watch_event *event);
void watch_line_beat(struct evbuffer *out, int watch, const char *cursor);
void watch_line_gap(struct evbuffer *out, int watch, const char *cursor);

#endif
