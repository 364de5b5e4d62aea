/*
 * A client of the tests: TLS and lines, and nothing that the product's client has; so it can also do what
 * a good client would not.
 */
#ifndef TESTS_SYSTEM_PEER_H
#define TESTS_SYSTEM_PEER_H

#include "common/line.h"
#include "tests/system/server.h"
#include <jansson.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#define PEER_WHY_MAX 256
#define PEER_WITHIN_MS 15000 /* for an answer; longer than the daemon's own deadline */

enum peer_outcome {
    PEER_DONE,
    PEER_LATE,   /* not within the time */
    PEER_CLOSED, /* the server said goodbye */
    PEER_BROKEN, /* reset, an alert, the end without a goodbye; peer->why says what */
};

/* How to connect. */
struct peer_wish {
    const char *certificate; /* NAME of the fixture's certificates; NULL: none is shown */
    const char *alpn;        /* NULL: none is offered */
    int version;             /* of TLS, as TLS1_3_VERSION; 0: any */
};

struct peer {
    SSL_CTX *context;
    SSL *ssl; /* NULL: plain TCP */
    int fd;
    struct line_buffer lines;
    bool ended; /* nothing more will come */
    enum peer_outcome end;
    long next_id;
    char reason[64];
    char why[PEER_WHY_MAX];
};

/* Connects as a principal (or with a certificate of that name); NULL and a failed check where that fails. */
struct peer *peer_open(const struct server *server, const char *name);

/* The same without a check: NULL with a sentence in why (PEER_WHY_MAX bytes). */
struct peer *peer_try(const struct server *server, const char *name, int within_ms, char *why);
struct peer *peer_try_as(const struct server *server, const struct peer_wish *wish, int within_ms, char *why);

/* TCP alone, no TLS. */
struct peer *peer_tcp(const struct server *server);

/* Closes without a goodbye (as a client that dies) and frees. NULL is allowed. */
void peer_free(struct peer *peer);

/* Sends bytes, all of them within PEER_WITHIN_MS; takes in what arrives meanwhile. False with peer->why. */
bool peer_send(struct peer *peer, const char *bytes, size_t length);
bool peer_send_text(struct peer *peer, const char *text);

/* Sends what it can without waiting, and takes nothing in: as a client that never reads. How many bytes. */
size_t peer_push(struct peer *peer, const char *bytes, size_t length);

/* Says that nothing more will be sent (close_notify and FIN); replies can still be read. */
void peer_half_close(struct peer *peer);

/* The next line, NUL-terminated, good until the next call. */
enum peer_outcome peer_line(struct peer *peer, int within_ms, char **line, size_t *length);

/* The next line as JSON, for json_decref(); NULL with peer->why. */
json_t *peer_reply(struct peer *peer, int within_ms);

/* True if the server closes within the time; lines that come before are dropped. */
bool peer_closes(struct peer *peer, int within_ms);

/*
 * Asks and waits for the reply with its id (others are dropped). format: of json_pack() for the parameters; NULL:
 * none. The reply's envelope, for json_decref(); NULL and a failed check where none comes.
 */
json_t *peer_ask(struct peer *peer, const char *method, const char *format, ...);
json_t *peer_ask_json(struct peer *peer, const char *method, json_t *params);

/* The same, but only "ok" or the error's reason ("none" where no reply came); good until the next call. */
const char *peer_reason(struct peer *peer, const char *method, const char *format, ...);

/* A line "{…}\n" for a request, for free(). id 0: a notification. Takes params over (NULL: none). */
char *peer_request(long id, const char *method, json_t *params);

/* Of a reply: "ok", or the error's reason; "none" for NULL. */
const char *reply_reason(const json_t *reply);

/* A member of a reply's result or error by path ("charge.remaining"); NULL where there is none. */
json_t *reply_member(const json_t *reply, const char *path);
const char *reply_text(const json_t *reply, const char *path);
long long reply_number(const json_t *reply, const char *path); /* -1 where there is none */

/* The number of elements of an array in a reply, -1 where there is none; whether a member is a time (RFC 3339). */
long long reply_count(const json_t *reply, const char *path);
bool reply_is_time(const json_t *reply, const char *path);

/* The element of an array in a reply whose member `name` has this text; NULL where there is none. */
json_t *reply_row(const json_t *reply, const char *path, const char *name, const char *text);

#endif
