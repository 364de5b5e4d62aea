/*
 * Calls: one request, its result or its error. A request that changes something carries a key, so it is
 * sent again after a lost connection; busy servers are asked again, later and later.
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/connection.h"
#include "client/profile.h"
#include "client/status.h"
#include <jansson.h>

#define CALL_KEY_MAX 33
#define CALL_TRIES_MAX 5

/* One of result and error is there; both are owned by whoever holds the reply (reply_release()). */
struct reply {
    json_t *result;
    json_t *error; /* the protocol's object, or one of our own making (reason "unreachable") */
    enum status status;
};

struct call;

/* A way to the server of a profile; connects when first needed. profile stays the caller's and must outlive it. */
struct call *call_new(const struct profile *profile, int timeout_ms);
void call_free(struct call *call);

/*
 * Asks and waits. params (borrowed; an object or NULL) must carry its key where the method writes.
 * Fills reply always.
 */
void call_request(struct call *call, const char *method, json_t *params, struct reply *reply);

void reply_release(struct reply *reply);

/* The connection, opened if it is not; the call keeps it. For those who pipeline. */
enum connection_outcome call_connect(struct call *call, struct connection **connection, char *why, size_t why_size);

/* What call_new() was given. */
int call_timeout_ms(const struct call *call);

/* Closes the connection; the next use opens another. */
void call_disconnect(struct call *call);

/* A new key: 128 random bits in hexadecimal. False if OpenSSL has none. */
bool call_key_new(char key[CALL_KEY_MAX]);

/* The line of a request, with its LF, for free(). */
char *call_line(json_int_t id, const char *method, json_t *params);

/* What to exit with for an error object, by its data.reason, else by its code. */
enum status call_error_status(const json_t *error);

/* True if the error says: try again (and with the same key that is safe). */
bool call_error_passes(const json_t *error);

/* How long to wait before try number `try` (1, 2 …): longer each time, and a little at random. */
int call_pause_ms(int try);

/* Waits. A signal may end it early. */
void call_pause(int pause_ms);

/* An error object of our own making. */
json_t *call_error_new(const char *reason, const char *message);

/* The status and the reason of a connection that could not be used. */
enum status call_outcome_status(enum connection_outcome outcome);

#endif
