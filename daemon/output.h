/*
 * What waits to be written to a client: gathers small replies into few chunks, and knows for how long
 * the client has not been reading.
 */
#ifndef DAEMON_OUTPUT_H
#define DAEMON_OUTPUT_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Beside the evbuffer of waiting bytes, which is the caller's. All zero: nothing was put in yet. */
struct output {
    uint64_t added;    /* bytes ever put in */
    uint64_t mark;     /* of these, so many must have left … */
    int64_t marked_ms; /* … in due time after this */
    size_t room;       /* in the last chunk */
};

/*
 * Moves a reply to the end of waiting; reply is left empty. False if memory ran out (then a part of it
 * may be there: the stream cannot go on).
 */
bool output_add(struct output *output, struct evbuffer *waiting, struct evbuffer *reply);

/*
 * Since when some bytes have been waiting without all that waited then having left: now_ms itself
 * where they have left. clock_monotonic_ms() times. No reply waits longer than twice what the caller
 * allows this to be old.
 */
int64_t output_since(struct output *output, const struct evbuffer *waiting, int64_t now_ms);

#endif
