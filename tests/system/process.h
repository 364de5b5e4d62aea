/* Programs that the tests start: with a deadline, and with what they wrote. */
#ifndef TESTS_SYSTEM_PROCESS_H
#define TESTS_SYSTEM_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* How a program is started. */
struct process_wish {
    const char *const *argv; /* ends with NULL; argv[0] is looked up in PATH */
    const char *const *env;  /* "NAME=value" in addition, ends with NULL; NULL: none */
    const char *input;       /* a file for standard input; NULL: /dev/null */
    const char *output;      /* files that standard output and error are written to (added to the end); */
    const char *error;       /* NULL: ours */
    int listens;             /* a listening socket that it gets as systemd passes one; 0: none */
};

/* Starts a program. It gets SIGTERM if this process dies. Returns its process id, or -1. */
pid_t process_start(const struct process_wish *wish);

/* Waits for its end; kills it after within_ms. Returns its exit code, 128 + signal, or -1 where it was killed. */
int process_wait(pid_t pid, int within_ms);

/* True while it runs. (A child that ended is not reaped.) */
bool process_runs(pid_t pid);

/* What a program did. */
struct outcome {
    int code;        /* as process_wait() */
    char *out, *err; /* what it wrote, NUL-terminated, never NULL after process_run() */
};

/* Runs a program to its end; outcome_release() frees what it wrote. wish->output and ->error are not used. */
void process_run(const struct process_wish *wish, int within_ms, struct outcome *outcome);

void outcome_release(struct outcome *outcome);

/* The whole file as text for free(); "" where it cannot be read. */
char *file_text(const char *path);

/* Writes a file anew. */
bool file_write(const char *path, const char *text);

/* Waits a moment, between two looks at a condition; false when the deadline (clock_monotonic_ms()) is past. */
bool moment_wait(long long deadline_ms);

#endif
