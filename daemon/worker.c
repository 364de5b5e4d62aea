/*
 * One worker process: owns its event loop, its part of dispatch (the lanes), its listener on the shared
 * sockets, and its sessions.  It exists to join these, and to begin and end them in the right order.
 */
#include "daemon/worker.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/tls.h"
#include "daemon/dispatch.h"
#include "daemon/listener.h"
#include "daemon/session.h"
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DRAIN_LOOK_MS 20
#define WHY_MAX 512

struct worker {
    const struct worker_settings *settings;
    struct event_base *base;
    SSL_CTX *tls;
    struct listener *listener;
    struct sessions sessions;
    struct event *terminate, *reload, *beat, *drain;
    int64_t drain_deadline_ms; /* 0: not draining */
    uint64_t refused;
};

static void worker_note(struct worker *worker)
{
    dispatch_note_connections(worker->sessions.dispatch, worker->sessions.open, worker->sessions.accepted,
                              worker->refused);
}

static void accepted(void *owner, int fd, const struct sockaddr *peer, socklen_t peer_length)
{
    struct worker *worker = owner;

    if (worker->sessions.open >= worker->settings->options->connections_max) {
        worker->refused++;
        evutil_closesocket(fd);
    } else if (!session_new(&worker->sessions, worker->tls, fd, peer, peer_length)) {
        worker->refused++;
        log_error("session.refused", "why", "memory ran out");
    }
    worker_note(worker);
}

/* Ends the loop when nothing is left to drain, or the time for it is over. */
static void drained(evutil_socket_t fd, short what, void *owner)
{
    struct worker *worker = owner;
    int in_flight = dispatch_in_flight(worker->sessions.dispatch);
    bool done = worker->sessions.open == 0 && in_flight == 0;

    (void)fd;
    (void)what;
    if (!done && clock_monotonic_ms() < worker->drain_deadline_ms)
        return;
    if (!done)
        log_warn("worker.drain_timeout", "connections", log_number(worker->sessions.open), "in_flight",
                 log_number(in_flight));
    event_base_loopbreak(worker->base);
}

static void session_closed(void *owner)
{
    struct worker *worker = owner;

    worker_note(worker);
    if (worker->drain_deadline_ms != 0 && worker->sessions.open == 0)
        event_active(worker->drain, EV_TIMEOUT, 0);
}

static void worker_drain(struct worker *worker, const char *why)
{
    const struct timeval look = {.tv_sec = 0, .tv_usec = DRAIN_LOOK_MS * 1000};

    if (worker->drain_deadline_ms != 0)
        return;
    log_info("worker.draining", "why", why, "connections", log_number(worker->sessions.open), "in_flight",
             log_number(dispatch_in_flight(worker->sessions.dispatch)));
    worker->drain_deadline_ms = clock_monotonic_ms() + worker->settings->options->drain_timeout_ms;
    listener_free(worker->listener);
    worker->listener = NULL;
    sessions_drain(&worker->sessions);
    event_add(worker->drain, &look);
}

static void terminated(evutil_socket_t signal_number, short what, void *owner)
{
    (void)signal_number;
    (void)what;
    worker_drain(owner, "SIGTERM");
}

static SSL_CTX *worker_tls(const struct options *options, char *why, size_t why_size)
{
    const struct tls_files files = {
        .ca = options->tls_ca, .certificate = options->tls_certificate, .key = options->tls_key};

    return tls_server_context(&files, why, why_size);
}

bool worker_check(const struct options *options, char *why, size_t why_size)
{
    SSL_CTX *tls = worker_tls(options, why, why_size);

    SSL_CTX_free(tls);
    return tls != NULL;
}

static void worker_log_setup(const struct worker *worker)
{
    enum log_level level = LOG_LEVEL_INFO;
    char name[32];

    snprintf(name, sizeof(name), "worker.%d", worker->settings->number);
    log_level_find(worker->settings->options->log_level, &level);
    log_setup(level, name, worker->settings->journal);
}

static void reloaded(evutil_socket_t signal_number, short what, void *owner)
{
    struct worker *worker = owner;
    const struct worker_settings *settings = worker->settings;
    char why[WHY_MAX];
    struct options *fresh = options_load(settings->config, why, sizeof(why));
    SSL_CTX *tls = fresh == NULL ? NULL : worker_tls(fresh, why, sizeof(why));

    (void)signal_number;
    (void)what;
    if (tls == NULL) {
        log_warn("reload.failed", "why", why, "kept", "the configuration as it was");
    } else {
        options_reload(settings->options, fresh);
        SSL_CTX_free(worker->tls);
        worker->tls = tls;
        dispatch_reload(worker->sessions.dispatch, settings->options);
        worker_log_setup(worker);
        log_info("reload.done");
    }
    options_free(fresh);
}

static void beaten(evutil_socket_t fd, short what, void *owner)
{
    struct worker *worker = owner;

    (void)fd;
    (void)what;
    if (write(worker->settings->heartbeat, "", 1) < 0 && errno == EPIPE)
        worker_drain(worker, "the supervisor is gone");
}

/* The loop; epoll's changes are gathered, because each flush of a session adds and removes a write event. */
static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

/* Sets all up but the signals' mask. False with a sentence. */
static bool worker_init(struct worker *worker, char *why, size_t why_size)
{
    const struct worker_settings *settings = worker->settings;
    const struct timeval beat = {.tv_sec = WORKER_BEAT_MS / 1000, .tv_usec = WORKER_BEAT_MS % 1000 * 1000};

    worker->tls = worker_tls(settings->options, why, why_size);
    if (worker->tls == NULL)
        return false;
    snprintf(why, why_size, "memory ran out");
    worker->base = base_new();
    if (worker->base == NULL)
        return false;
    worker->terminate = evsignal_new(worker->base, SIGTERM, terminated, worker);
    worker->reload = evsignal_new(worker->base, SIGHUP, reloaded, worker);
    worker->beat = event_new(worker->base, -1, EV_PERSIST, beaten, worker);
    worker->drain = event_new(worker->base, -1, EV_PERSIST, drained, worker);
    if (worker->terminate == NULL || worker->reload == NULL || worker->beat == NULL || worker->drain == NULL)
        return false;
    worker->sessions = (struct sessions){.base = worker->base,
                                         .options = settings->options,
                                         .dispatch = dispatch_new(worker->base, settings->options, &session_hooks),
                                         .closed = session_closed,
                                         .owner = worker};
    if (worker->sessions.dispatch == NULL)
        return false;
    worker->listener = listener_new(worker->base, settings->sockets, settings->socket_count, accepted, worker);
    return worker->listener != NULL && event_add(worker->terminate, NULL) == 0 &&
           event_add(worker->reload, NULL) == 0 && event_add(worker->beat, &beat) == 0;
}

static void event_free_any(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void worker_release(struct worker *worker)
{
    listener_free(worker->listener);
    if (worker->sessions.dispatch != NULL) {
        sessions_free(&worker->sessions);
        dispatch_free(worker->sessions.dispatch);
    }
    event_free_any(worker->terminate);
    event_free_any(worker->reload);
    event_free_any(worker->beat);
    event_free_any(worker->drain);
    SSL_CTX_free(worker->tls);
    if (worker->base != NULL)
        event_base_free(worker->base);
    libevent_global_shutdown();
}

int worker_run(const struct worker_settings *settings)
{
    struct worker worker = {.settings = settings};
    char why[WHY_MAX];
    sigset_t none;
    int code = 1;

    worker_log_setup(&worker);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* a terminal's ^C reaches all: the supervisor decides */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (!worker_init(&worker, why, sizeof(why))) {
        log_error("worker.failed", "why", why);
        goto out;
    }
    log_info("worker.started", "pid", log_number(getpid()));
    beaten(-1, 0, &worker);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* what came while it was blocked is delivered now */
    if (event_base_dispatch(worker.base) >= 0)
        code = 0;
    else
        log_error("worker.failed", "why", "the event loop broke");
out:
    worker_release(&worker);
    return code;
}
