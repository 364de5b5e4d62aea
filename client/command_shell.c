/*
 * A line at a time: from a terminal with libedit (history, completion), else as a script. Every command runs as it
 * would by itself, but with the connection of the shell; none of them ends it.
 */
#include "config.h"

#include "client/command_shell.h"
#include "client/command_words.h"
#include "client/memory.h"
#include "client/shell_complete.h"
#include "client/shell_words.h"
#include "client/text.h"
#include "common/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_LINES 1000
#define NAMES_FRESH_MS 30000 /* then the names for completion are asked for anew */
#define COLUMN_WIDTH 24
#define COLUMNS 4

struct shell {
    struct session *session;
    EditLine *edit;
    History *history;
    char *history_file; /* NULL: there is no place for one */
    struct shell_names names;
    int64_t named_ms; /* when they were asked for; 0: never */
    bool over;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    if (interrupted++ > 0) /* the one before did not help */
        _exit(STATUS_INTERRUPTED);
}

/* ---- running a line ---- */

/* The option of a line that is the whole shell's; NULL where there is none. */
static const char *connection_option(const struct shell_words *words)
{
    static const char *const names[] = {
        "--profile", "-P", "--address", "--ca", "--certificate", "--private-key", "--server-name", "--timeout"};

    for (int i = 0; i < words->count; i++)
        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++)
            if (strncmp(words->words[i], names[j], strlen(names[j])) == 0 &&
                strchr("=", words->words[i][strlen(names[j])]) != NULL)
                return names[j];
    return NULL;
}

static enum status words_run(struct shell *shell, struct shell_words *words)
{
    struct session one = {.commands = shell->session->commands,
                          .params = json_object(),
                          .values = json_object(),
                          .call = shell->session->call};

    render_init(&one.render, stdout);
    one.render.format = shell->session->render.format;
    enum status status = command_words_run(&one, words->count, words->words);
    json_decref(one.params);
    json_decref(one.values);
    return status;
}

static enum status line_run(struct shell *shell, const char *line)
{
    struct shell_words words;
    char why[COMMAND_WHY_MAX];
    enum status status = STATUS_DONE;

    if (!shell_words_split(&words, line, false, why, sizeof why)) {
        text_complain("%s", why);
        return STATUS_USAGE;
    }
    interrupted = 0;
    if (words.count == 0) {
        /* an empty line, a comment */
    } else if (strcmp(words.words[0], "quit") == 0 || strcmp(words.words[0], "exit") == 0) {
        shell->over = true;
    } else if (strcmp(words.words[0], command_shell.name) == 0) {
        text_complain("this is the shell already; quit ends it");
        status = STATUS_USAGE;
    } else if (connection_option(&words) != NULL) {
        text_complain("%s: the shell has one connection; give it to `entitle shell`", connection_option(&words));
        status = STATUS_USAGE;
    } else {
        status = words_run(shell, &words);
    }
    fflush(stdout);
    shell_words_release(&words);
    return status;
}

/* ---- names for completion ---- */

/* The member `name` of each object of a list's answer; NULL where it does not come. */
static json_t *names_ask(struct shell *shell, const char *method, int limit, const char *list, const char *name)
{
    json_t *params = json_pack("{s:i}", "limit", limit), *names = json_array(), *row;
    struct reply reply;
    size_t i;

    call_request(shell->session->call, method, params, &reply);
    json_array_foreach(json_object_get(reply.result, list), i, row)
        json_array_append(names, json_object_get(row, name));
    reply_release(&reply);
    json_decref(params);
    return names;
}

static void names_refresh(struct shell *shell)
{
    int64_t now_ms = clock_monotonic_ms();

    if (shell->named_ms != 0 && now_ms - shell->named_ms < NAMES_FRESH_MS)
        return;
    shell->named_ms = now_ms;
    json_decref(shell->names.partners);
    json_decref(shell->names.incidents);
    shell->names.partners = names_ask(shell, "partner.list", 500, "partners", "partner");
    shell->names.incidents = names_ask(shell, "incident.list", 200, "incidents", "incident");
}

/* Shows the candidates under the line. */
static void candidates_print(const json_t *candidates)
{
    json_t *word;
    size_t i;

    json_array_foreach(candidates, i, word)
    {
        char *safe = text_safe(json_string_value(word), false);
        printf("%s%-*s", i % COLUMNS == 0 ? "\n" : " ", COLUMN_WIDTH, safe);
        free(safe);
    }
    printf("\n");
    fflush(stdout);
}

static unsigned char on_tab(EditLine *edit, int character)
{
    const LineInfo *line = el_line(edit);
    struct shell *shell = NULL;
    struct shell_words words;
    const char *typed;
    unsigned char result = CC_ERROR;
    char why[COMMAND_WHY_MAX];

    (void)character;
    el_get(edit, EL_CLIENTDATA, &shell);
    char *before = memory_format("%.*s", (int)(line->cursor - line->buffer), line->buffer);
    shell_words_split(&words, before, true, why, sizeof why);
    names_refresh(shell);
    json_t *candidates = shell_complete(shell->session->commands, &shell->names, &words, &typed);
    size_t common = shell_common(candidates), there = strlen(typed);
    bool alone = json_array_size(candidates) == 1;
    if (common > there || alone) {
        char *more = memory_format("%.*s%s", (int)(common - there),
                                   json_string_value(json_array_get(candidates, 0)) + there, alone ? " " : "");
        result = el_insertstr(edit, more) == 0 ? CC_REFRESH : CC_ERROR;
        free(more);
    } else if (json_array_size(candidates) > 1) {
        candidates_print(candidates);
        result = CC_REDISPLAY;
    }
    json_decref(candidates);
    shell_words_release(&words);
    free(before);
    return result;
}

/* ---- a terminal ---- */

/* Where the history stands, its folders made; NULL where there is no home. For free(). */
static char *history_place(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *folder = state != NULL && state[0] == '/' ? memory_format("%s/entitle", state)
                   : home != NULL && home[0] == '/' ? memory_format("%s/.local/state/entitle", home)
                                                    : NULL;

    if (folder == NULL)
        return NULL;
    for (char *at = folder + 1; (at = strchr(at, '/')) != NULL; *at++ = '/') {
        *at = '\0';
        mkdir(folder, 0700);
    }
    mkdir(folder, 0700);
    char *place = memory_format("%s/history", folder);
    free(folder);
    int fd = open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0600); /* nobody else's from the first byte on */
    if (fd >= 0)
        close(fd);
    return place;
}

static char *prompt(EditLine *edit)
{
    static char text[] = "entitle> ";

    (void)edit;
    return text;
}

static bool edit_begin(struct shell *shell)
{
    HistEvent event;

    shell->edit = el_init("entitle", stdin, stdout, stderr);
    shell->history = history_init();
    if (shell->edit == NULL || shell->history == NULL)
        return false;
    history(shell->history, &event, H_SETSIZE, HISTORY_LINES);
    history(shell->history, &event, H_SETUNIQUE, 1);
    shell->history_file = history_place();
    if (shell->history_file != NULL)
        history(shell->history, &event, H_LOAD, shell->history_file);
    el_set(shell->edit, EL_EDITOR, "emacs");
    el_set(shell->edit, EL_PROMPT, prompt);
    el_set(shell->edit, EL_HIST, history, shell->history);
    el_set(shell->edit, EL_CLIENTDATA, shell);
    el_wset(shell->edit, EL_ADDFN, L"entitle-complete", L"complete a word", on_tab); /* el_set() would leak */
    el_set(shell->edit, EL_BIND, "^I", "entitle-complete", NULL);
    return true;
}

static void edit_end(struct shell *shell)
{
    HistEvent event;

    if (shell->history != NULL && shell->history_file != NULL)
        history(shell->history, &event, H_SAVE, shell->history_file);
    if (shell->history != NULL)
        history_end(shell->history);
    if (shell->edit != NULL)
        el_end(shell->edit);
    free(shell->history_file);
}

static enum status terminal_run(struct shell *shell)
{
    struct sigaction action = {.sa_handler = interrupt}, before;
    enum status status = STATUS_DONE;

    if (!edit_begin(shell)) {
        text_complain("the terminal cannot be used for editing");
        edit_end(shell);
        return STATUS_FAILED;
    }
    sigaction(SIGINT, &action, &before);
    while (!shell->over) {
        HistEvent event;
        int length = 0;
        interrupted = 0;
        const char *line = el_gets(shell->edit, &length);
        if (line == NULL && (interrupted || (length < 0 && errno == EINTR))) {
            printf("^C\n"); /* the line is cleared */
            continue;
        }
        if (line == NULL)
            break;
        if (line[strspn(line, " \t\n")] != '\0')
            history(shell->history, &event, H_ENTER, line);
        status = line_run(shell, line);
        if (status == STATUS_INTERRUPTED)
            printf("\n");
    }
    if (!shell->over)
        printf("\n");
    sigaction(SIGINT, &before, NULL);
    edit_end(shell);
    return status == STATUS_INTERRUPTED ? STATUS_DONE : status;
}

/* ---- a script ---- */

static enum status script_run(struct shell *shell)
{
    bool stop = session_value(shell->session, "stop-on-error") != NULL;
    enum status status = STATUS_DONE;
    char *line = NULL;
    size_t size = 0;

    while (!shell->over && !(stop && status != STATUS_DONE) && getline(&line, &size, stdin) >= 0)
        status = line_run(shell, line);
    free(line);
    return status;
}

static enum status shell_run(struct session *session, const struct command *command)
{
    struct shell shell = {.session = session};

    (void)command;
    if (session_call(session) == NULL)
        return STATUS_USAGE;
    enum status status = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? terminal_run(&shell) : script_run(&shell);
    json_decref(shell.names.partners);
    json_decref(shell.names.incidents);
    return status;
}

static const struct option_spec shell_options[] = {
    {"stop-on-error", 'e', NULL, "of a script: end with the first command that fails"},
    {NULL, 0, NULL, NULL},
};

const struct command command_shell = {
    .name = "shell",
    .method = METHOD_COUNT,
    .options = shell_options,
    .summary = "type commands one after the other, over one connection",
    .example = "entitle shell",
    .details =
        "Tab completes commands, options, partners and incidents; help and quit do what they say. Words are quoted "
        "as\n"
        "in a shell. What is not typed at a terminal is read as a script, a command a line, # begins a comment.",
    .run = shell_run,
};
