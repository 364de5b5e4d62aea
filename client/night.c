/* The order of a night's steps, and what is said of them. */
#include "client/night.h"
#include "client/memory.h"
#include "client/night_mail.h"
#include "client/report_files.h"
#include "client/text.h"
#include "common/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_PAUSE_MS 100
#define PROGRESS_BAR 24
#define COUNTED_MAX 48

struct night {
    struct session *session;
    struct call *call;
    const char *folder;
    struct mail_config config;
    struct night_mail *mail; /* NULL: without mails */
    bool left;               /* something is not done; no later night is finished before this one */
    /* Of the night in hand. */
    const char *date;
    size_t partners;
    int64_t shown_ms; /* when the bar was drawn; 0: there is none */
};

/* Draws the bar on a terminal, now and then. total 0: not known. */
static void progress_show(void *data, const char *step, size_t done, size_t total)
{
    struct night *night = data;
    int64_t now_ms = clock_monotonic_ms();

    if (isatty(STDERR_FILENO) == 0 || (night->shown_ms != 0 && now_ms - night->shown_ms < PROGRESS_PAUSE_MS))
        return;
    night->shown_ms = now_ms;
    int full = total == 0 ? 0 : (int)((done < total ? done : total) * PROGRESS_BAR / total);
    fprintf(stderr, "\r\033[K%s  [%.*s%*s]  %s", night->date, full, "########################", PROGRESS_BAR - full,
            "", step);
    if (total > 0)
        fprintf(stderr, " %zu of %zu", done, total);
    fflush(stderr);
}

static void progress_end(struct night *night)
{
    if (night->shown_ms != 0)
        fprintf(stderr, "\r\033[K");
    night->shown_ms = 0;
}

static void mail_step(void *data, size_t done)
{
    struct night *night = data;

    progress_show(night, "mails", done, night->partners + night->config.manager_count);
}

/* A line of what was done, at once: whoever reads the journal sees how far it is. */
__attribute__((format(printf, 2, 3))) static void say(struct night *night, const char *format, ...)
{
    va_list list;

    progress_end(night);
    va_start(list, format);
    char *text = memory_format_list(format, list), *safe = text_safe(text, false);
    va_end(list);
    printf("%s%s%s\n", night->date == NULL ? "" : night->date, night->date == NULL ? "" : ": ", safe);
    fflush(stdout);
    free(safe);
    free(text);
}

/* Complains of what ended a step. What may pass is left for the next run. */
static enum status step_failed(struct night *night, enum status status, const char *step, const char *why)
{
    progress_end(night);
    text_complain("%s: %s: %s", night->date == NULL ? "the nights" : night->date, step, why);
    return status;
}

/* Asks; params are taken over. On STATUS_DONE *result is the caller's. */
static enum status ask(struct night *night, const char *method, json_t *params, json_t **result)
{
    struct reply reply;

    call_request(night->call, method, params, &reply);
    json_decref(params);
    enum status status = reply.status;
    const char *message = json_string_value(json_object_get(reply.error, "message"));
    if (status != STATUS_DONE)
        step_failed(night, status, method, message == NULL ? "an error" : message);
    *result = json_incref(reply.result);
    reply_release(&reply);
    return status;
}

/* Asks a method that changes something of the night, under the key that every run has for it. */
static enum status ask_once(struct night *night, const char *method, json_t **result)
{
    char *key = memory_format("nightly %s %s", method, night->date);
    enum status status = ask(night, method, json_pack("{s:s, s:s}", "key", key, "date", night->date), result);

    free(key);
    return status;
}

static size_t number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));

    return value < 0 ? 0 : (size_t)value;
}

/* "1 partner", "2 partners"; in text, which it returns. */
static const char *counted(size_t count, const char *what, char text[COUNTED_MAX])
{
    snprintf(text, COUNTED_MAX, "%zu %s%s", count, what, count == 1 ? "" : "s");
    return text;
}

static enum status figures_keep(struct night *night)
{
    char partners[COUNTED_MAX], pools[COUNTED_MAX];
    json_t *result;
    enum status status = ask_once(night, "report.snapshot", &result);

    if (status == STATUS_DONE) {
        bool already =
            json_is_true(json_object_get(result, "already")) || json_is_true(json_object_get(result, "replayed"));
        night->partners = number(result, "partners");
        say(night, "%s, %s; figures %s", counted(night->partners, "partner", partners),
            counted(number(result, "pools"), "pool", pools), already ? "were kept before" : "are kept");
        if (number(result, "differences") > 0)
            text_complain("%s: %zu pools do not add up; the report's first lines name them", night->date,
                          number(result, "differences"));
    }
    json_decref(result);
    return status;
}

/* Says in a folder that the files of its night are there. (What `entitle report` has written there says nothing.)
 */
static bool mark_write(const char *mark, char *why, size_t why_size)
{
    FILE *stream = fopen(mark, "we");
    bool written = stream != NULL && fputs("the files of this night are whole\n", stream) >= 0;

    if (stream == NULL || fclose(stream) != 0 || !written) {
        snprintf(why, why_size, "%s cannot be written: %s", mark, strerror(errno));
        return false;
    }
    return true;
}

/* Writes the night's folder, unless a run before has: it gets its name when it is whole. */
static enum status files_write(struct night *night)
{
    char *folder = memory_format("%s/%s", night->folder, night->date), *mark = memory_format("%s/.night", folder);
    char why[COMMAND_WHY_MAX] = "";
    struct report_files_wish wish = {.date = night->date,
                                     .folder = night->folder,
                                     .kinds = REPORT_TEXT | REPORT_HTML | REPORT_CSV | REPORT_JSON,
                                     .data = night,
                                     .progress = progress_show};
    struct report_files_done done = {.files = 0};
    enum status status = STATUS_DONE;
    char partners[COUNTED_MAX];

    if (access(mark, F_OK) == 0) {
        say(night, "the files are in %s", folder);
    } else {
        status = report_files_write(night->call, &wish, &done, why, sizeof why);
        if (status == STATUS_DONE && !mark_write(mark, why, sizeof why))
            status = STATUS_FAILED;
        if (status != STATUS_DONE)
            step_failed(night, status, "files", why);
        else
            say(night, "%zu files of %s are written to %s", done.files, counted(done.partners, "partner", partners),
                folder);
        if (done.charts_why != NULL)
            text_complain("%s: without charts: %s", night->date, done.charts_why);
        free(done.charts_why);
    }
    free(mark);
    free(folder);
    return status;
}

static enum status mails_send(struct night *night, bool *settled)
{
    char why[COMMAND_WHY_MAX] = "";
    struct night_tally tally;

    enum status status =
        night_mail_send(night->mail, night->date, night->folder, mail_step, night, &tally, why, sizeof why);
    *settled = status == STATUS_DONE && tally.later == 0;
    if (status != STATUS_DONE)
        return step_failed(night, status, "mails", why);
    say(night, "mails: %zu sent, %zu refused, %zu given up, %zu unknown, %zu for later", tally.sent, tally.refused,
        tally.gave_up, tally.unknown, tally.later);
    if (tally.unknown > 0)
        text_hint(
            "%zu were handed over without an answer, and may or may not have arrived; they are not sent again: "
            "entitle call mail.list '{\"date\": \"%s\", \"state\": \"unknown\"}'",
            tally.unknown, night->date);
    return status;
}

/* One night, as far as it goes. */
static enum status night_make(struct night *night)
{
    bool settled = true;
    json_t *result = NULL;
    enum status status = figures_keep(night);

    if (status == STATUS_DONE)
        status = files_write(night);
    if (status == STATUS_DONE && night->mail != NULL)
        status = mails_send(night, &settled);
    night->left = night->left || !settled || status != STATUS_DONE;
    /* After one that is not finished no other is: what is pending is told by the last that was. */
    if (status == STATUS_DONE && !night->left) {
        status = ask_once(night, "report.finish", &result);
        night->left = status != STATUS_DONE;
        if (status == STATUS_DONE)
            say(night, "finished");
    }
    json_decref(result);
    return status;
}

/* All nights that are pending. */
static enum status nights_make(struct night *night)
{
    json_t *result, *date;
    size_t i;
    enum status status = ask(night, "report.pending", json_object(), &result);

    if (status == STATUS_DONE && json_array_size(json_object_get(result, "dates")) == 0)
        say(night, "no night is pending");
    json_array_foreach(json_object_get(result, "dates"), i, date)
    {
        if (status != STATUS_DONE)
            break;
        night->date = json_string_value(date);
        status = night_make(night);
    }
    night->date = NULL;
    json_decref(result);
    return status == STATUS_DONE && night->left ? STATUS_AWAY : status;
}

/* The folder, made where it is not there, and locked until the descriptor is closed; -1 with a sentence. */
static int folder_lock(const char *folder, enum status *status, char *why, size_t why_size)
{
    int fd = -1;

    *status = STATUS_FAILED;
    if ((mkdir(folder, 0777) != 0 && errno != EEXIST) ||
        (fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        snprintf(why, why_size, "%s: %s", folder, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    *status = errno == EWOULDBLOCK ? STATUS_AWAY : STATUS_FAILED;
    if (errno == EWOULDBLOCK)
        snprintf(why, why_size, "another nightly report writes to %s; this one leaves it to that", folder);
    else
        snprintf(why, why_size, "%s: %s", folder, strerror(errno));
    close(fd);
    return -1;
}

/* Reads the configuration and makes what sends. */
static bool mail_prepare(struct night *night, char *why, size_t why_size)
{
    const char *path = session_value(night->session, "config");

    if (session_value(night->session, "mail") == NULL)
        return true;
    if (!mail_config_read(&night->config, path == NULL ? SYSCONFDIR "/entitled/report.conf" : path, why, why_size))
        return false;
    night->mail = night_mail_new(night->call, &night->config, why, why_size);
    return night->mail != NULL;
}

enum status night_run(struct session *session, const struct command *command)
{
    struct night night = {.session = session, .folder = session_value(session, "out")};
    char why[COMMAND_WHY_MAX] = "";
    enum status status = STATUS_USAGE;
    int lock = -1;

    if (night.folder == NULL)
        return command_misused(command, "--out is missing: the folder that has one for each night");
    night.call = session_call(session);
    if (night.call == NULL)
        return STATUS_USAGE;
    if (!mail_prepare(&night, why, sizeof why) || (lock = folder_lock(night.folder, &status, why, sizeof why)) < 0)
        text_complain("%s", why);
    else
        status = nights_make(&night);
    progress_end(&night);
    if (lock >= 0)
        close(lock);
    night_mail_free(night.mail);
    mail_config_release(&night.config);
    return status;
}
