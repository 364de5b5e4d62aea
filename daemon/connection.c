/*
 * Owns one libpq handle and its events.  libpq's rules, each learnt the hard way: the socket may change
 * between two polls; connect_timeout is not honoured here; when PQflush() says 1, wait for both directions.
 */
#include "daemon/connection.h"

#include "common/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct connection {
    struct event_base *base;
    const struct connection_settings *settings;
    const struct connection_hooks *hooks;
    void *owner;
    PGconn *pg;
    bool ready;
    struct event *read;    /* while ready: persistent */
    struct event *write;   /* while ready: pending when libpq has more to send */
    struct event *poll;    /* while connecting */
    struct event *timeout; /* while connecting */
    struct event *failed;  /* tells lost() from the loop, never from within open() */
    char why[256];
};

static void event_clear(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

void connection_close(struct connection *connection)
{
    event_clear(&connection->read);
    event_clear(&connection->write);
    event_clear(&connection->poll);
    evtimer_del(connection->timeout);
    event_del(connection->failed);
    PQfinish(connection->pg);
    connection->pg = NULL;
    connection->ready = false;
}

/* Closes and tells the owner, in one line without the line breaks of libpq's messages. */
static void connection_lose(struct connection *connection, const char *why)
{
    char text[256];

    snprintf(text, sizeof text, "%s", why);
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = c[1] ? ' ' : '\0';
    connection_close(connection);
    connection->hooks->lost(connection->owner, text);
}

/* Whatever libpq has read: results and notifications. The owner may close the connection meanwhile. */
static void connection_deliver(struct connection *connection)
{
    PGnotify *notify;

    while (connection->pg && (notify = PQnotifies(connection->pg))) {
        connection->hooks->notified(connection->owner, notify->relname, notify->extra);
        PQfreemem(notify);
    }
    /* Two NULLs in a row: nothing more is expected. */
    for (bool ended = false; connection->pg && !PQisBusy(connection->pg);) {
        PGresult *result = PQgetResult(connection->pg);

        if (!result && ended)
            break;
        ended = !result;
        if (result)
            connection->hooks->result(connection->owner, result);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    bool alive;

    (void)fd;
    (void)what;
    alive = PQconsumeInput(connection->pg) == 1;
    connection_deliver(connection); /* what came before the end counts */
    if (!connection->pg)
        return;
    if (!alive || PQstatus(connection->pg) != CONNECTION_OK)
        connection_lose(connection, PQerrorMessage(connection->pg));
    else if (event_pending(connection->write, EV_WRITE, NULL))
        connection_flush(connection);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    connection_flush(context);
}

static void on_failed(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;

    (void)fd;
    (void)what;
    connection_lose(connection, connection->why);
}

/* lost() will follow; the handle stays open until then. */
static void connection_fail(struct connection *connection, const char *why)
{
    snprintf(connection->why, sizeof connection->why, "%s", why);
    event_active(connection->failed, 0, 0);
}

void connection_flush(struct connection *connection)
{
    int left = PQflush(connection->pg);

    if (left < 0)
        connection_fail(connection, PQerrorMessage(connection->pg));
    else if (left > 0)
        event_add(connection->write, NULL);
}

static void on_notice(void *context, const PGresult *result)
{
    const struct connection *connection = context;

    log_debug("database.notice", "lane", connection->settings->name, "message",
              PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

/* The handshake is over: from here on results are expected at any time. */
static void connection_established(struct connection *connection)
{
    evutil_socket_t fd = PQsocket(connection->pg);

    event_clear(&connection->poll);
    evtimer_del(connection->timeout);
    connection->read = event_new(connection->base, fd, EV_READ | EV_PERSIST, on_readable, connection);
    connection->write = event_new(connection->base, fd, EV_WRITE, on_writable, connection);
    if (!connection->read || !connection->write || event_add(connection->read, NULL) != 0 ||
        PQsetnonblocking(connection->pg, 1) != 0 || PQenterPipelineMode(connection->pg) != 1) {
        connection_lose(connection, "libpq could not enter pipeline mode");
        return;
    }
    PQsetNoticeReceiver(connection->pg, on_notice, connection);
    connection->ready = true;
    connection->hooks->ready(connection->owner);
}

static void on_poll(evutil_socket_t fd, short what, void *context);

/* Waits as libpq says; on a new event each time, for the socket may be another. */
static void connection_wait(struct connection *connection, PostgresPollingStatusType status)
{
    short what = status == PGRES_POLLING_READING ? EV_READ : EV_WRITE;

    event_clear(&connection->poll);
    connection->poll = event_new(connection->base, PQsocket(connection->pg), what, on_poll, connection);
    if (!connection->poll || event_add(connection->poll, NULL) != 0)
        connection_fail(connection, "out of memory");
}

static void on_poll(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    PostgresPollingStatusType status = PQconnectPoll(connection->pg);

    (void)fd;
    (void)what;
    if (status == PGRES_POLLING_OK)
        connection_established(connection);
    else if (status == PGRES_POLLING_FAILED)
        connection_lose(connection, PQerrorMessage(connection->pg));
    else
        connection_wait(connection, status);
}

static void on_timeout(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    connection_lose(context, "no connection within connect_timeout_ms");
}

void connection_open(struct connection *connection)
{
    const struct connection_settings *settings = connection->settings;
    /* A read lane is read-only by itself, so it must not ask for a session that can write. */
    static const char *const attributes[] = {
        [CONNECTION_WRITES] = "read-write", [CONNECTION_READS] = "primary", [CONNECTION_STANDBY] = "standby"};
    const char *names[] = {"dbname",  "target_session_attrs", "application_name",
                           "options", "keepalives_idle",      NULL};
    const char *values[] = {settings->conninfo,
                            attributes[settings->server],
                            settings->name,
                            settings->server == CONNECTION_WRITES ? "" : "-c default_transaction_read_only=on",
                            "10",
                            NULL};
    struct timeval timeout = {settings->connect_timeout_ms / 1000, settings->connect_timeout_ms % 1000 * 1000};

    connection->pg = PQconnectStartParams(names, values, 1);
    if (!connection->pg || PQstatus(connection->pg) == CONNECTION_BAD) {
        connection_fail(connection, connection->pg ? PQerrorMessage(connection->pg) : "out of memory");
        return;
    }
    evtimer_add(connection->timeout, &timeout);
    connection_wait(connection, PGRES_POLLING_WRITING);
}

PGconn *connection_pg(const struct connection *connection)
{
    return connection->ready ? connection->pg : NULL;
}

struct connection *connection_new(struct event_base *base, const struct connection_settings *settings,
                                  const struct connection_hooks *hooks, void *owner)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    connection->base = base;
    connection->settings = settings;
    connection->hooks = hooks;
    connection->owner = owner;
    connection->timeout = evtimer_new(base, on_timeout, connection);
    connection->failed = event_new(base, -1, 0, on_failed, connection);
    if (connection->timeout && connection->failed)
        return connection;
    event_clear(&connection->timeout);
    event_clear(&connection->failed);
    free(connection);
    return NULL;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    connection_close(connection);
    event_free(connection->timeout);
    event_free(connection->failed);
    free(connection);
}
