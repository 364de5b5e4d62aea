/*
 * The load of the benchmark: so many TLS connections, each with so many requests in flight, for so many
 * seconds, from one thread.  Prints one line: requests a second, p50 and p99 in microseconds, refusals.
 *
 *   load ADDRESS:PORT CA CERTIFICATE KEY WHAT CONNECTIONS DEPTH SECONDS
 *   WHAT: open-spread (over partners p1 … p10000), open-one (partner p10001), balance, idle (connect, say
 *   so on a line, and wait for the end of standard input)
 */
#include "common/line.h"
#include "common/tls.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PARTNERS 10000
#define DEPTH_MAX 1024
#define SAMPLES_MAX 4000000

enum what { OPEN_SPREAD, OPEN_ONE, BALANCE, IDLE, WHATS };

static const char *const what_names[] = {"open-spread", "open-one", "balance", "idle"};

struct peer {
    SSL *ssl;
    int fd;
    bool writing; /* epoll also waits for room to write */
    struct line_buffer in;
    char *out;
    size_t out_start, out_end, out_size;
    int64_t sent_us[DEPTH_MAX]; /* by id % depth */
    int free_ids[DEPTH_MAX], free_count;
};

struct load {
    enum what what;
    int depth, connections;
    struct peer *peers;
    int poll;
    uint64_t serial, run; /* make each key unique */
    unsigned random;
    uint32_t *samples;
    size_t samples_count;
    long refused;
};

static void die(const char *what)
{
    char why[200];

    tls_error_text(why, sizeof why);
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void peer_queue(struct peer *peer, const char *text, size_t length)
{
    if (peer->out_start == peer->out_end)
        peer->out_start = peer->out_end = 0;
    if (peer->out_size - peer->out_end < length) {
        peer->out_size = (peer->out_end + length) * 2;
        peer->out = realloc(peer->out, peer->out_size);
        if (!peer->out)
            die("memory");
    }
    memcpy(peer->out + peer->out_end, text, length);
    peer->out_end += length;
}

static void request_queue(struct load *load, struct peer *peer)
{
    char text[400];
    int id = peer->free_ids[--peer->free_count], length;
    unsigned partner;

    load->random = load->random * 1664525u + 1013904223u;
    partner = load->what == OPEN_ONE ? PARTNERS + 1 : 1 + (load->random >> 8) % PARTNERS;
    if (load->what == BALANCE)
        length = snprintf(
            text, sizeof text,
            "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"balance.get\",\"params\":{\"partner\":\"p%u\"}}\n", id,
            partner);
    else
        length = snprintf(
            text, sizeof text,
            "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"incident.open\",\"params\":{\"partner\":\"p%u\","
            "\"class\":\"professional\",\"severity\":\"C\",\"title\":\"Something broke\",\"key\":\"%llx-%llx\"}}\n",
            id, partner, (unsigned long long)load->run, (unsigned long long)load->serial++);
    peer_queue(peer, text, (size_t)length);
    peer->sent_us[id] = now_us();
}

static void reply_take(struct load *load, struct peer *peer, const char *line)
{
    const char *id_text = strstr(line, "\"id\":");
    int id = id_text ? atoi(id_text + 5) : -1;

    if (id < 0 || id >= load->depth)
        die(line);
    if (load->samples_count < SAMPLES_MAX)
        load->samples[load->samples_count++] = (uint32_t)(now_us() - peer->sent_us[id]);
    load->refused += strncmp(strchr(id_text, ','), ",\"error\"", 8) == 0;
    peer->free_ids[peer->free_count++] = id;
}

static void peer_watch(struct load *load, struct peer *peer, bool writing)
{
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0u), .data.ptr = peer};

    if (peer->writing == writing)
        return;
    peer->writing = writing;
    epoll_ctl(load->poll, EPOLL_CTL_MOD, peer->fd, &event);
}

static void peer_write(struct load *load, struct peer *peer)
{
    while (peer->out_start < peer->out_end) {
        size_t length = peer->out_end - peer->out_start;
        int done = SSL_write(peer->ssl, peer->out + peer->out_start, (int)(length < 16384 ? length : 16384));

        if (done > 0)
            peer->out_start += (size_t)done;
        else if (SSL_get_error(peer->ssl, done) == SSL_ERROR_WANT_WRITE)
            break;
        else
            die("write");
    }
    peer_watch(load, peer, peer->out_start < peer->out_end);
}

static void peer_read(struct load *load, struct peer *peer)
{
    static char bytes[65536];
    char *line;
    size_t length;
    int got;

    while ((got = SSL_read(peer->ssl, bytes, sizeof bytes)) > 0) {
        line_append(&peer->in, bytes, (size_t)got);
        while (line_next(&peer->in, 1 << 20, &line, &length) == LINE_FOUND)
            reply_take(load, peer, line);
    }
    if (SSL_get_error(peer->ssl, got) != SSL_ERROR_WANT_READ)
        die("read");
}

static void peer_connect(struct load *load, struct peer *peer, SSL_CTX *context, const struct sockaddr_in *address)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    int on = 1;

    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    peer->ssl = SSL_new(context);
    if (peer->fd < 0 || !peer->ssl || connect(peer->fd, (const void *)address, sizeof *address) != 0)
        die("connect");
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_set_fd(peer->ssl, peer->fd);
    if (SSL_connect(peer->ssl) != 1)
        die("handshake");
    fcntl(peer->fd, F_SETFL, fcntl(peer->fd, F_GETFL) | O_NONBLOCK);
    for (int id = 0; id < load->depth; id++)
        peer->free_ids[peer->free_count++] = id;
    epoll_ctl(load->poll, EPOLL_CTL_ADD, peer->fd, &event);
}

static void load_run(struct load *load, int seconds)
{
    int64_t end_us = now_us() + (int64_t)seconds * 1000000;
    struct epoll_event events[256];

    for (int i = 0; i < load->connections; i++) {
        while (load->peers[i].free_count > 0)
            request_queue(load, &load->peers[i]);
        peer_write(load, &load->peers[i]);
    }
    while (now_us() < end_us) {
        int ready = epoll_wait(load->poll, events, 256, 100);

        for (int i = 0; i < ready; i++) {
            struct peer *peer = events[i].data.ptr;

            peer_read(load, peer);
            while (peer->free_count > 0)
                request_queue(load, peer);
            peer_write(load, peer);
        }
    }
}

static int sample_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void load_report(struct load *load, int64_t elapsed_us)
{
    size_t count = load->samples_count;

    if (count == 0)
        die("no replies");
    qsort(load->samples, count, sizeof *load->samples, sample_order);
    printf("%.0f %u %u %ld\n", (double)count * 1e6 / (double)elapsed_us, load->samples[count / 2],
           load->samples[count * 99 / 100], load->refused);
}

static void load_open(struct load *load, char **argv)
{
    struct tls_files files = {.ca = argv[2], .certificate = argv[3], .key = argv[4]};
    struct sockaddr_in address = {.sin_family = AF_INET};
    char why[400], *colon = strchr(argv[1], ':');
    SSL_CTX *context = tls_client_context(&files, why, sizeof why);

    if (!context || !colon) {
        fprintf(stderr, "load: %s\n", colon ? why : "the address has no port");
        exit(1);
    }
    *colon = '\0';
    address.sin_port = htons((uint16_t)atoi(colon + 1));
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    load->poll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < load->connections; i++)
        peer_connect(load, &load->peers[i], context, &address);
    SSL_CTX_free(context);
}

int main(int argc, char **argv)
{
    struct load load = {.random = 2004};
    int64_t start_us;

    if (argc != 9) {
        fprintf(stderr, "usage: load ADDRESS:PORT CA CERTIFICATE KEY WHAT CONNECTIONS DEPTH SECONDS\n");
        return 2;
    }
    while (load.what < WHATS && strcmp(what_names[load.what], argv[5]) != 0)
        load.what++;
    load.connections = atoi(argv[6]);
    load.depth = atoi(argv[7]);
    load.peers = calloc((size_t)load.connections, sizeof *load.peers);
    load.samples = malloc(SAMPLES_MAX * sizeof *load.samples);
    if (load.what == WHATS || load.connections < 1 || load.depth < 1 || load.depth > DEPTH_MAX || !load.peers ||
        !load.samples || RAND_bytes((unsigned char *)&load.run, sizeof load.run) != 1)
        die("arguments");
    load_open(&load, argv);
    if (load.what == IDLE) {
        puts("connected");
        fflush(stdout);
        while (getchar() != EOF)
            ;
        return 0;
    }
    start_us = now_us();
    load_run(&load, atoi(argv[8]));
    load_report(&load, now_us() - start_us);
    return 0;
}
