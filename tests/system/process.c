/* Owns child processes: how they are started, waited for, and what they wrote. */
#include "tests/system/process.h"

#include "common/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 5

static void stream_set(const char *path, int flags, int number)
{
    int fd = path ? open(path, flags | O_CLOEXEC, 0644) : -1;

    if (fd >= 0)
        dup2(fd, number);
}

/* As sd_listen_fds(3) expects it of who starts a service. */
static void socket_pass(int fd)
{
    char pid[16];

    dup2(fd, 3);
    fcntl(3, F_SETFD, 0); /* it may have been 3 before */
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
}

pid_t process_start(const struct process_wish *wish)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_DFL);
    stream_set(wish->input ? wish->input : "/dev/null", O_RDONLY, STDIN_FILENO);
    stream_set(wish->output, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO);
    stream_set(wish->error, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO);
    for (int i = 0; wish->env && wish->env[i]; i++)
        putenv((char *)wish->env[i]);
    if (wish->listens)
        socket_pass(wish->listens);
    execvp(wish->argv[0], (char *const *)wish->argv);
    fprintf(stderr, "%s: %s\n", wish->argv[0], strerror(errno));
    _exit(127);
}

bool moment_wait(long long deadline_ms)
{
    if (clock_monotonic_ms() >= deadline_ms)
        return false;
    poll(NULL, 0, LOOK_MS);
    return true;
}

int process_wait(pid_t pid, int within_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + within_ms;
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
        if (!moment_wait(deadline_ms)) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return -1;
        }
    }
    if (ended < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool process_runs(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};

    return kill(pid, 0) == 0 &&
           !(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid);
}

void process_run(const struct process_wish *wish, int within_ms, struct outcome *outcome)
{
    char out[] = "/tmp/entitled-out-XXXXXX", err[] = "/tmp/entitled-err-XXXXXX";
    struct process_wish with = *wish;

    close(mkstemp(out));
    close(mkstemp(err));
    with.output = out;
    with.error = err;
    outcome->code = process_wait(process_start(&with), within_ms);
    outcome->out = file_text(out);
    outcome->err = file_text(err);
    unlink(out);
    unlink(err);
}

void outcome_release(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
    *outcome = (struct outcome){0};
}

char *file_text(const char *path)
{
    FILE *file = fopen(path, "re");
    size_t length = 0, size = 65536;
    char *text = malloc(size);

    while (file && text) {
        length += fread(text + length, 1, size - length - 1, file);
        if (length < size - 1)
            break;
        char *grown = realloc(text, size *= 2);
        if (!grown)
            abort();
        text = grown;
    }
    if (file)
        fclose(file);
    if (!text)
        abort();
    text[length] = '\0';
    return text;
}

bool file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    bool written = file && fputs(text, file) >= 0;

    return file && fclose(file) == 0 && written;
}
