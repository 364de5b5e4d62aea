/* `entitle shell`: at a terminal (a pseudo one), and as a script. */
#include "config.h"

#include "tests/system/suites.h"

#include "common/clock.h"
#include "tests/system/check.h"
#include "tests/system/process.h"
#include "tests/system/world.h"
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCREEN_MAX 65536

static char screen[SCREEN_MAX]; /* what the terminal was sent since the last await */
static size_t shown;

/* Reads the terminal until it shows the text. */
static bool screen_await(int terminal, const char *text)
{
    int64_t deadline_ms = clock_monotonic_ms() + fixture_ms(10000);

    while (!strstr(screen, text) && clock_monotonic_ms() < deadline_ms && shown + 4096 < SCREEN_MAX) {
        struct pollfd wait = {.fd = terminal, .events = POLLIN};

        if (poll(&wait, 1, 50) <= 0)
            continue;
        ssize_t length = read(terminal, screen + shown, 4096);

        if (length <= 0)
            break;
        shown += (size_t)length;
        screen[shown] = '\0';
    }
    const char *found = strstr(screen, text);
    bool there = CHECK(found != NULL, "the terminal does not show \"%s\" but: %s", text, screen);
    const char *rest = there ? found + strlen(text) : screen + shown;

    shown -= (size_t)(rest - screen);
    memmove(screen, rest, shown + 1); /* what comes after it is still to be awaited */
    return there;
}

static bool type(int terminal, const char *keys, const char *wanted)
{
    CHECK(write(terminal, keys, strlen(keys)) == (ssize_t)strlen(keys), "it takes no keys");
    return screen_await(terminal, wanted);
}

static pid_t shell_start(int *terminal, const char *home, const char *state)
{
    struct winsize size = {.ws_row = 24, .ws_col = 100};
    pid_t pid = forkpty(terminal, NULL, NULL, &size);

    if (pid != 0)
        return pid;
    setenv("XDG_CONFIG_HOME", home, 1);
    setenv("XDG_STATE_HOME", state, 1);
    setenv("TERM", "xterm", 1);
    execl(fixture_program("entitle"), "entitle", "shell", "--profile", "admin", NULL);
    _exit(127);
}

static void test_terminal(void)
{
    char state[FIXTURE_PATH_MAX + 32], history[FIXTURE_PATH_MAX + 64];
    int terminal = -1;
    struct stat status;

    snprintf(state, sizeof state, "%s/state", world_server()->dir);
    snprintf(history, sizeof history, "%s/entitle/history", state);
    pid_t pid = shell_start(&terminal, world_server()->dir, state);

    if (!CHECK(pid > 0, "there is no pseudo terminal (is /dev/pts mounted?): %s", strerror(errno)))
        return;
    screen_await(terminal, "entitle> ");
    type(terminal, "bal\tcontos\t\n", "contoso (certified)");
    screen_await(terminal, "entitle> ");
    type(terminal, "nonsense\n", "there is no command \"nonsense\"");
    screen_await(terminal, "entitle> ");
    type(terminal, "open conto\003", "^C"); /* clears the line */
    screen_await(terminal, "entitle> ");
    type(terminal, "partner \t", "create");
    screen_await(terminal, "entitle> partner ");
    type(terminal, "show 'Partner\003", "^C");
    screen_await(terminal, "entitle> ");
    long since = server_log_size(world_server());

    type(terminal, "watch\n", "watch");
    CHECK(server_log_await(world_server(), since, "method=watch.start", fixture_ms(10000)), "it does not watch");
    type(terminal, "\003", "entitle> ");
    type(terminal, "hello --json\n", "\"admin\"");
    screen_await(terminal, "entitle> ");
    type(terminal, "--profile x hello\n", "one connection");
    screen_await(terminal, "entitle> ");
    CHECK(write(terminal, "quit\n", 5) == 5, "it takes no keys");
    int code = process_wait(pid, fixture_ms(10000));

    CHECK(code == 0 || code == 2, "the shell ended with %d", code);
    close(terminal);
    CHECK(stat(history, &status) == 0 && (status.st_mode & 0777) == 0600, "the history's mode");
    char *text = file_text(history);

    CHECK_HAS(text, "balance\\040contoso");
    CHECK(strstr(text, "conto\n") == NULL, "the history has a line that was cleared");
    free(text);
}

/* Runs a script through the shell; its exit code. */
static int script(const char *text, bool stop, struct outcome *outcome)
{
    char home[FIXTURE_PATH_MAX + 32], input[FIXTURE_PATH_MAX + 32];
    const char *const argv[] = {fixture_program("entitle"),      "shell", "--profile", "admin",
                                stop ? "--stop-on-error" : NULL, NULL};
    const char *const env[] = {home, NULL};

    snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s", world_server()->dir);
    snprintf(input, sizeof input, "%s/script", world_server()->dir);
    file_write(input, text);
    process_run(&(struct process_wish){.argv = argv, .env = env, .input = input}, fixture_ms(20000), outcome);
    return outcome->code;
}

static void test_script(void)
{
    struct outcome outcome;

    CHECK_NUMBER(script("# a script\nhello\n\nopen contoso \"it's \\\"down\\\"\" -c critical -s A --outage server\n"
                        "list --limit 1 --format csv\nnonsense\nshell\nhello\n",
                        false, &outcome),
                 0);
    CHECK_HAS(outcome.out, "it's \"\"down\"\"");
    CHECK_HAS(outcome.err, "no command \"nonsense\"");
    CHECK_HAS(outcome.err, "this is the shell already");
    outcome_release(&outcome);
    CHECK_NUMBER(script("show INC-99999999\nhello\n", true, &outcome), 1);
    CHECK_TEXT(outcome.out, "");
    outcome_release(&outcome);
    CHECK_NUMBER(script("hello\nquit\nnonsense\n", true, &outcome), 0);
    outcome_release(&outcome);
    CHECK_NUMBER(script("open 'never closed\n", true, &outcome), 2);
    outcome_release(&outcome);
}

CU_ErrorCode shell_register(void)
{
    CU_TestInfo tests[] = {{"at a terminal", test_terminal}, {"as a script", test_script}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"shell", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
