/*
 * The output of a client.  It exists because libevent makes a TLS record and a system call of each
 * chunk of a buffer: a turn of the loop may bring hundreds of replies, which are copied together here.
 */
#include "daemon/output.h"

/* Chunks that just fit malloc's sizes with libevent's header; the second is one full TLS record. */
#define CHUNK_FIRST 4000
#define CHUNK_NEXT 16000
#define REPLY_MOVED 8000 /* a reply from this size on is moved, not copied */

/* Copies a reply behind what waits, into the last chunk or a new one. */
static bool reply_copy(struct output *output, struct evbuffer *waiting, struct evbuffer *reply, size_t length)
{
    bool first = evbuffer_get_length(waiting) == 0;
    size_t want = first ? CHUNK_FIRST : CHUNK_NEXT;
    struct evbuffer_iovec space;

    if (want < length || (!first && output->room >= length))
        want = length;
    if (evbuffer_reserve_space(waiting, (ev_ssize_t)want, &space, 1) != 1)
        return false;
    output->room = space.iov_len - length;
    space.iov_len = length;
    return evbuffer_remove(reply, space.iov_base, length) == (int)length &&
           evbuffer_commit_space(waiting, &space, 1) == 0;
}

bool output_add(struct output *output, struct evbuffer *waiting, struct evbuffer *reply)
{
    size_t length = evbuffer_get_length(reply);

    output->added += length;
    if (length == 0)
        return true;
    if (length < REPLY_MOVED)
        return reply_copy(output, waiting, reply, length);
    output->room = 0;
    return evbuffer_add_buffer(waiting, reply) == 0;
}

int64_t output_since(struct output *output, const struct evbuffer *waiting, int64_t now_ms)
{
    if (output->added - evbuffer_get_length(waiting) >= output->mark) {
        output->mark = output->added;
        output->marked_ms = now_ms;
    }
    return output->marked_ms;
}
