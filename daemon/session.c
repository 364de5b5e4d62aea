/*
 * One client connection, as a small machine of states over a bufferevent.
 *
 * Callbacks (of the bufferevent, of dispatch) only note what happened; what follows from it is done in
 * session_turn(), which is the session's one event: a timer for its nearest deadline that is also made
 * active by hand. So nothing recurses, and a session is freed only where no caller can still hold it.
 */
#include "daemon/session.h"
#include "common/clock.h"
#include "common/line.h"
#include "common/log.h"
#include "common/rpc.h"
#include "common/tls.h"
#include "daemon/listener.h"
#include "daemon/output.h"
#include "daemon/stream.h"
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define LINGER_MS 2000   /* for the client to close after our goodbye */
#define POLL_MS 50       /* to look again for requests that end without a reply (notifications) */
#define EVENTS_PART 4    /* of the bound of output, what events may fill: replies go on beside them */
#define IDENTIFY_MS 1000 /* more than a request has: dispatch should have answered by then */
#define WHY_MAX 256

enum session_state {
    SESSION_HANDSHAKE,
    SESSION_IDENTIFY, /* TLS stands; dispatch looks up who it is; nothing is read */
    SESSION_OPEN,
    SESSION_FINISH, /* nothing more is read; what was read is carried out and answered */
    SESSION_FLUSH,  /* nothing more is carried out; the output is written */
    SESSION_LINGER, /* we have closed for writing; what still arrives is thrown away */
    SESSION_DEAD,   /* to be freed by the next turn */
};

struct session {
    LIST_ENTRY(session) link;
    struct sessions *sessions;
    struct bufferevent *stream;
    struct dispatch_client *client; /* NULL before it is identified and after it left */
    struct line_buffer lines;
    struct event turn;
    uint64_t number;
    const char *reason; /* why it is closing, for the log */
    int64_t turn_ms;    /* when the turn's timer fires; 0: it is not set */
    int64_t since_ms;   /* of the state; of the last line where open */
    int64_t line_ms;    /* when the first byte of the unfinished line came; 0: there is none */
    struct output output;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } peer;
    uint8_t state;
    bool paused;     /* open, but not reading: too much is in flight or waits to be written */
    bool lines_left; /* whole lines may be waiting in `lines` */
    bool mute;       /* the client cannot be reached any more: replies are dropped */
    bool starved;    /* dispatch has events that it had no room for */
};

_Static_assert(sizeof(struct session) < 512, "an idle connection must stay small");

static size_t session_waiting(const struct session *session)
{
    return evbuffer_get_length(bufferevent_get_output(session->stream));
}

static int session_in_flight(const struct session *session)
{
    return session->client == NULL ? 0 : dispatch_client_in_flight(session->client);
}

/* True if the client must not be given more to do for now. */
static bool session_full(const struct session *session)
{
    const struct options *options = session->sessions->options;

    return session_in_flight(session) >= options->in_flight_connection_max ||
           (!session->mute && session_waiting(session) >= (size_t)options->output_bytes_max);
}

static void session_schedule(struct session *session)
{
    event_active(&session->turn, EV_READ, 0);
}

/* Makes the turn come at deadline_ms, unless it comes earlier anyway. */
static void session_arm(struct session *session, int64_t deadline_ms, int64_t now_ms)
{
    if (session->turn_ms != 0 && session->turn_ms <= deadline_ms)
        return;
    int64_t wait_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 1;
    const struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000),
                                 .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};

    session->turn_ms = deadline_ms;
    event_add(&session->turn, &wait);
}

/* Over at once, without a goodbye; the first reason counts. */
static void session_end(struct session *session, const char *reason)
{
    if (session->reason == NULL)
        session->reason = reason;
    session->state = SESSION_DEAD;
    session_schedule(session);
}

static void session_state_set(struct session *session, enum session_state state)
{
    session->state = (uint8_t)state;
    session->since_ms = clock_monotonic_ms();
}

/* Reads no more; what was read is still carried out. */
static void session_finish(struct session *session, const char *reason)
{
    if (session->reason == NULL)
        session->reason = reason;
    if (session->state < SESSION_FINISH)
        session_state_set(session, SESSION_FINISH);
    bufferevent_disable(session->stream, EV_READ);
    session_schedule(session);
}

/* Carries out no more; what waits in the output is still written. */
static void session_flush(struct session *session, const char *reason)
{
    if (session->state >= SESSION_FLUSH)
        return;
    session_finish(session, reason);
    session_state_set(session, SESSION_FLUSH);
}

static void session_pause(struct session *session)
{
    if (session->paused)
        return;
    session->paused = true;
    bufferevent_disable(session->stream, EV_READ);
    session_arm(session, clock_monotonic_ms() + POLL_MS, clock_monotonic_ms());
}

/* Moves a reply to the output, which must be read in time from now on. */
static void session_write(struct session *session, struct evbuffer *reply)
{
    struct evbuffer *waiting = bufferevent_get_output(session->stream);
    int64_t now_ms = clock_monotonic_ms();

    if (!output_add(&session->output, waiting, reply))
        session_end(session, "memory ran out");
    else if (output_since(&session->output, waiting, now_ms) == now_ms)
        session_arm(session, now_ms + session->sessions->options->write_timeout_ms, now_ms);
}

/* An error that answers no request in particular, before a goodbye. */
static void session_say(struct session *session, enum error_id error, const char *why)
{
    struct evbuffer *reply = evbuffer_new();
    char *text = rpc_error_text(error, why);

    if (reply == NULL || text == NULL ||
        evbuffer_add_printf(reply, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":%s}\n", text) < 0)
        session_end(session, "memory ran out");
    else
        session_write(session, reply);
    free(text);
    if (reply != NULL)
        evbuffer_free(reply);
}

/* Hands whole lines to dispatch, as far as the bounds allow. */
static void session_lines(struct session *session)
{
    enum line_status status = LINE_FOUND;
    bool good = true;
    char *line = NULL;
    size_t length = 0;

    while (good && status == LINE_FOUND && (session->state == SESSION_OPEN || session->state == SESSION_FINISH)) {
        if (session_full(session))
            return;
        status = line_next(&session->lines, LINE_BYTES_MAX, &line, &length);
        if (status == LINE_FOUND) {
            session->line_ms = 0;
            session->since_ms = clock_monotonic_ms();
            good = dispatch_line(session->client, line, length);
        }
    }
    session->lines_left = false;
    if (status == LINE_MORE)
        return;
    line_clear(&session->lines);
    if (!good) {
        session_finish(session, "a line was no request");
    } else if (status == LINE_TOO_LONG) {
        session_say(session, ERROR_INVALID_REQUEST, "a line may have at most 65536 bytes");
        session_finish(session, "a line was too long");
    }
}

/* After lines were taken: reads on, or pauses; and watches the unfinished line. */
static void session_settle(struct session *session)
{
    if (session->state != SESSION_OPEN)
        return;
    if (session_full(session)) {
        session_pause(session);
        return;
    }
    if (session->paused) {
        session->paused = false;
        session->line_ms = 0; /* the pause was ours: the client's time begins anew */
        bufferevent_enable(session->stream, EV_READ);
    }
    if (line_pending(&session->lines) == 0) {
        session->line_ms = 0;
    } else if (session->line_ms == 0) {
        session->line_ms = clock_monotonic_ms();
        session_arm(session, session->line_ms + session->sessions->options->line_timeout_ms, session->line_ms);
    }
}

/* Takes what the bufferevent has read. */
static void session_read(struct session *session)
{
    struct evbuffer *input = bufferevent_get_input(session->stream);
    struct evbuffer_iovec piece;

    while (session->state == SESSION_OPEN && evbuffer_get_length(input) > 0) {
        if (evbuffer_peek(input, -1, NULL, &piece, 1) < 1 ||
            line_append(&session->lines, piece.iov_base, piece.iov_len) != 0) {
            session_end(session, "memory ran out");
            return;
        }
        session->lines_left = true;
        evbuffer_drain(input, piece.iov_len);
    }
    evbuffer_drain(input, evbuffer_get_length(input));
    session_lines(session);
    session_settle(session);
}

static void stream_readable(struct bufferevent *stream, void *object)
{
    (void)stream;
    session_read(object);
}

static void stream_writable(struct bufferevent *stream, void *object)
{
    struct session *session = object;

    (void)stream;
    if (session->paused || session->starved || session->state >= SESSION_FINISH)
        session_schedule(session);
}

/* Writes and reads no more: waits for the client to close. */
static void session_linger(struct session *session)
{
    stream_shut(session->stream);
    session_state_set(session, SESSION_LINGER);
    session_schedule(session);
}

static void session_handshake_failed(const struct session *session, const char *why)
{
    char peer[LISTENER_ADDRESS_TEXT_MAX];

    log_info("handshake.failed", "session", log_number((long long)session->number), "peer",
             listener_address_text(&session->peer.any, peer), "why", why);
}

static void session_connected(struct session *session)
{
    const SSL *ssl = bufferevent_openssl_get_ssl(session->stream);
    char fingerprint[TLS_FINGERPRINT_MAX];

    if (session->state != SESSION_HANDSHAKE)
        return;
    if (!tls_alpn_selected(ssl)) {
        session_handshake_failed(session, "the client does not offer ALPN \"" TLS_ALPN "\"");
        session_flush(session, "handshake failed");
        return;
    }
    if (!tls_peer_fingerprint(ssl, fingerprint)) {
        session_handshake_failed(session, "the client gave no certificate");
        session_flush(session, "handshake failed");
        return;
    }
    session_state_set(session, SESSION_IDENTIFY);
    session_schedule(session); /* for its deadline */
    session->client = dispatch_client_new(session->sessions->dispatch, session, fingerprint);
    if (session->client == NULL)
        session_end(session, "memory ran out");
}

/* The client said goodbye (EOF), or the connection broke. What was read before it still counts. */
static void session_parted(struct session *session, bool broken)
{
    char why[WHY_MAX] = "";
    bool unexpected_eof = broken && stream_error(session->stream, why, sizeof(why));
    const char *reason = broken && !unexpected_eof ? "connection broken" : "client left";

    if (session->state == SESSION_HANDSHAKE) {
        session_handshake_failed(session, broken ? why : "the client left during the handshake");
        session->reason = "handshake failed";
        session_linger(session); /* so that our alert arrives */
        return;
    }
    if (session->state == SESSION_OPEN) {
        session_read(session);
        if (!session->lines_left && line_pending(&session->lines) > 0)
            reason = "client left in the middle of a line";
    }
    session->mute = session->mute || broken;
    if (session->mute && session->state == SESSION_FLUSH) {
        session_end(session, reason);
        return;
    }
    session_finish(session, reason);
    if (!session->mute && session_waiting(session) > 0)
        bufferevent_enable(session->stream, EV_WRITE); /* libevent has stopped both ways */
}

static void stream_happened(struct bufferevent *stream, short what, void *object)
{
    struct session *session = object;

    (void)stream;
    if (session->state >= SESSION_LINGER)
        return;
    if ((what & BEV_EVENT_CONNECTED) != 0)
        session_connected(session);
    else
        session_parted(session, (what & BEV_EVENT_EOF) == 0);
}

static void hook_reply(void *object, struct evbuffer *out)
{
    struct session *session = object;

    if (!session->mute && session->state < SESSION_FLUSH)
        session_write(session, out);
    evbuffer_drain(out, evbuffer_get_length(out));
    if (session->paused || session->state >= SESSION_FINISH)
        session_schedule(session);
    else if (session_waiting(session) >= (size_t)session->sessions->options->output_bytes_max)
        session_pause(session);
}

/* Comes for clients that left: their session may be gone, and needs nothing more. */
static void hook_idle(void *object)
{
    (void)object;
}

static void hook_identified(void *object, const struct principal *who, enum error_id error)
{
    struct session *session = object;
    char peer[LISTENER_ADDRESS_TEXT_MAX];

    if (session->state != SESSION_IDENTIFY)
        return;
    if (who == NULL) {
        session_say(session, error,
                    error == ERROR_FORBIDDEN ? "this certificate is not enrolled; ask an administrator to run "
                                               "`entitle principal create`"
                                             : NULL);
        session_flush(session, error_spec(error)->reason);
        return;
    }
    session_state_set(session, SESSION_OPEN);
    bufferevent_enable(session->stream, EV_READ);
    session_schedule(session);
    log_debug("session.opened", "session", log_number((long long)session->number), "peer",
              listener_address_text(&session->peer.any, peer), "principal", who->name, "role",
              role_name(who->role));
}

static void hook_revoked(void *object)
{
    struct session *session = object;

    if (session->state >= SESSION_FLUSH)
        return;
    session_say(session, ERROR_FORBIDDEN, "this principal was disabled");
    session_flush(session, "revoked");
}

static bool hook_room(void *object)
{
    struct session *session = object;

    session->starved = !session->mute && session_waiting(session) >=
                                             (size_t)session->sessions->options->output_bytes_max / EVENTS_PART;
    return !session->starved;
}

const struct dispatch_hooks session_hooks = {.reply = hook_reply,
                                             .idle = hook_idle,
                                             .identified = hook_identified,
                                             .revoked = hook_revoked,
                                             .room = hook_room};

/* Carries the session on from where it stands. */
static void session_advance(struct session *session)
{
    if ((session->state == SESSION_OPEN && session->paused) || session->state == SESSION_FINISH) {
        session_lines(session);
        session_settle(session);
    }
    if (session->starved && session->client != NULL && session->state < SESSION_FLUSH &&
        session_waiting(session) <= (size_t)session->sessions->options->output_bytes_max / EVENTS_PART / 2) {
        session->starved = false;
        dispatch_client_room(session->client);
    }
    if (session->state == SESSION_FINISH && !session->lines_left && session_in_flight(session) == 0)
        session_state_set(session, session->mute ? SESSION_DEAD : SESSION_FLUSH);
    if (session->state >= SESSION_FLUSH && session->client != NULL) {
        dispatch_client_leave(session->client);
        session->client = NULL;
        line_clear(&session->lines);
    }
    if (session->state == SESSION_FLUSH && session_waiting(session) == 0) {
        stream_goodbye(session->stream);
        session_linger(session);
    }
    if (session->state == SESSION_LINGER && stream_discard(session->stream))
        session_end(session, NULL);
}

/* The nearer of a deadline and start_ms + wait_ms. */
static int64_t sooner(int64_t deadline_ms, int64_t start_ms, long wait_ms)
{
    return start_ms + wait_ms < deadline_ms ? start_ms + wait_ms : deadline_ms;
}

/* An open session's deadlines: an unfinished line, and no request at all. Returns the nearest. */
static int64_t session_deadline_open(struct session *session, int64_t now_ms)
{
    const struct options *options = session->sessions->options;
    int64_t idle_ms = session->since_ms + options->idle_timeout_ms;

    if (now_ms >= idle_ms && (session_in_flight(session) > 0 || dispatch_client_watches(session->client) > 0)) {
        session->since_ms = now_ms;
        idle_ms = now_ms + options->idle_timeout_ms;
    }
    if (now_ms >= idle_ms)
        session_finish(session, "idle timeout");
    if (session->line_ms == 0 || session->paused)
        return idle_ms;
    if (now_ms >= session->line_ms + options->line_timeout_ms)
        session_finish(session, "line timeout");
    return sooner(idle_ms, session->line_ms, options->line_timeout_ms);
}

/* Ends the session where its state has lasted too long. Returns when to look again. */
static int64_t session_deadline_state(struct session *session, int64_t now_ms)
{
    const struct options *options = session->sessions->options;
    int64_t deadline_ms;

    switch ((enum session_state)session->state) {
    case SESSION_HANDSHAKE:
        deadline_ms = session->since_ms + options->handshake_timeout_ms;
        if (now_ms >= deadline_ms) {
            session_handshake_failed(session, "it was not done in time");
            session_end(session, "handshake timeout");
        }
        return deadline_ms;
    case SESSION_IDENTIFY:
        deadline_ms = session->since_ms + options->request_timeout_ms + IDENTIFY_MS;
        if (now_ms >= deadline_ms)
            hook_identified(session, NULL, ERROR_UNAVAILABLE);
        return deadline_ms;
    case SESSION_OPEN:
        return session_deadline_open(session, now_ms);
    case SESSION_LINGER:
        if (now_ms >= session->since_ms + LINGER_MS)
            session_end(session, NULL);
        return sooner(now_ms + POLL_MS, session->since_ms, LINGER_MS);
    case SESSION_FINISH:
    case SESSION_FLUSH:
    case SESSION_DEAD:
        break;
    }
    return INT64_MAX;
}

/* Ends the session where it is over time. Returns when to look again. */
static int64_t session_deadline(struct session *session, int64_t now_ms)
{
    long write_timeout_ms = session->sessions->options->write_timeout_ms;
    int64_t deadline_ms = session_deadline_state(session, now_ms);

    if (session_waiting(session) > 0 && !session->mute && session->state != SESSION_LINGER) {
        int64_t since_ms = output_since(&session->output, bufferevent_get_output(session->stream), now_ms);

        if (now_ms >= since_ms + write_timeout_ms)
            session_end(session, "write timeout");
        deadline_ms = sooner(deadline_ms, since_ms, write_timeout_ms);
    }
    if (session->paused || session->state == SESSION_FINISH)
        deadline_ms = sooner(deadline_ms, now_ms, POLL_MS);
    return deadline_ms;
}

static void session_free(struct session *session)
{
    struct sessions *sessions = session->sessions;
    char peer[LISTENER_ADDRESS_TEXT_MAX];

    log_debug("session.closed", "session", log_number((long long)session->number), "peer",
              listener_address_text(&session->peer.any, peer), "reason", session->reason);
    if (session->client != NULL)
        dispatch_client_leave(session->client);
    event_del(&session->turn);
    bufferevent_free(session->stream);
    line_clear(&session->lines);
    LIST_REMOVE(session, link);
    sessions->open--;
    free(session);
    ERR_clear_error();
    sessions->closed(sessions->owner);
}

static void session_turn(evutil_socket_t fd, short what, void *object)
{
    struct session *session = object;

    (void)fd;
    (void)what;
    session->turn_ms = 0;
    session_advance(session);
    int64_t now_ms = clock_monotonic_ms();
    int64_t deadline_ms = session_deadline(session, now_ms);

    if (session->state == SESSION_DEAD)
        session_free(session);
    else
        session_arm(session, deadline_ms, now_ms);
}

bool session_new(struct sessions *sessions, SSL_CTX *context, int fd, const struct sockaddr *peer,
                 socklen_t peer_length)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL) {
        evutil_closesocket(fd);
        return false;
    }
    session->stream = stream_new(sessions->base, context, fd);
    if (session->stream == NULL) {
        free(session);
        return false;
    }
    session->sessions = sessions;
    session->number = ++sessions->accepted;
    session_state_set(session, SESSION_HANDSHAKE);
    memcpy(&session->peer, peer, peer_length < sizeof(session->peer) ? peer_length : sizeof(session->peer));
    event_assign(&session->turn, sessions->base, -1, 0, session_turn, session);
    bufferevent_setcb(session->stream, stream_readable, stream_writable, stream_happened, session);
    bufferevent_setwatermark(session->stream, EV_WRITE, (size_t)sessions->options->output_bytes_max / 2, 0);
    LIST_INSERT_HEAD(&sessions->list, session, link);
    sessions->open++;
    session_arm(session, session->since_ms + sessions->options->handshake_timeout_ms, session->since_ms);
    return true;
}

void sessions_drain(struct sessions *sessions)
{
    struct session *session;

    LIST_FOREACH(session, &sessions->list, link)
    {
        if (session->state < SESSION_OPEN)
            session_end(session, "the server stops");
        else
            session_finish(session, "the server stops");
    }
}

void sessions_free(struct sessions *sessions)
{
    struct session *session;

    while ((session = LIST_FIRST(&sessions->list)) != NULL) {
        session->reason = session->reason == NULL ? "the server stops" : session->reason;
        session_free(session);
    }
}
