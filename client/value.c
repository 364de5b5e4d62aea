/* One reader for each type of parameter. */
#include "config.h"

#include "client/memory.h"
#include "client/value.h"
#include "common/clock.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* A TEXT of more characters than this may come from standard input. */
#define VALUE_LINE_MAX 1000
#define VALUE_STREAM_MAX (1024 * 1024UL)

char *value_stream(int fd, size_t bytes_max, char *why, size_t why_size)
{
    size_t length = 0, size = 4096;
    char *text = memory_new(size, 1);

    for (;;) {
        if (length + 1 == size) {
            size *= 2;
            text = memory_resize(text, size, 1);
        }
        ssize_t got = read(fd, text + length, size - length - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || length + (size_t)got > bytes_max) {
            snprintf(why, why_size, "%s", got < 0 ? strerror(errno) : "the input is too long");
            free(text);
            return NULL;
        }
        if (got == 0)
            break;
        length += (size_t)got;
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    text[length] = '\0';
    return text;
}

static json_t *text_value(const struct param_spec *param, const char *text, char *why, size_t why_size)
{
    json_t *value;

    if (param->max <= VALUE_LINE_MAX || strcmp(text, "-") != 0) {
        value = json_string(text);
    } else {
        char *input = value_stream(STDIN_FILENO, VALUE_STREAM_MAX, why, why_size);
        if (input == NULL)
            return NULL;
        value = json_string(input);
        free(input);
    }
    if (value == NULL)
        snprintf(why, why_size, "%s is not UTF-8", param->name);
    return value;
}

static json_t *choice_value(const struct param_spec *param, const char *text)
{
    size_t length = strlen(text);

    for (const char *word = param->choices; word != NULL && *word != '\0';) {
        size_t end = strcspn(word, "|");
        if (end == length && strncasecmp(word, text, length) == 0)
            return json_stringn(word, end);
        word += end + (word[end] == '|');
    }
    return json_string(text);
}

static json_t *boolean_value(const char *text, char *why, size_t why_size)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

    if (text == NULL)
        return json_true();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return json_boolean(i % 2 == 1);
    snprintf(why, why_size, "\"%s\" is neither yes nor no", text);
    return NULL;
}

static json_t *integer_value(const struct param_spec *param, const char *text, char *why, size_t why_size)
{
    char *end;

    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0')
        return json_integer(number);
    snprintf(why, why_size, "%s: \"%s\" is not a whole number", param->name, text);
    return NULL;
}

/* Local times are completed, what else there is goes to the check as it is. */
static json_t *time_value(const char *text)
{
    static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S",
                                          "%Y-%m-%dT%H:%M:%S"};
    char written[CLOCK_TEXT_MAX];

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct tm parts = {.tm_isdst = -1};
        const char *end = strptime(text, formats[i], &parts);
        if (end != NULL && *end == '\0')
            return json_string(clock_format((int64_t)mktime(&parts) * 1000000, written));
    }
    return json_string(text);
}

/* {"a": 1} as it is, or a=1,b=2. */
static json_t *object_value(const struct param_spec *param, const char *text, char *why, size_t why_size)
{
    json_error_t error;

    if (text[strspn(text, " \t\r\n")] == '{') {
        json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
        if (value == NULL)
            snprintf(why, why_size, "%s: %s at %d:%d", param->name, error.text, error.line, error.column);
        return value;
    }
    json_t *object = json_object();
    char *copy = memory_copy(text), *rest = copy, *pair;
    while (object != NULL && (pair = strsep(&rest, ",")) != NULL) {
        char *equals = strchr(pair, '='), *end = NULL;
        long number = equals == NULL ? 0 : strtol(equals + 1, &end, 10);
        if (equals == NULL || equals == pair || end == equals + 1 || *end != '\0') {
            snprintf(why, why_size, "%s: \"%s\" is not name=number", param->name, pair);
            json_decref(object);
            object = NULL;
            break;
        }
        json_object_setn_new(object, pair, (size_t)(equals - pair), json_integer(number));
    }
    free(copy);
    return object;
}

json_t *value_read(const struct param_spec *param, const char *text, char *why, size_t why_size)
{
    json_t *value = NULL;

    switch (param->type) {
    case PARAM_TEXT:
        value = text_value(param, text, why, why_size);
        break;
    case PARAM_CHOICE:
        value = choice_value(param, text);
        break;
    case PARAM_BOOLEAN:
        value = boolean_value(text, why, why_size);
        break;
    case PARAM_INTEGER:
        value = integer_value(param, text, why, why_size);
        break;
    case PARAM_TIME:
        value = time_value(text);
        break;
    case PARAM_OBJECT:
        value = object_value(param, text, why, why_size);
        break;
    case PARAM_CODE:
    case PARAM_PARTNER:
    case PARAM_INCIDENT:
    case PARAM_CONTRACT:
    case PARAM_ESCALATION:
    case PARAM_DATE:
    case PARAM_KEY:
    case PARAM_MONEY:
    case PARAM_FINGERPRINT:
        value = json_string(text);
        if (value == NULL)
            snprintf(why, why_size, "%s is not UTF-8", param->name);
        break;
    }
    if (value != NULL && !param_value_check(param, value, why, why_size)) {
        json_decref(value);
        value = NULL;
    }
    return value;
}

const char *value_word(const struct param_spec *param)
{
    switch (param->type) {
    case PARAM_PARTNER:
        return "PARTNER";
    case PARAM_INCIDENT:
        return "INC-NUMBER";
    case PARAM_CONTRACT:
        return "CON-NUMBER";
    case PARAM_ESCALATION:
        return "ESC-NUMBER";
    case PARAM_TEXT:
        return "TEXT";
    case PARAM_CODE:
        return "CODE";
    case PARAM_CHOICE:
        return "WORD";
    case PARAM_BOOLEAN:
        return "yes|no";
    case PARAM_INTEGER:
        return "N";
    case PARAM_TIME:
        return "TIME";
    case PARAM_DATE:
        return "YYYY-MM-DD";
    case PARAM_KEY:
        return "KEY";
    case PARAM_MONEY:
        return "MONEY";
    case PARAM_FINGERPRINT:
        return "SHA256";
    case PARAM_OBJECT:
        break;
    }
    return "NAME=N,...";
}
