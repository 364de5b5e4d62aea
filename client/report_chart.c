/*
 * gnuplot as a subprocess. Scripts and pictures go through two files in memory (memfd), which gnuplot has as
 * /dev/fd/3 and /dev/fd/4, so that neither side ever waits for a full pipe; through its standard input go two lines
 * a sheet.
 */
#include "config.h"

#include "client/memory.h"
#include "client/report_chart.h"
#include "common/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAWER_DEADLINE_MS 30000
#define DRAWER_FAILURES_MAX 3
#define DRAWER_WORDS_MAX 512 /* what is kept of gnuplot's own words */
#define FD_FLOOR 10          /* our ends are above the numbers that gnuplot knows them by */
#define FD_SCRIPT 3
#define FD_PICTURES 4

struct report_sheet {
    enum report_picture kind;
    FILE *stream; /* of the script; NULL once it is drawn */
    char *script;
    size_t script_length;
    size_t count;
    char *pictures; /* all of them, one after the other */
    size_t *ends;   /* where each ends; NULL: not drawn */
};

struct report_drawer {
    pid_t pid; /* 0: it does not run */
    int in, out, script, pictures;
    unsigned sheet;    /* number of the last one */
    unsigned failures; /* in a row */
    bool given_up;
    char words[DRAWER_WORDS_MAX];
    char *why;
};

struct report_sheet *report_sheet_new(enum report_picture kind)
{
    struct report_sheet *sheet = memory_new(1, sizeof *sheet);

    sheet->kind = kind;
    sheet->stream = open_memstream(&sheet->script, &sheet->script_length);
    if (sheet->stream == NULL)
        abort();
    fprintf(sheet->stream, "set encoding utf8\nset output '/dev/fd/%d'\n", FD_PICTURES);
    return sheet;
}

static void stream_close(struct report_sheet *sheet)
{
    if (sheet->stream != NULL)
        fclose(sheet->stream);
    sheet->stream = NULL;
}

void report_sheet_free(struct report_sheet *sheet)
{
    if (sheet == NULL)
        return;
    stream_close(sheet);
    free(sheet->script);
    free(sheet->pictures);
    free(sheet->ends);
    free(sheet);
}

FILE *report_sheet_next(struct report_sheet *sheet, unsigned width, unsigned height)
{
    fputs("reset\n", sheet->stream);
    if (sheet->kind == REPORT_SVG)
        fprintf(sheet->stream, "set terminal svg size %u,%u noenhanced font 'sans-serif,12'\n", width, height);
    else
        fprintf(sheet->stream,
                "set terminal pngcairo size %u,%u noenhanced font 'sans,12' fontscale 1.9 linewidth 2\n", width * 2,
                height * 2);
    sheet->count++;
    return sheet->stream;
}

size_t report_sheet_count(const struct report_sheet *sheet)
{
    return sheet->count;
}

const char *report_sheet_picture(const struct report_sheet *sheet, size_t index, size_t *length)
{
    if (sheet->ends == NULL || index >= sheet->count)
        return NULL;
    size_t start = index == 0 ? 0 : sheet->ends[index - 1];
    *length = sheet->ends[index] - start;
    return sheet->pictures + start;
}

/* Finds where each picture ends. False if there are not as many as were wanted. */
static bool pictures_split(struct report_sheet *sheet, size_t length)
{
    static const char png_end[] = "IEND\xae\x42\x60\x82";
    const char *end = sheet->kind == REPORT_SVG ? "</svg>" : png_end;
    size_t end_length = strlen(end), found = 0;
    const char *at = sheet->pictures;

    sheet->ends = memory_new(sheet->count + 1, sizeof *sheet->ends);
    while (found < sheet->count) {
        at = memmem(at, length - (size_t)(at - sheet->pictures), end, end_length);
        if (at == NULL)
            break;
        at += end_length;
        sheet->ends[found++] = (size_t)(at - sheet->pictures);
    }
    if (found < sheet->count) {
        free(sheet->ends);
        sheet->ends = NULL;
    }
    return found == sheet->count;
}

struct report_drawer *report_drawer_new(void)
{
    struct report_drawer *drawer = memory_new(1, sizeof *drawer);

    drawer->in = drawer->out = drawer->script = drawer->pictures = -1;
    return drawer;
}

static void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Ends gnuplot, by force: it has nothing to tidy up. */
static void drawer_stop(struct report_drawer *drawer)
{
    fd_close(&drawer->in);
    fd_close(&drawer->out);
    fd_close(&drawer->script);
    fd_close(&drawer->pictures);
    if (drawer->pid > 0) {
        kill(drawer->pid, SIGKILL);
        while (waitpid(drawer->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    drawer->pid = 0;
}

void report_drawer_free(struct report_drawer *drawer)
{
    if (drawer == NULL)
        return;
    drawer_stop(drawer);
    free(drawer->why);
    free(drawer);
}

const char *report_drawer_why(const struct report_drawer *drawer)
{
    return drawer->why;
}

/* Moves a descriptor above FD_FLOOR. */
static int fd_lift(int fd)
{
    int lifted = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FD_FLOOR);

    fd_close(&fd);
    return lifted;
}

/* Starts gnuplot with these for its standard input and output. Returns 0 or an error number. */
static int gnuplot_spawn(struct report_drawer *drawer, int in, int out)
{
    char *argv[] = {(char *)"gnuplot", (char *)"--default-settings", NULL};
    char *path = memory_format("PATH=%s", getenv("PATH") == NULL ? "/usr/bin:/bin" : getenv("PATH"));
    char *env[] = {path, (char *)"LC_ALL=C.UTF-8", (char *)"HOME=/nonexistent", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t pipes;

    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, drawer->script, FD_SCRIPT);
    posix_spawn_file_actions_adddup2(&actions, drawer->pictures, FD_PICTURES);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &pipes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int problem = posix_spawnp(&drawer->pid, argv[0], &actions, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(path);
    return problem;
}

/* Starts gnuplot if it does not run. False, with why, where that cannot be. */
static bool drawer_run(struct report_drawer *drawer)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, problem = 0;

    if (drawer->given_up || drawer->pid > 0)
        return !drawer->given_up;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        problem = errno;
    for (int i = 0; i < 2; i++) {
        in[i] = fd_lift(in[i]);
        out[i] = fd_lift(out[i]);
    }
    drawer->script = fd_lift(memfd_create("report-script", MFD_CLOEXEC));
    drawer->pictures = fd_lift(memfd_create("report-pictures", MFD_CLOEXEC));
    if (problem == 0 && (drawer->script < 0 || drawer->pictures < 0 || in[1] < 0 || out[1] < 0))
        problem = errno;
    if (problem == 0)
        problem = gnuplot_spawn(drawer, in[0], out[1]);
    fd_close(&in[0]);
    fd_close(&out[1]);
    drawer->in = in[1];
    drawer->out = out[0];
    if (problem == 0)
        return true;
    drawer->pid = 0;
    drawer_stop(drawer);
    drawer->given_up = true;
    free(drawer->why);
    drawer->why = problem == ENOENT ? memory_copy("gnuplot is not installed")
                                    : memory_format("gnuplot could not be started: %s", strerror(problem));
    return false;
}

/* A sheet was not drawn: the next one gets another gnuplot, and after some there is none. */
static void drawer_fail(struct report_drawer *drawer, const char *what)
{
    size_t length = strcspn(drawer->words, "\r\n");

    drawer_stop(drawer);
    drawer->given_up = ++drawer->failures >= DRAWER_FAILURES_MAX;
    free(drawer->why);
    drawer->why = memory_format("gnuplot %s%s%.*s", what, length > 0 ? ": " : "", (int)length, drawer->words);
}

/* Writes all of it. (SIGPIPE is ignored, main.c: a gnuplot that died is an error here.) */
static bool fd_write(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno != EINTR)
            break;
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
    return length == 0;
}

void report_drawer_start(struct report_drawer *drawer, struct report_sheet *sheet)
{
    fputs("set output\n", sheet->stream);
    stream_close(sheet);
    if (drawer == NULL || sheet->count == 0 || !drawer_run(drawer))
        return;
    char *line = memory_format("load '/dev/fd/%d'\nprint \"drawn %u\"\n", FD_SCRIPT, ++drawer->sheet);
    drawer->words[0] = '\0';
    bool good = ftruncate(drawer->script, 0) == 0 && ftruncate(drawer->pictures, 0) == 0 &&
                lseek(drawer->script, 0, SEEK_SET) == 0 &&
                fd_write(drawer->script, sheet->script, sheet->script_length) &&
                fd_write(drawer->in, line, strlen(line));
    free(line);
    if (!good)
        drawer_fail(drawer, "does not take its script");
}

/* Reads what gnuplot says until it says `wanted`. */
static bool drawer_hear(struct report_drawer *drawer, const char *wanted)
{
    int64_t deadline_ms = clock_monotonic_ms() + DRAWER_DEADLINE_MS;

    for (;;) {
        struct pollfd waits = {.fd = drawer->out, .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        size_t length = strlen(drawer->words);
        if (strstr(drawer->words, wanted) != NULL)
            return true;
        if (length + 1 == sizeof drawer->words) { /* a gnuplot that talks: the last of its words */
            length /= 2;
            memmove(drawer->words, drawer->words + length + 1, length + 1);
            length = strlen(drawer->words);
        }
        if (left_ms <= 0)
            return false;
        int ready = poll(&waits, 1, (int)left_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t count =
            ready <= 0 ? -1 : read(drawer->out, drawer->words + length, sizeof drawer->words - length - 1);
        if (count <= 0)
            return false;
        drawer->words[length + (size_t)count] = '\0';
    }
}

/* Takes the pictures out of their file. */
static bool pictures_take(struct report_drawer *drawer, struct report_sheet *sheet)
{
    off_t end = lseek(drawer->pictures, 0, SEEK_END);
    size_t length = end < 0 ? 0 : (size_t)end, had = 0;

    sheet->pictures = memory_new(length + 1, 1);
    while (had < length) {
        ssize_t count = pread(drawer->pictures, sheet->pictures + had, length - had, (off_t)had);
        if (count <= 0)
            break;
        had += (size_t)count;
    }
    return had == length && pictures_split(sheet, length);
}

void report_drawer_finish(struct report_drawer *drawer, struct report_sheet *sheet)
{
    if (drawer == NULL || drawer->pid == 0 || sheet->count == 0)
        return;
    char *wanted = memory_format("drawn %u\n", drawer->sheet);
    if (!drawer_hear(drawer, wanted))
        drawer_fail(drawer, "did not draw in time");
    else if (!pictures_take(drawer, sheet))
        drawer_fail(drawer, "drew something else");
    else
        drawer->failures = 0;
    free(wanted);
}
