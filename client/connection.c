/* Sockets, polling and OpenSSL behind five outcomes; nobody above sees a file descriptor. */
#include "client/connection.h"
#include "client/memory.h"
#include "common/clock.h"
#include "common/line.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A reply may be a page of 500 incidents. */
#define CONNECTION_LINE_MAX (64UL * 1024 * 1024)

struct connection {
    SSL_CTX *context;
    SSL *ssl;
    int socket;
    bool heard; /* the server has sent something */
    struct line_buffer lines;
};

bool connection_address_split(const char *address, char **host, char **port, char *why, size_t why_size)
{
    const char *colon = strrchr(address, ':');
    const char *bracket = strchr(address, ']');
    size_t length;

    if (address[0] == '[' && bracket != NULL && (bracket[1] == ':' || bracket[1] == '\0')) {
        address++;
        length = (size_t)(bracket - address);
        colon = bracket[1] == ':' ? bracket + 1 : NULL;
    } else if (colon != NULL && strchr(address, ':') != colon) {
        colon = NULL; /* a bare IPv6 address */
        length = strlen(address);
    } else {
        length = colon == NULL ? strlen(address) : (size_t)(colon - address);
    }
    if (length == 0 ||
        (colon != NULL && (colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1)))) {
        snprintf(why, why_size, "\"%s\" is no address: host:port, [IPv6 address]:port or host is", address);
        return false;
    }
    *host = memory_format("%.*s", (int)length, address);
    *port = memory_copy(colon == NULL ? CONNECTION_PORT : colon + 1);
    return true;
}

/* Milliseconds to a deadline, at least 0. */
static int time_left(int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_monotonic_ms();
    return left < 0 ? 0 : (int)left;
}

/* Waits for the events; returns those that came, 0 at the deadline, -1 on an error. */
static int socket_wait(int fd, short events, int64_t deadline_ms)
{
    struct pollfd wanted = {.fd = fd, .events = events};

    for (;;) {
        int count = poll(&wanted, 1, time_left(deadline_ms));
        if (count >= 0)
            return count == 0 ? 0 : wanted.revents;
        if (errno != EINTR)
            return -1;
    }
}

/* Connects to one resolved address; the socket, or -1 with errno set. */
static int address_connect(const struct addrinfo *info, int64_t deadline_ms)
{
    int on = 1, problem = 0;
    socklen_t size = sizeof problem;
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol);

    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, info->ai_addr, info->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS) {
        int events = socket_wait(fd, POLLOUT, deadline_ms);
        if (events == 0)
            problem = ETIMEDOUT;
        else if (events < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
            problem = errno;
        if (problem == 0)
            return fd;
    } else {
        problem = errno;
    }
    close(fd);
    errno = problem;
    return -1;
}

/* The socket of a connection to host and port, or -1 with a sentence. */
static int host_connect(const char *host, const char *port, int64_t deadline_ms, char *why, size_t why_size)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int fd = -1;

    int problem = getaddrinfo(host, port, &hints, &found);
    if (problem != 0) { /* a machine with nothing but its loopback */
        hints.ai_flags = 0;
        problem = getaddrinfo(host, port, &hints, &found);
    }
    if (problem != 0) {
        snprintf(why, why_size, "%s cannot be found: %s", host, gai_strerror(problem));
        return -1;
    }
    for (struct addrinfo *info = found; info != NULL && fd < 0; info = info->ai_next)
        fd = address_connect(info, deadline_ms);
    if (fd < 0)
        snprintf(why, why_size, "no server answers at %s port %s: %s", host, port, strerror(errno));
    freeaddrinfo(found);
    return fd;
}

/* True if the oldest error in OpenSSL's queue is an alert by which the server turns our certificate down. */
static bool alert_rejects(void)
{
    static const int alerts[] = {
        SSL_AD_HANDSHAKE_FAILURE,   SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE,
        SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN,
        SSL_AD_UNKNOWN_CA,          SSL_AD_ACCESS_DENIED,       SSL_AD_CERTIFICATE_REQUIRED,
    };
    unsigned long error = ERR_peek_error();

    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
        if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_AD_REASON_OFFSET + alerts[i])
            return true;
    return false;
}

/* What a failed call of OpenSSL means; empties its queue. */
static enum connection_outcome failure_read(struct connection *connection, int result, char *why, size_t why_size)
{
    int saved = errno;
    int kind = SSL_get_error(connection->ssl, result);
    unsigned long error = ERR_peek_error();
    bool closed = kind == SSL_ERROR_ZERO_RETURN || (kind == SSL_ERROR_SYSCALL && error == 0) ||
                  ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;

    if (alert_rejects()) {
        tls_error_text(why, why_size);
        return CONNECTION_REJECTED;
    }
    if (closed) {
        snprintf(why, why_size, "the server closed the connection%s%s%s",
                 saved != 0 && kind == SSL_ERROR_SYSCALL ? ": " : "",
                 saved != 0 && kind == SSL_ERROR_SYSCALL ? strerror(saved) : "",
                 connection->heard ? "" : " before it said anything");
        ERR_clear_error();
        return CONNECTION_LOST;
    }
    tls_error_text(why, why_size);
    return CONNECTION_BROKEN;
}

/* After WANT_READ or WANT_WRITE: waits for it (and more events). CONNECTION_DONE to go on. */
static enum connection_outcome turn_wait(struct connection *connection, int result, short more, int64_t deadline_ms,
                                         int *events, char *why, size_t why_size)
{
    int kind = SSL_get_error(connection->ssl, result);

    if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE)
        return failure_read(connection, result, why, why_size);
    *events = socket_wait(connection->socket, (short)((kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT) | more),
                          deadline_ms);
    if (*events > 0)
        return CONNECTION_DONE;
    snprintf(why, why_size, "%s", *events == 0 ? "the server did not answer in time" : strerror(errno));
    return *events == 0 ? CONNECTION_LATE : CONNECTION_LOST;
}

/* Whom the certificate must be for. */
static bool name_expect(SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

    if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
        return true;
    ERR_clear_error();
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static enum connection_outcome handshake(struct connection *connection, int64_t deadline_ms, char *why,
                                         size_t why_size)
{
    int events;

    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(connection->ssl);
        if (result == 1)
            break;
        long verified = SSL_get_verify_result(connection->ssl);
        if (verified != X509_V_OK) {
            snprintf(why, why_size, "the server's certificate cannot be trusted: %s",
                     X509_verify_cert_error_string(verified));
            ERR_clear_error();
            return CONNECTION_BROKEN;
        }
        enum connection_outcome outcome = turn_wait(connection, result, 0, deadline_ms, &events, why, why_size);
        if (outcome != CONNECTION_DONE)
            return outcome;
    }
    if (tls_alpn_selected(connection->ssl))
        return CONNECTION_DONE;
    snprintf(why, why_size, "what answers there does not speak %s", TLS_ALPN);
    return CONNECTION_BROKEN;
}

enum connection_outcome connection_open(const struct connection_target *target, int timeout_ms,
                                        struct connection **opened, char *why, size_t why_size)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    enum connection_outcome outcome = CONNECTION_BROKEN;
    struct connection *connection = NULL;
    char *host = NULL, *port = NULL;

    if (!connection_address_split(target->address, &host, &port, why, why_size))
        return CONNECTION_BROKEN;
    connection = memory_new(1, sizeof *connection);
    connection->socket = -1;
    connection->context = tls_client_context(&target->files, why, why_size);
    if (connection->context == NULL)
        goto out;
    connection->socket = host_connect(host, port, deadline_ms, why, why_size);
    if (connection->socket < 0) {
        outcome = CONNECTION_LOST;
        goto out;
    }
    connection->ssl = SSL_new(connection->context);
    if (connection->ssl == NULL || SSL_set_fd(connection->ssl, connection->socket) != 1 ||
        !name_expect(connection->ssl, target->server_name != NULL ? target->server_name : host)) {
        tls_error_text(why, why_size);
        goto out;
    }
    SSL_set_mode(connection->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
    outcome = handshake(connection, deadline_ms, why, why_size);
out:
    if (outcome == CONNECTION_DONE)
        *opened = connection;
    else
        connection_free(connection);
    free(host);
    free(port);
    return outcome;
}

/* Takes in what is there. CONNECTION_LATE: nothing more at present; *result is OpenSSL's. */
static enum connection_outcome lines_fill(struct connection *connection, int *result, char *why, size_t why_size)
{
    char bytes[16384];

    for (;;) {
        ERR_clear_error();
        errno = 0;
        *result = SSL_read(connection->ssl, bytes, sizeof bytes);
        if (*result > 0) {
            connection->heard = true;
            if (line_append(&connection->lines, bytes, (size_t)*result) != 0) {
                snprintf(why, why_size, "memory ran out");
                return CONNECTION_BROKEN;
            }
            continue;
        }
        int kind = SSL_get_error(connection->ssl, *result);
        if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
            return CONNECTION_LATE;
        return failure_read(connection, *result, why, why_size);
    }
}

enum connection_outcome connection_send(struct connection *connection, const char *bytes, size_t length,
                                        int timeout_ms, char *why, size_t why_size)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    enum connection_outcome outcome;

    while (length > 0) {
        int events = 0, ignored;
        ERR_clear_error();
        errno = 0;
        int result = SSL_write(connection->ssl, bytes, length > 16384 ? 16384 : (int)length);
        if (result > 0) {
            bytes += result;
            length -= (size_t)result;
            continue;
        }
        outcome = turn_wait(connection, result, POLLIN, deadline_ms, &events, why, why_size);
        if (outcome == CONNECTION_LOST) { /* the alert that says why may be waiting to be read */
            char alert[256];
            if (lines_fill(connection, &ignored, alert, sizeof alert) == CONNECTION_REJECTED) {
                snprintf(why, why_size, "%s", alert);
                outcome = CONNECTION_REJECTED;
            }
        }
        if (outcome != CONNECTION_DONE)
            return outcome;
        if ((events & POLLIN) != 0) {
            outcome = lines_fill(connection, &ignored, why, why_size);
            if (outcome != CONNECTION_LATE)
                return outcome;
        }
    }
    return CONNECTION_DONE;
}

enum connection_outcome connection_receive(struct connection *connection, int timeout_ms, char **line,
                                           size_t *length, char *why, size_t why_size)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    enum connection_outcome filled = CONNECTION_LATE;
    int events, result = -1;

    for (;;) {
        switch (line_next(&connection->lines, CONNECTION_LINE_MAX, line, length)) {
        case LINE_FOUND:
            return CONNECTION_DONE;
        case LINE_TOO_LONG:
            snprintf(why, why_size, "the server's answer is too long");
            return CONNECTION_BROKEN;
        case LINE_MORE:
            break;
        }
        if (filled != CONNECTION_LATE)
            return filled;
        size_t before = line_pending(&connection->lines);
        filled = lines_fill(connection, &result, why, why_size);
        if (line_pending(&connection->lines) != before || filled != CONNECTION_LATE)
            continue;
        enum connection_outcome waited = turn_wait(connection, result, 0, deadline_ms, &events, why, why_size);
        if (waited != CONNECTION_DONE)
            return waited;
    }
}

void connection_free(struct connection *connection)
{
    if (connection == NULL)
        return;
    if (connection->ssl != NULL) {
        if (SSL_is_init_finished(connection->ssl))
            SSL_shutdown(connection->ssl);
        SSL_free(connection->ssl);
    }
    ERR_clear_error();
    if (connection->socket >= 0)
        close(connection->socket);
    SSL_CTX_free(connection->context);
    line_clear(&connection->lines);
    free(connection);
}
