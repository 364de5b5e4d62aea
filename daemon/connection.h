/*
 * A PostgreSQL connection on the event loop: connects without blocking and within a deadline, enters
 * pipeline mode, and turns libpq's polling into four events.  What is sent and what comes back is the
 * lane's business.
 */
#ifndef DAEMON_CONNECTION_H
#define DAEMON_CONNECTION_H

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdbool.h>

struct connection;

/* Which server it is to be: the primary to write, the primary to read only, a standby. */
enum connection_server { CONNECTION_WRITES, CONNECTION_READS, CONNECTION_STANDBY };

struct connection_settings {
    const char *name; /* for the log and application_name */
    const char *conninfo;
    enum connection_server server;
    int connect_timeout_ms;
};

struct connection_hooks {
    /* Connected, in pipeline mode, nothing sent yet. */
    void (*ready)(void *owner);
    /* One result; the owner clears it. */
    void (*result)(void *owner, PGresult *result);
    void (*notified)(void *owner, const char *channel, const char *payload);
    /* Could not connect, or the connection fell; why is a sentence for the log. The connection is closed. */
    void (*lost)(void *owner, const char *why);
};

/* A connection that is closed. The strings of settings and the hooks are borrowed for its life. NULL: no memory. */
struct connection *connection_new(struct event_base *base, const struct connection_settings *settings,
                                  const struct connection_hooks *hooks, void *owner);

/* Starts to connect; ready() or lost() follows, from the loop. */
void connection_open(struct connection *connection);

/* Closes at once; no hook is called for it. */
void connection_close(struct connection *connection);

/* libpq's handle, for PQsend…() and PQpipelineSync(); NULL unless ready. */
PGconn *connection_pg(const struct connection *connection);

/* Sends what PQsend…() has queued; the loop goes on where the socket is full. */
void connection_flush(struct connection *connection);

void connection_free(struct connection *connection);

#endif
