/*
 * Listening sockets: parsing addresses, opening, systemd's socket activation, and accepting on a
 * worker's loop.  It exists so that all workers wait on the same sockets, whoever opened them.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "common/clock.h"
#include "common/log.h"
#include "daemon/listener.h"
#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#define BACKLOG 1024
#define PAUSE_MS 200 /* after running out of descriptors */
#define IN_USE_WAIT_MS 3000
#define IN_USE_POLL_MS 20

int listener_parse(const char *text, struct listener_address *addresses, char *why, size_t why_size)
{
    int count = 0;

    for (;;) {
        text += strspn(text, " \t");
        size_t length = strcspn(text, " \t");
        char word[LISTENER_ADDRESS_TEXT_MAX];

        if (length == 0)
            break;
        if (count == LISTENER_SOCKETS_MAX) {
            snprintf(why, why_size, "listen has more than %d addresses", LISTENER_SOCKETS_MAX);
            return -1;
        }
        snprintf(word, sizeof(word), "%.*s", (int)length, text);
        struct listener_address *entry = &addresses[count];
        int size = (int)sizeof(entry->address);
        char *colon = strrchr(word, ':');

        memset(entry, 0, sizeof(*entry));
        /* libevent's parser takes words without a port: the colon must be the one before it. */
        if (length >= sizeof(word) || colon == NULL || strchr("123456789", colon[1]) == NULL || colon[1] == '\0' ||
            (word[0] == '[' ? colon[-1] != ']' : strchr(word, ':') != colon) ||
            evutil_parse_sockaddr_port(word, (struct sockaddr *)&entry->address, &size) != 0) {
            snprintf(why, why_size,
                     "listen has \"%s\", which is no address with a port such as 127.0.0.1:20040 or [::1]:20040",
                     word);
            return -1;
        }
        entry->length = (socklen_t)size;
        count++;
        text += length;
    }
    if (count == 0) {
        snprintf(why, why_size, "listen is empty; give an address with a port, such as 127.0.0.1:20040");
        return -1;
    }
    return count;
}

char *listener_address_text(const struct sockaddr *address, char *text)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;

        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(text, LISTENER_ADDRESS_TEXT_MAX, "%s:%u", host, ntohs(in->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;

        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        snprintf(text, LISTENER_ADDRESS_TEXT_MAX, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        snprintf(text, LISTENER_ADDRESS_TEXT_MAX, "%s", address->sa_family == AF_UNIX ? "unix" : "unknown");
    }
    return text;
}

/* True if this failure only says that the machine has no IPv6. */
static bool ipv6_missing(const struct sockaddr *address, int error)
{
    if (address->sa_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *in6 = (const void *)address;

    return error == EAFNOSUPPORT || (error == EADDRNOTAVAIL && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
}

/* What accepted sockets inherit (on Linux): replies are sent at once, dead peers are noticed. */
static void socket_prepare(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* One listening socket, or -1 with errno. */
static int socket_open(const struct listener_address *entry)
{
    int on = 1;
    int fd = socket(entry->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (entry->address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    socket_prepare(fd);
    if (bind(fd, (const struct sockaddr *)&entry->address, entry->length) != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/*
 * The same, but waits a moment for an address that is in use: the workers of a daemon that was killed end a little
 * after it, and until then they hold its sockets.
 */
static int socket_await(const struct listener_address *entry, const char *name)
{
    int64_t deadline_ms = clock_monotonic_ms() + IN_USE_WAIT_MS;
    int fd = socket_open(entry);
    bool in_use = fd < 0 && errno == EADDRINUSE;

    if (in_use)
        log_warn("listener.waiting", "address", name, "why", "the address is in use");
    while (in_use && clock_monotonic_ms() < deadline_ms) {
        poll(NULL, 0, IN_USE_POLL_MS);
        fd = socket_open(entry);
        in_use = fd < 0 && errno == EADDRINUSE;
    }
    if (in_use)
        errno = EADDRINUSE;
    return fd;
}

/* The sockets that systemd passed: how many, 0 for none, or -1 with a sentence. */
static int sockets_inherit(int *fds, char *why, size_t why_size)
{
#ifdef HAVE_SYSTEMD
    int count = sd_listen_fds(1);

    if (count < 0 || count > LISTENER_SOCKETS_MAX) {
        snprintf(why, why_size, "systemd's sockets cannot be taken: %s", count < 0 ? strerror(-count) : "too many");
        return -1;
    }
    for (int i = 0; i < count; i++) {
        int fd = SD_LISTEN_FDS_START + i;

        if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
            snprintf(why, why_size, "systemd's socket %d is not a listening stream socket", i + 1);
            return -1;
        }
        evutil_make_socket_nonblocking(fd);
        socket_prepare(fd);
        fds[i] = fd;
    }
    return count;
#else
    (void)fds;
    (void)why;
    (void)why_size;
    return 0;
#endif
}

int listener_open(const char *text, int *fds, char *why, size_t why_size)
{
    struct listener_address addresses[LISTENER_SOCKETS_MAX];
    char name[LISTENER_ADDRESS_TEXT_MAX];
    int opened = sockets_inherit(fds, why, why_size);

    if (opened != 0)
        return opened;
    int count = listener_parse(text, addresses, why, why_size);

    for (int i = 0; i < count; i++) {
        const struct sockaddr *address = (const struct sockaddr *)&addresses[i].address;

        listener_address_text(address, name);
        int fd = socket_await(&addresses[i], name);

        if (fd >= 0) {
            log_info("listener.opened", "address", name);
            fds[opened++] = fd;
            continue;
        }
        snprintf(why, why_size, "cannot listen on %s: %s", name, strerror(errno));
        if (ipv6_missing(address, errno) && (opened > 0 || i + 1 < count)) {
            log_warn("listener.skipped", "address", name, "why", "this machine has no IPv6");
            continue;
        }
        while (opened > 0)
            close(fds[--opened]);
        return -1;
    }
    return count > 0 && opened > 0 ? opened : -1;
}

struct listener {
    listener_accepted_fn *accepted;
    void *owner;
    struct event *resume;
    int count;
    struct evconnlistener *sockets[];
};

static void accepted(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *address, int length,
                     void *owner)
{
    struct listener *listener = owner;

    (void)socket;
    listener->accepted(listener->owner, fd, address, (socklen_t)length);
}

static void resumed(evutil_socket_t fd, short what, void *owner)
{
    struct listener *listener = owner;

    (void)fd;
    (void)what;
    for (int i = 0; i < listener->count; i++)
        evconnlistener_enable(listener->sockets[i]);
}

/* Accepting failed for want of something: pause, for the socket stays readable and would spin the loop. */
static void accept_failed(struct evconnlistener *socket, void *owner)
{
    struct listener *listener = owner;
    int error = EVUTIL_SOCKET_ERROR();
    const struct timeval pause = {.tv_sec = 0, .tv_usec = PAUSE_MS * 1000};

    (void)socket;
    log_warn("listener.paused", "why", strerror(error), "pause_ms", log_number(PAUSE_MS));
    for (int i = 0; i < listener->count; i++)
        evconnlistener_disable(listener->sockets[i]);
    event_add(listener->resume, &pause);
}

struct listener *listener_new(struct event_base *base, const int *fds, int count, listener_accepted_fn *call,
                              void *owner)
{
    struct listener *listener = calloc(1, sizeof(*listener) + (size_t)count * sizeof(listener->sockets[0]));

    if (listener == NULL)
        return NULL;
    listener->accepted = call;
    listener->owner = owner;
    listener->resume = event_new(base, -1, 0, resumed, listener);
    if (listener->resume == NULL) {
        free(listener);
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        struct evconnlistener *socket = evconnlistener_new(
            base, accepted, listener, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, (evutil_socket_t)fds[i]);

        if (socket == NULL) {
            listener_free(listener);
            return NULL;
        }
        evconnlistener_set_error_cb(socket, accept_failed);
        listener->sockets[listener->count++] = socket;
    }
    return listener;
}

void listener_free(struct listener *listener)
{
    if (listener == NULL)
        return;
    for (int i = 0; i < listener->count; i++)
        evconnlistener_free(listener->sockets[i]);
    event_free(listener->resume);
    free(listener);
}
