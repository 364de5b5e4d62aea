/* Owns the form in which the database gives events to the daemon, and the daemon to clients. */
#include "daemon/watch_page.h"

#include <stdlib.h>
#include <string.h>

bool watch_page_read(struct watch_page *page, const char *text, size_t length)
{
    json_t *events = NULL;
    json_int_t partner_id = 0, incident_id = 0;
    int more = 0;

    memset(page, 0, sizeof *page);
    page->json = json_loadb(text, length, 0, NULL);
    if (!page->json ||
        json_unpack(page->json, "{s:s, s:b, s?I, s?I, s:o}", "cursor", &page->cursor, "more", &more, "partner_id",
                    &partner_id, "incident_id", &incident_id, "events", &events) != 0) {
        watch_page_release(page);
        return false;
    }
    page->more = more;
    page->partner_id = partner_id;
    page->incident_id = incident_id;
    page->count = json_array_size(events);
    return true;
}

void watch_page_release(struct watch_page *page)
{
    json_decref(page->json);
    page->json = NULL;
}

static bool event_read(json_t *object, struct watch_event *event)
{
    json_int_t partner_id, incident_id;
    int internal;

    if (json_unpack(object, "{s:I, s:I, s:b, s:s, s:s, s:s}", "partner_id", &partner_id, "incident_id",
                    &incident_id, "internal", &internal, "owner", &event->owner, "cursor", &event->cursor, "event",
                    &event->text) != 0)
        return false;
    event->partner_id = partner_id;
    event->incident_id = incident_id;
    event->internal = internal;
    return true;
}

struct watch_event *watch_page_events(const struct watch_page *page)
{
    struct watch_event *events = calloc(page->count + 1, sizeof *events);
    json_t *object;
    size_t i;

    json_array_foreach(json_object_get(page->json, "events"), i,
                       object) if (events && !event_read(object, &events[i]))
    {
        free(events);
        events = NULL;
    }
    return events;
}

bool watch_filter_takes(const struct watch_filter *filter, const struct watch_event *event)
{
    if (filter->scope != 0 && (event->partner_id != filter->scope || event->internal))
        return false;
    return (filter->partner_id == 0 || event->partner_id == filter->partner_id) &&
           (filter->incident_id == 0 || event->incident_id == filter->incident_id) &&
           (filter->owner[0] == '\0' || strcmp(event->owner, filter->owner) == 0);
}

static void line_begin(struct evbuffer *out, int watch, const char *cursor)
{
    evbuffer_add_printf(out, "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"watch\":%d,\"cursor\":\"",
                        watch);
    evbuffer_add(out, cursor, strlen(cursor));
}

static void line_end(struct evbuffer *out, const char *end)
{
    evbuffer_add(out, end, strlen(end));
}

void watch_line_event(struct evbuffer *out, int watch, const struct watch_event *event)
{
    line_begin(out, watch, event->cursor);
    line_end(out, "\",\"event\":");
    evbuffer_add(out, event->text, strlen(event->text));
    line_end(out, "}}\n");
}

void watch_line_beat(struct evbuffer *out, int watch, const char *cursor)
{
    line_begin(out, watch, cursor);
    line_end(out, "\"}}\n");
}

void watch_line_gap(struct evbuffer *out, int watch, const char *cursor)
{
    line_begin(out, watch, cursor);
    line_end(out, "\",\"gap\":true}}\n");
}
