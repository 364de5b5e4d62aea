/*
 * A bufferevent with TLS.  It exists so that the session is free of what only libevent and OpenSSL
 * make necessary.
 */
#include "daemon/stream.h"
#include "common/tls.h"
#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <event2/util.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define DISCARD_TIMES 16 /* reads a call, so that one client does not hold up the loop */

struct bufferevent *stream_new(struct event_base *base, SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);
    struct bufferevent *stream = NULL;

    if (ssl != NULL)
        stream = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (stream == NULL) {
        SSL_free(ssl);
        evutil_closesocket(fd);
    }
    return stream;
}

bool stream_error(struct bufferevent *stream, char *why, size_t why_size)
{
    int system_error = EVUTIL_SOCKET_ERROR();
    bool unexpected_eof = false;
    bool found = false;
    unsigned long error;

    /* libevent has taken the errors from OpenSSL's queue: put them back for tls_error_text(). */
    ERR_clear_error();
    while ((error = bufferevent_get_openssl_error(stream)) != 0) {
        if (ERR_GET_LIB(error) == 0)
            continue; /* libevent's own addition, an SSL_ERROR_… */
        ERR_raise(ERR_GET_LIB(error), ERR_GET_REASON(error));
        found = true;
        if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
            unexpected_eof = true;
    }
    if (found)
        tls_error_text(why, why_size);
    else
        snprintf(why, why_size, "%s", system_error != 0 ? strerror(system_error) : "the connection was closed");
    return unexpected_eof;
}

void stream_goodbye(struct bufferevent *stream)
{
    SSL_shutdown(bufferevent_openssl_get_ssl(stream));
    ERR_clear_error();
}

void stream_shut(struct bufferevent *stream)
{
    bufferevent_disable(stream, EV_READ | EV_WRITE);
    shutdown(bufferevent_getfd(stream), SHUT_WR);
}

bool stream_discard(struct bufferevent *stream)
{
    char bytes[16384];

    for (int i = 0; i < DISCARD_TIMES; i++) {
        ssize_t length = recv(bufferevent_getfd(stream), bytes, sizeof(bytes), MSG_DONTWAIT);

        if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
            return true;
        if (length < 0)
            return false;
    }
    return false;
}
