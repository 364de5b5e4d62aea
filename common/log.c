/*
 * Owns the form and the destination of the log.  A line is built in one buffer and written with one
 * call, so that lines of several processes do not mix; what does not fit is cut and marked.
 */
#include "common/log.h"

#include "common/clock.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX 2048
#define LOG_NUMBERS 8

static struct {
    enum log_level level;
    bool journal;
    char process[32];
} setup = {.level = LOG_LEVEL_INFO, .process = "main"};

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const int journal_priorities[] = {3, 4, 6, 7}; /* sd-daemon(3) */

struct line {
    char text[LOG_LINE_MAX];
    size_t length;
};

void log_setup(enum log_level level, const char *process, bool journal)
{
    setup.level = level;
    setup.journal = journal;
    snprintf(setup.process, sizeof setup.process, "%s", process);
}

bool log_wants(enum log_level level)
{
    return level <= setup.level;
}

bool log_level_find(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(level_names[i], name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static void line_put(struct line *line, const char *text, size_t length)
{
    size_t room = sizeof line->text - 2 - line->length; /* the LF is always ours */

    if (length > room)
        length = room;
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

/* A value, quoted and escaped where logfmt needs it; a line never breaks. */
static void line_put_value(struct line *line, const char *value)
{
    if (*value && !strpbrk(value, " \"=\\\n\r\t")) {
        line_put(line, value, strlen(value));
        return;
    }
    line_put(line, "\"", 1);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            line_put(line, "\\", 1);
        if ((unsigned char)*value < 0x20)
            line_put(line, " ", 1);
        else
            line_put(line, value, 1);
    }
    line_put(line, "\"", 1);
}

void log_event(enum log_level level, const char *event, ...)
{
    struct line line = {.length = 0};
    char head[160], now[CLOCK_TEXT_MAX];
    const char *name, *value;
    va_list fields;

    if (!log_wants(level))
        return;
    if (setup.journal)
        snprintf(head, sizeof head, "<%d>level=%s process=%s event=%s", journal_priorities[level],
                 level_names[level], setup.process, event);
    else
        snprintf(head, sizeof head, "time=%s level=%s process=%s event=%s", clock_format(clock_wall_us(), now),
                 level_names[level], setup.process, event);
    line_put(&line, head, strlen(head));
    va_start(fields, event);
    while ((name = va_arg(fields, const char *))) {
        value = va_arg(fields, const char *);
        if (!value)
            continue;
        line_put(&line, " ", 1);
        line_put(&line, name, strlen(name));
        line_put(&line, "=", 1);
        line_put_value(&line, value);
    }
    va_end(fields);
    line.text[line.length++] = '\n';
    if (write(STDERR_FILENO, line.text, line.length) < 0)
        return; /* nobody is left to tell */
}

const char *log_number(long long number)
{
    static char texts[LOG_NUMBERS][24];
    static unsigned next;
    char *text = texts[next++ % LOG_NUMBERS];

    snprintf(text, sizeof texts[0], "%lld", number);
    return text;
}
