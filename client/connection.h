/*
 * One blocking connection to the server: TCP, TLS 1.3 with both certificates, ALPN, lines out and in.
 * Every wait has a deadline; while it waits to send it takes in what arrives, so that two full pipes
 * never wait for each other.
 */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include "common/tls.h"
#include <stdbool.h>
#include <stddef.h>

#define CONNECTION_PORT "20040"

struct connection;

enum connection_outcome {
    CONNECTION_DONE,
    CONNECTION_LOST,     /* unreachable, closed or reset: trying again may help */
    CONNECTION_LATE,     /* the deadline passed */
    CONNECTION_REJECTED, /* the server does not accept our certificate */
    CONNECTION_BROKEN,   /* files, names, protocol: trying again does not help */
};

struct connection_target {
    const char *address;     /* host:port, [address]:port or host */
    const char *server_name; /* what its certificate must be for; NULL: the host */
    struct tls_files files;
};

/* Splits an address; host and port are for free(). False with a sentence. */
bool connection_address_split(const char *address, char **host, char **port, char *why, size_t why_size);

/*
 * Connects within timeout_ms, shakes hands, checks name and ALPN. On CONNECTION_DONE *connection is
 * owned by the caller (connection_free()); else a sentence stands in why.
 */
enum connection_outcome connection_open(const struct connection_target *target, int timeout_ms,
                                        struct connection **connection, char *why, size_t why_size);

/* Sends bytes as they are (whole lines with their LF). */
enum connection_outcome connection_send(struct connection *connection, const char *bytes, size_t length,
                                        int timeout_ms, char *why, size_t why_size);

/*
 * The next line, NUL-terminated, good until the next call. timeout_ms 0: only what is there already
 * (CONNECTION_LATE where there is no whole line).
 */
enum connection_outcome connection_receive(struct connection *connection, int timeout_ms, char **line,
                                           size_t *length, char *why, size_t why_size);

/* Closes and frees; NULL is fine. */
void connection_free(struct connection *connection);

#endif
