/* Owns the tests' end of a connection: non-blocking underneath, with a deadline on every wait. */
#include "config.h"

#include "tests/system/peer.h"

#include "common/clock.h"
#include "tests/system/check.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_BYTES_MAX (64 * 1024 * 1024)

static void peer_end(struct peer *peer, enum peer_outcome end, const char *why)
{
    if (peer->ended)
        return;
    peer->ended = true;
    peer->end = end;
    snprintf(peer->why, sizeof peer->why, "%s", why);
}

static void poll_for(const struct peer *peer, short events, int64_t deadline_ms)
{
    struct pollfd wait = {.fd = peer->fd, .events = events};
    int64_t left_ms = deadline_ms - clock_monotonic_ms();

    poll(&wait, 1, left_ms > 0 ? (int)left_ms : 0);
}

/* What a failed SSL call means: wait for something (its poll event), or the end (0). */
static short ssl_failed(struct peer *peer, int result)
{
    int error = SSL_get_error(peer->ssl, result);
    char why[PEER_WHY_MAX];

    if (error == SSL_ERROR_WANT_READ)
        return POLLIN;
    if (error == SSL_ERROR_WANT_WRITE)
        return POLLOUT;
    if (error == SSL_ERROR_ZERO_RETURN) {
        peer_end(peer, PEER_CLOSED, "the server said goodbye");
    } else {
        tls_error_text(why, sizeof why);
        peer_end(peer, PEER_BROKEN, why);
    }
    ERR_clear_error();
    return 0;
}

struct peer *peer_tcp(const struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)server->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct peer *peer = calloc(1, sizeof *peer);
    int one = 1;

    if (!peer)
        abort();
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer->fd < 0 || connect(peer->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        peer_end(peer, PEER_BROKEN, strerror(errno));
        return peer;
    }
    fcntl(peer->fd, F_SETFL, O_NONBLOCK);
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return peer;
}

/* The context as the wish says. NULL if OpenSSL will not. */
static SSL_CTX *context_new(const struct peer_wish *wish)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    char path[FIXTURE_PATH_MAX * 2];
    unsigned char alpn[64];

    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
    snprintf(path, sizeof path, "%s/tls/ca.pem", fixture_dir());
    SSL_CTX_load_verify_file(context, path);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (wish->version) {
        SSL_CTX_set_min_proto_version(context, wish->version);
        SSL_CTX_set_max_proto_version(context, wish->version);
    }
    if (wish->alpn) {
        alpn[0] = (unsigned char)strlen(wish->alpn);
        memcpy(alpn + 1, wish->alpn, alpn[0]);
        SSL_CTX_set_alpn_protos(context, alpn, alpn[0] + 1u);
    }
    if (wish->certificate) {
        snprintf(path, sizeof path, "%s/tls/%s.pem", fixture_dir(), wish->certificate);
        SSL_CTX_use_certificate_chain_file(context, path);
        snprintf(path, sizeof path, "%s/tls/%s.key", fixture_dir(), wish->certificate);
        SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM);
    }
    ERR_clear_error();
    return context;
}

static bool handshake(struct peer *peer, int64_t deadline_ms)
{
    while (!peer->ended) {
        int result = SSL_connect(peer->ssl);

        if (result == 1)
            return true;
        short events = ssl_failed(peer, result);
        if (events)
            poll_for(peer, events, deadline_ms);
        if (clock_monotonic_ms() >= deadline_ms)
            peer_end(peer, PEER_LATE, "the handshake takes too long");
    }
    return false;
}

struct peer *peer_try_as(const struct server *server, const struct peer_wish *wish, int within_ms, char *why)
{
    struct peer *peer = peer_tcp(server);
    bool done = false;

    if (!peer->ended) {
        peer->context = context_new(wish);
        peer->ssl = SSL_new(peer->context);
        SSL_set_fd(peer->ssl, peer->fd);
        done = handshake(peer, clock_monotonic_ms() + within_ms);
    }
    if (done)
        return peer;
    snprintf(why, PEER_WHY_MAX, "%s", peer->why);
    peer_free(peer);
    return NULL;
}

struct peer *peer_try(const struct server *server, const char *name, int within_ms, char *why)
{
    return peer_try_as(server, &(struct peer_wish){.certificate = name, .alpn = TLS_ALPN}, within_ms, why);
}

struct peer *peer_open(const struct server *server, const char *name)
{
    char why[PEER_WHY_MAX] = "";
    struct peer *peer = server ? peer_try(server, name, fixture_ms(PEER_WITHIN_MS), why) : NULL;

    CHECK(peer != NULL, "%s cannot connect: %s", name, why);
    return peer;
}

void peer_free(struct peer *peer)
{
    if (!peer)
        return;
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
    if (peer->fd >= 0)
        close(peer->fd);
    line_clear(&peer->lines);
    free(peer);
}

/* Takes in what has arrived; what to wait for, or 0 at the end. */
static short peer_take(struct peer *peer)
{
    char bytes[16384];

    while (!peer->ended) {
        int length = peer->ssl ? SSL_read(peer->ssl, bytes, sizeof bytes)
                               : (int)recv(peer->fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (length > 0 && line_append(&peer->lines, bytes, (size_t)length) != 0)
            abort();
        if (length > 0)
            continue;
        if (peer->ssl)
            return ssl_failed(peer, length);
        if (length < 0 && errno == EAGAIN)
            return POLLIN;
        peer_end(peer, length == 0 ? PEER_CLOSED : PEER_BROKEN, length == 0 ? "closed" : strerror(errno));
    }
    return 0;
}

bool peer_send(struct peer *peer, const char *bytes, size_t length)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(PEER_WITHIN_MS);
    size_t sent = 0;

    while (sent < length && !peer->ended) {
        int wrote = peer->ssl ? SSL_write(peer->ssl, bytes + sent, (int)(length - sent))
                              : (int)send(peer->fd, bytes + sent, length - sent, MSG_NOSIGNAL);
        short events = POLLOUT;

        if (wrote > 0) {
            sent += (size_t)wrote;
            continue;
        }
        if (peer->ssl)
            events = ssl_failed(peer, wrote);
        else if (errno != EAGAIN)
            peer_end(peer, PEER_BROKEN, strerror(errno));
        if (events)
            peer_take(peer);
        if (events)
            poll_for(peer, (short)(events | POLLIN), deadline_ms);
        if (clock_monotonic_ms() >= deadline_ms) {
            snprintf(peer->why, sizeof peer->why, "it does not take in what is sent");
            return false;
        }
    }
    return sent == length;
}

size_t peer_push(struct peer *peer, const char *bytes, size_t length)
{
    size_t sent = 0;
    int wrote = 1;

    while (sent < length && wrote > 0 && !peer->ended) {
        wrote = SSL_write(peer->ssl, bytes + sent, (int)(length - sent));
        if (wrote > 0)
            sent += (size_t)wrote;
        else
            ssl_failed(peer, wrote);
    }
    return sent;
}

bool peer_send_text(struct peer *peer, const char *text)
{
    return peer_send(peer, text, strlen(text));
}

void peer_half_close(struct peer *peer)
{
    if (peer->ssl)
        SSL_shutdown(peer->ssl);
    shutdown(peer->fd, SHUT_WR);
}

enum peer_outcome peer_line(struct peer *peer, int within_ms, char **line, size_t *length)
{
    int64_t deadline_ms = clock_monotonic_ms() + within_ms;

    for (;;) {
        if (line_next(&peer->lines, REPLY_BYTES_MAX, line, length) == LINE_FOUND)
            return PEER_DONE;
        if (peer->ended)
            return peer->end;
        short events = peer_take(peer);
        if (line_pending(&peer->lines) > 0 && line_next(&peer->lines, REPLY_BYTES_MAX, line, length) == LINE_FOUND)
            return PEER_DONE;
        if (events && clock_monotonic_ms() >= deadline_ms)
            return PEER_LATE;
        if (events)
            poll_for(peer, events, deadline_ms);
    }
}

json_t *peer_reply(struct peer *peer, int within_ms)
{
    static const char *const words[] = {"a line", "nothing in time", "a goodbye", "the end"};
    char *line = NULL;
    size_t length = 0;
    json_error_t problem;
    enum peer_outcome outcome = peer_line(peer, within_ms, &line, &length);
    json_t *reply = NULL;

    if (outcome != PEER_DONE) {
        if (outcome == PEER_LATE)
            snprintf(peer->why, sizeof peer->why, "%s", words[outcome]);
        return NULL;
    }
    reply = json_loadb(line, length, JSON_REJECT_DUPLICATES, &problem);
    if (!reply)
        snprintf(peer->why, sizeof peer->why, "no JSON: %.150s", problem.text);
    return reply;
}

bool peer_closes(struct peer *peer, int within_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + within_ms;
    enum peer_outcome outcome;
    char *line;
    size_t length;

    do {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();

        outcome = peer_line(peer, left_ms > 0 ? (int)left_ms : 0, &line, &length);
    } while (outcome == PEER_DONE);
    return outcome != PEER_LATE;
}

char *peer_request(long id, const char *method, json_t *params)
{
    json_t *request = json_pack("{s:s, s:s}", "jsonrpc", "2.0", "method", method);
    char *text, *line;

    if (params)
        json_object_set_new(request, "params", params);
    if (id)
        json_object_set_new(request, "id", json_integer(id));
    text = json_dumps(request, JSON_COMPACT);
    if (!text || asprintf(&line, "%s\n", text) < 0)
        abort();
    free(text);
    json_decref(request);
    return line;
}

json_t *peer_ask_json(struct peer *peer, const char *method, json_t *params)
{
    json_t *reply = NULL;

    if (!peer) {
        json_decref(params);
        return NULL;
    }
    long id = ++peer->next_id;
    char *line = peer_request(id, method, params);

    if (peer_send_text(peer, line))
        while ((reply = peer_reply(peer, fixture_ms(PEER_WITHIN_MS))) &&
               json_integer_value(json_object_get(reply, "id")) != id &&
               !json_is_null(json_object_get(reply, "id")))
            json_decref(reply);
    free(line);
    return reply;
}

static json_t *params_pack(const char *format, va_list arguments)
{
    json_error_t problem;
    json_t *params = format ? json_vpack_ex(&problem, 0, format, arguments) : NULL;

    if (format && !params) {
        fprintf(stderr, "system: json_pack(\"%s\"): %s\n", format, problem.text);
        abort();
    }
    return params;
}

json_t *peer_ask(struct peer *peer, const char *method, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    json_t *params = params_pack(format, arguments);
    va_end(arguments);
    json_t *reply = peer_ask_json(peer, method, params);

    CHECK(reply != NULL, "%s: no reply: %s", method, peer ? peer->why : "not connected");
    return reply;
}

const char *peer_reason(struct peer *peer, const char *method, const char *format, ...)
{
    va_list arguments;

    if (!peer)
        return "none";
    va_start(arguments, format);
    json_t *params = params_pack(format, arguments);
    va_end(arguments);
    json_t *reply = peer_ask_json(peer, method, params);

    snprintf(peer->reason, sizeof peer->reason, "%s", reply_reason(reply));
    json_decref(reply);
    return peer->reason;
}

const char *reply_reason(const json_t *reply)
{
    const char *reason =
        json_string_value(json_object_get(json_object_get(json_object_get(reply, "error"), "data"), "reason"));

    if (json_is_object(json_object_get(reply, "result")))
        return "ok";
    return reason ? reason : "none";
}

json_t *reply_member(const json_t *reply, const char *path)
{
    json_t *at = json_object_get(reply, "result");
    char name[64];

    if (!at)
        at = json_object_get(reply, "error");
    while (at && *path) {
        size_t length = strcspn(path, ".");

        snprintf(name, sizeof name, "%.*s", (int)length, path);
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(name)) : json_object_get(at, name);
        path += length + (path[length] == '.');
    }
    return at;
}

const char *reply_text(const json_t *reply, const char *path)
{
    return json_string_value(reply_member(reply, path));
}

long long reply_number(const json_t *reply, const char *path)
{
    const json_t *member = reply_member(reply, path);

    return json_is_integer(member) ? json_integer_value(member) : -1;
}

long long reply_count(const json_t *reply, const char *path)
{
    const json_t *member = reply_member(reply, path);

    return json_is_array(member) ? (long long)json_array_size(member) : -1;
}

bool reply_is_time(const json_t *reply, const char *path)
{
    const char *text = reply_text(reply, path);
    int64_t at;

    return text && clock_parse(text, &at);
}

json_t *reply_row(const json_t *reply, const char *path, const char *name, const char *text)
{
    json_t *row;
    size_t i;

    json_array_foreach(reply_member(reply, path), i, row)
    {
        const char *value = json_string_value(json_object_get(row, name));

        if (value && strcmp(value, text) == 0)
            return row;
    }
    return NULL;
}
