/*
 * The daemon's first process: a small loop over a signalfd and the workers' heartbeats.  It serves no
 * client and keeps no state but who is alive, so that whatever fells a worker leaves it standing.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "common/clock.h"
#include "common/log.h"
#include "daemon/listener.h"
#include "daemon/supervisor.h"
#include "daemon/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#define WORKERS_MAX 64
#define SILENCE_MAX_MS 10000 /* a worker without a heartbeat for so long is killed */
#define BACKOFF_MIN_MS 100   /* before a fallen worker is started again; doubled each time … */
#define BACKOFF_MAX_MS 10000
#define STEADY_MS 10000      /* … until one has lived so long */
#define STOP_GRACE_MS 5000   /* beyond drain_timeout_ms; then workers are killed */
#define DESCRIPTORS_SPARE 64 /* a worker's, beside its connections' */
#define WHY_MAX 512

struct child {
    pid_t pid;     /* 0: not running */
    int heartbeat; /* the pipe's reading end, or -1 */
    bool ready;
    bool killed; /* for its silence */
    int64_t started_ms;
    int64_t beat_ms;    /* when it was last heard */
    int64_t restart_ms; /* when it is to be started */
    int64_t backoff_ms;
};

struct supervisor {
    const char *config;
    struct options *options;
    bool journal;
    int sockets[LISTENER_SOCKETS_MAX];
    int socket_count;
    int signals; /* signalfd */
    int child_count;
    struct child children[WORKERS_MAX];
    bool ready;            /* systemd was told */
    bool failed;           /* a worker had to be killed while stopping */
    int64_t stop_ms;       /* when the workers are killed; 0: not stopping */
    int64_t watchdog_ms;   /* systemd is told we live each so often; 0: it does not ask */
    int64_t watchdog_next; /* when next */
};

static void notify(const char *state)
{
#ifdef HAVE_SYSTEMD
    sd_notify(0, state);
#else
    (void)state;
#endif
}

static int64_t watchdog_period(void)
{
#ifdef HAVE_SYSTEMD
    uint64_t period_us = 0;

    if (sd_watchdog_enabled(0, &period_us) > 0)
        return (int64_t)(period_us / 2000);
#endif
    return 0;
}

bool supervisor_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;

    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

static void supervisor_log_setup(const struct supervisor *supervisor)
{
    enum log_level level = LOG_LEVEL_INFO;

    log_level_find(supervisor->options->log_level, &level);
    log_setup(level, "supervisor", supervisor->journal);
}

static void child_forget(struct child *child)
{
    if (child->heartbeat >= 0)
        close(child->heartbeat);
    child->heartbeat = -1;
    child->pid = 0;
    child->ready = false;
    child->killed = false;
}

/* In the new process: leaves behind what is the supervisor's, and becomes the worker. */
__attribute__((noreturn)) static void child_become(struct supervisor *supervisor, int number, int heartbeat)
{
    const struct worker_settings settings = {.number = number,
                                             .config = supervisor->config,
                                             .options = supervisor->options,
                                             .sockets = supervisor->sockets,
                                             .socket_count = supervisor->socket_count,
                                             .heartbeat = heartbeat,
                                             .journal = supervisor->journal};

    close(supervisor->signals);
    for (int i = 0; i < supervisor->child_count; i++)
        child_forget(&supervisor->children[i]);
#ifdef HAVE_SYSTEMD
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
#endif
    int code = worker_run(&settings);

    close(heartbeat);
    options_free(supervisor->options);
    exit(code);
}

static void child_start(struct supervisor *supervisor, int number)
{
    struct child *child = &supervisor->children[number];
    int ends[2];
    int64_t now_ms = clock_monotonic_ms();

    child->restart_ms = now_ms + BACKOFF_MAX_MS;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        log_error("worker.failed", "worker", log_number(number), "why", strerror(errno));
        return;
    }
    pid_t pid = fork();

    if (pid == 0) {
        close(ends[0]);
        child_become(supervisor, number, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        log_error("worker.failed", "worker", log_number(number), "why", strerror(errno));
        close(ends[0]);
        return;
    }
    child->pid = pid;
    child->heartbeat = ends[0];
    child->started_ms = child->beat_ms = now_ms;
}

/* Says how a worker ended, and when the next takes its place. */
static void child_ended(struct supervisor *supervisor, int number, int status)
{
    struct child *child = &supervisor->children[number];
    int64_t now_ms = clock_monotonic_ms();
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const char *how = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exited";
    const char *code = log_number(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));

    if (supervisor->stop_ms != 0) {
        log_event(good ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "worker.exited", "worker", log_number(number), "pid",
                  log_number(child->pid), "how", how, "code", code, NULL);
        supervisor->failed = supervisor->failed || !good;
    } else {
        if (now_ms - child->started_ms >= STEADY_MS || child->backoff_ms == 0)
            child->backoff_ms = BACKOFF_MIN_MS;
        else if (child->backoff_ms < BACKOFF_MAX_MS)
            child->backoff_ms = child->backoff_ms * 2 < BACKOFF_MAX_MS ? child->backoff_ms * 2 : BACKOFF_MAX_MS;
        child->restart_ms = now_ms + child->backoff_ms;
        log_error("worker.exited", "worker", log_number(number), "pid", log_number(child->pid), "how", how, "code",
                  code, "restart_in_ms", log_number(child->backoff_ms));
    }
    child_forget(child);
}

static void children_reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < supervisor->child_count; i++)
            if (supervisor->children[i].pid == pid)
                child_ended(supervisor, i, status);
}

static void children_signal(const struct supervisor *supervisor, int number)
{
    for (int i = 0; i < supervisor->child_count; i++)
        if (supervisor->children[i].pid > 0)
            kill(supervisor->children[i].pid, number);
}

static int children_alive(const struct supervisor *supervisor, bool ready)
{
    int alive = 0;

    for (int i = 0; i < supervisor->child_count; i++)
        alive += supervisor->children[i].pid > 0 && (!ready || supervisor->children[i].ready);
    return alive;
}

static void sockets_close(struct supervisor *supervisor)
{
    while (supervisor->socket_count > 0)
        close(supervisor->sockets[--supervisor->socket_count]);
}

static void supervisor_stop(struct supervisor *supervisor, const char *signal_name)
{
    if (supervisor->stop_ms != 0)
        return;
    log_info("supervisor.stopping", "why", signal_name);
    notify("STOPPING=1");
    supervisor->stop_ms = clock_monotonic_ms() + supervisor->options->drain_timeout_ms + STOP_GRACE_MS;
    sockets_close(supervisor);
    children_signal(supervisor, SIGTERM);
}

/* Reads the configuration again; where it is good, the workers are told to do the same. */
static void supervisor_reload(struct supervisor *supervisor)
{
    char why[WHY_MAX];
    char state[64];
    struct options *fresh;

    if (supervisor->stop_ms != 0)
        return;
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_monotonic_ms() * 1000);
    notify(state);
    fresh = options_load(supervisor->config, why, sizeof(why));
    if (fresh == NULL || !worker_check(fresh, why, sizeof(why))) {
        log_warn("reload.failed", "why", why, "kept", "the configuration as it was");
    } else {
        const char *restart = options_reload(supervisor->options, fresh);

        supervisor_log_setup(supervisor);
        log_info("reload.done");
        if (restart != NULL)
            log_warn("reload.restart_needed", "option", restart);
        children_signal(supervisor, SIGHUP);
    }
    options_free(fresh);
    if (supervisor->ready)
        notify("READY=1");
}

static void signals_take(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;

    while (read(supervisor->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGHUP)
            supervisor_reload(supervisor);
        else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            supervisor_stop(supervisor, info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
    }
    children_reap(supervisor);
}

static void heartbeat_take(struct supervisor *supervisor, struct child *child)
{
    char bytes[64];
    ssize_t length = read(child->heartbeat, bytes, sizeof(bytes));

    if (length == 0) { /* it is ending; SIGCHLD follows */
        close(child->heartbeat);
        child->heartbeat = -1;
    }
    if (length <= 0)
        return;
    child->beat_ms = clock_monotonic_ms();
    child->ready = true;
    if (!supervisor->ready && children_alive(supervisor, true) == supervisor->child_count) {
        supervisor->ready = true;
        log_info("supervisor.ready", "workers", log_number(supervisor->child_count));
        notify("READY=1");
    }
}

/* Does what is due, and returns the milliseconds until something else will be. */
static int supervisor_due(struct supervisor *supervisor)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t next_ms = now_ms + SILENCE_MAX_MS;

    for (int i = 0; i < supervisor->child_count; i++) {
        struct child *child = &supervisor->children[i];

        if (child->pid > 0 && !child->killed && now_ms - child->beat_ms >= SILENCE_MAX_MS) {
            log_error("worker.silent", "worker", log_number(i), "pid", log_number(child->pid), "killed_after_ms",
                      log_number(SILENCE_MAX_MS));
            child->killed = true;
            kill(child->pid, SIGKILL);
        }
        if (child->pid == 0 && supervisor->stop_ms == 0 && now_ms >= child->restart_ms)
            child_start(supervisor, i);
        int64_t due_ms = child->pid > 0 ? child->beat_ms + SILENCE_MAX_MS : child->restart_ms;

        if (due_ms < next_ms && !child->killed && (child->pid > 0 || supervisor->stop_ms == 0))
            next_ms = due_ms;
    }
    if (supervisor->watchdog_ms > 0) {
        if (now_ms >= supervisor->watchdog_next) {
            notify("WATCHDOG=1");
            supervisor->watchdog_next = now_ms + supervisor->watchdog_ms;
        }
        if (supervisor->watchdog_next < next_ms)
            next_ms = supervisor->watchdog_next;
    }
    if (supervisor->stop_ms != 0 && now_ms >= supervisor->stop_ms) {
        log_error("supervisor.killing", "workers", log_number(children_alive(supervisor, false)));
        children_signal(supervisor, SIGKILL);
        supervisor->stop_ms = now_ms + STOP_GRACE_MS;
    }
    if (supervisor->stop_ms != 0 && supervisor->stop_ms < next_ms)
        next_ms = supervisor->stop_ms;
    now_ms = clock_monotonic_ms();
    return next_ms > now_ms ? (int)(next_ms - now_ms) : 0;
}

static void supervisor_loop(struct supervisor *supervisor)
{
    struct pollfd polls[WORKERS_MAX + 1];

    while (supervisor->stop_ms == 0 || children_alive(supervisor, false) > 0) {
        int wait_ms = supervisor_due(supervisor);

        polls[0] = (struct pollfd){.fd = supervisor->signals, .events = POLLIN};
        for (int i = 0; i < supervisor->child_count; i++)
            polls[i + 1] = (struct pollfd){.fd = supervisor->children[i].heartbeat, .events = POLLIN};
        if (poll(polls, (nfds_t)supervisor->child_count + 1, wait_ms) <= 0)
            continue;
        for (int i = 0; i < supervisor->child_count; i++)
            if (polls[i + 1].revents != 0)
                heartbeat_take(supervisor, &supervisor->children[i]);
        if (polls[0].revents != 0)
            signals_take(supervisor);
    }
}

/* Raises the bound of open files to what the system allows. */
static void descriptors_raise(long connections_max)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)connections_max + DESCRIPTORS_SPARE)
        log_warn("supervisor.descriptors", "allowed", log_number((long long)limit.rlim_cur), "connections_max",
                 log_number(connections_max), "why", "connections_max cannot be reached");
}

/* The signals come through a descriptor; they stay blocked, in a worker until it is set up. */
static int signals_open(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int supervisor_run(const char *config, struct options *options)
{
    struct supervisor supervisor = {.config = config, .options = options, .journal = supervisor_journal()};
    char why[WHY_MAX];

    supervisor_log_setup(&supervisor);
    if (!worker_check(options, why, sizeof(why))) {
        log_error("supervisor.failed", "why", why);
        return 1;
    }
    descriptors_raise(options->connections_max);
    supervisor.socket_count = listener_open(options->listen, supervisor.sockets, why, sizeof(why));
    if (supervisor.socket_count < 0) {
        log_error("supervisor.failed", "why", why);
        return 1;
    }
    supervisor.signals = signals_open();
    if (supervisor.signals < 0) {
        log_error("supervisor.failed", "why", strerror(errno));
        sockets_close(&supervisor);
        return 1;
    }
    supervisor.watchdog_ms = watchdog_period();
    supervisor.child_count = (int)options->workers;
    for (int i = 0; i < supervisor.child_count; i++)
        supervisor.children[i].heartbeat = -1;
    supervisor_loop(&supervisor);
    sockets_close(&supervisor);
    close(supervisor.signals);
    log_info("supervisor.stopped");
    return supervisor.failed ? 1 : 0;
}
