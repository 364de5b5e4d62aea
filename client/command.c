/* Arguments in, request out, answer shown: the same for every subcommand. */
#include "client/command.h"
#include "client/memory.h"
#include "client/refusal.h"
#include "client/text.h"
#include "client/value.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS_DEFAULT 30

const struct option_spec command_globals[] = {
    {"profile", 'P', "NAME", "the profile to use, or with a / the path of its file"},
    {"address", 0, "HOST:PORT", "the server, instead of the profile's"},
    {"ca", 0, "FILE", "who may sign the server's certificate (PEM), instead of the profile's"},
    {"certificate", 0, "FILE", "our certificate (PEM), instead of the profile's"},
    {"private-key", 0, "FILE", "our private key (PEM), instead of the profile's"},
    {"server-name", 0, "NAME", "whom the server's certificate must name, if not the host of its address"},
    {"timeout", 0, "SECONDS", "how long to wait for an answer; 30 is the default"},
    {"format", 'F', "WORD", "table, csv or json"},
    {"json", 'j', NULL, "the same as --format json"},
    {"help", 'h', NULL, "show this"},
    {NULL, 0, NULL, NULL},
};

const char *session_value(const struct session *session, const char *name)
{
    return json_string_value(json_object_get(session->values, name));
}

bool session_format(struct session *session, const char *formats, char *why, size_t why_size)
{
    const char *format = session_value(session, "format");
    size_t length = format == NULL ? 0 : strlen(format);

    if (session_value(session, "json") != NULL)
        format = "json";
    session->render.format = RENDER_TABLE;
    if (format == NULL || strcmp(format, "json") == 0 || strcmp(format, "csv") == 0) {
        if (format != NULL)
            session->render.format = format[0] == 'j' ? RENDER_JSON : RENDER_CSV;
        return true;
    }
    for (const char *at = formats; at[0] != '\0'; at += strcspn(at, " "), at += at[0] == ' ')
        if (length > 0 && strcspn(at, " ") == length && strncmp(at, format, length) == 0)
            return true;
    snprintf(why, why_size, "--format: \"%s\" is not one of: %s", format, formats);
    return false;
}

struct call *session_call(struct session *session)
{
    struct profile_choice choice = {
        .name = session_value(session, "profile"),
        .over = {.address = (char *)session_value(session, "address"),
                 .ca = (char *)session_value(session, "ca"),
                 .certificate = (char *)session_value(session, "certificate"),
                 .key = (char *)session_value(session, "private-key"),
                 .server_name = (char *)session_value(session, "server-name")},
    };
    const char *timeout = session_value(session, "timeout");
    char *end = NULL;
    double seconds = timeout == NULL ? TIMEOUT_SECONDS_DEFAULT : strtod(timeout, &end);
    char why[COMMAND_WHY_MAX];

    if (session->call != NULL)
        return session->call;
    if (timeout != NULL && (end == timeout || *end != '\0' || !(seconds > 0 && seconds <= 86400))) {
        text_complain("--timeout: \"%s\" is not a number of seconds up to 86400", timeout);
        return NULL;
    }
    if (!profile_load(&session->profile, &choice, why, sizeof why)) {
        text_complain("%s", why);
        return NULL;
    }
    session->call = call_new(&session->profile, (int)(seconds * 1000));
    return session->call;
}

void session_release(struct session *session)
{
    call_free(session->call);
    profile_release(&session->profile);
    json_decref(session->params);
    json_decref(session->values);
}

const struct command *command_find(const struct command *const *commands, const char *name)
{
    for (; *commands != NULL; commands++)
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    return NULL;
}

const char *command_summary(const struct command *command)
{
    return command->summary != NULL ? command->summary : method_spec(command->method)->summary;
}

enum status command_misused(const struct command *command, const char *why)
{
    text_complain("%s", why);
    text_hint("see: entitle %s --help", command->name);
    return STATUS_USAGE;
}

void command_options(const struct command *command, struct options *options)
{
    *options = (struct options){0};
    options_add(options, command->options, false);
    if (command->method != METHOD_COUNT)
        options_add_method(options, method_spec(command->method), command->letters, command->without);
    options_add(options, command_globals, true);
}

/* Writes the words of "partner title?" as "PARTNER [TITLE]". */
static void words_print(const char *words, FILE *stream)
{
    while (words != NULL && words[0] != '\0') {
        size_t length = strcspn(words, " ?");
        bool optional = words[length] == '?';
        fputs(optional ? " [" : " ", stream);
        for (size_t i = 0; i < length; i++)
            fputc(toupper((unsigned char)words[i]), stream);
        fputs(optional ? "]" : "", stream);
        words += length + optional;
        words += strspn(words, " ");
    }
}

void command_help(const struct command *command, FILE *stream)
{
    struct options options;
    bool own = false;

    command_options(command, &options);
    fprintf(stream, "usage: entitle %s", command->name);
    if (command->usage != NULL)
        fprintf(stream, " %s", command->usage);
    else
        words_print(command->words, stream);
    fprintf(stream, " [options]\n\n%s\n", command_summary(command));
    for (size_t i = 0; i < options.count; i++)
        own = own || !options.entries[i].common;
    if (own) {
        fprintf(stream, "\noptions:\n");
        options_print(&options, false, stream);
    }
    if (command->details != NULL)
        fprintf(stream, "\n%s\n", command->details);
    fprintf(stream, "\noptions of every command:\n");
    options_print(&options, true, stream);
    fprintf(stream, "\nexample:\n  %s\n", command->example);
    options_release(&options);
}

/* Gives the word `text` to the positional `name`. */
static bool word_take(struct session *session, const struct command *command, const char *name, const char *text,
                      char *why, size_t why_size)
{
    const struct param_spec *param =
        command->method == METHOD_COUNT ? NULL : method_param(method_spec(command->method), name);
    json_t *value = param == NULL ? json_string(text) : value_read(param, text, why, why_size);

    if (value == NULL)
        return false;
    json_object_set_new(param == NULL ? session->values : session->params, name, value);
    return true;
}

/* Spreads argv's words over the positionals that no option has given. */
static bool words_read(struct session *session, const struct command *command, int count, char **texts, char *why,
                       size_t why_size)
{
    const char *words = command->words == NULL ? "" : command->words;

    for (size_t length; words[0] != '\0'; words += strspn(words, " ")) {
        char name[64];
        length = strcspn(words, " ?");
        bool optional = words[length] == '?';
        snprintf(name, sizeof name, "%.*s", (int)length, words);
        words += length + optional;
        bool given = json_object_get(session->params, name) != NULL;
        if (given)
            continue;
        if (count == 0 && optional)
            continue;
        if (count == 0) {
            for (char *at = name; *at != '\0'; at++)
                *at = (char)toupper((unsigned char)*at);
            snprintf(why, why_size, "%s is missing", name);
            return false;
        }
        if (!word_take(session, command, name, texts[0], why, why_size))
            return false;
        texts++;
        count--;
    }
    if (count > 0)
        snprintf(why, why_size, "\"%s\" is one word too many (a text of several words needs quotes)", texts[0]);
    return count == 0;
}

/* The first required parameter that was not given, as an option; its key and document come by themselves. */
bool command_complete(const struct session *session, enum method_id method, char *why, size_t why_size)
{
    const struct param_spec *param = method == METHOD_COUNT ? NULL : method_spec(method)->params;

    for (; param != NULL && param->name != NULL; param++) {
        if (!param->required || param->type == PARAM_OBJECT ||
            json_object_get(session->params, param->name) != NULL)
            continue;
        char *name = memory_copy(param->name);
        for (char *at = name; (at = strchr(at, '_')) != NULL;)
            *at = '-';
        snprintf(why, why_size, "--%s is missing: %s%s%s%s", name, param->help, param->choices ? " (" : "",
                 param->choices ? param->choices : "", param->choices ? ")" : "");
        free(name);
        return false;
    }
    return true;
}

enum status command_run(struct session *session, const struct command *command, int argc, char **argv)
{
    char why[COMMAND_WHY_MAX] = "";
    struct options options;
    int words = argc;

    command_options(command, &options);
    bool good =
        options_parse(&options, argc, argv, false, session->params, session->values, &words, why, sizeof why);
    options_release(&options);
    if (good && session_value(session, "help") != NULL) {
        command_help(command, stdout);
        return STATUS_DONE;
    }
    good =
        good &&
        session_format(session, command->formats == NULL ? "table csv json" : command->formats, why, sizeof why) &&
        words_read(session, command, argc - words, argv + words, why, sizeof why);
    if (!good)
        return command_misused(command, why);
    if (command->run != NULL)
        return command->run(session, command);
    return command_ask(session, command);
}

/* Adds a key where the method writes and none was given. */
static bool key_add(struct session *session, enum method_id method)
{
    char key[CALL_KEY_MAX];

    if (method_spec(method)->access != METHOD_WRITES || json_object_get(session->params, "key") != NULL)
        return true;
    if (!call_key_new(key))
        return false;
    json_object_set_new(session->params, "key", json_string(key));
    return true;
}

/* Shows an error; with JSON wanted, its object goes to stdout too, where nothing of an answer stands. */
static void error_show(struct session *session, const struct reply *reply)
{
    if (session->render.format == RENDER_JSON && session->render.pages == 0) {
        json_t *object = json_pack("{s:O}", "error", reply->error);
        render_json(&session->render, object, false);
        json_decref(object);
    }
    refusal_print(reply->error);
    const char *key = json_string_value(json_object_get(session->params, "key"));
    if (reply->status == STATUS_AWAY && key != NULL)
        text_hint("to try again and be sure that it is done once only: --key %s", key);
}

enum status command_request(struct session *session, enum method_id method, json_t **result)
{
    const struct method_spec *spec = method_spec(method);
    char why[COMMAND_WHY_MAX];
    struct reply reply;

    *result = NULL;
    if (!key_add(session, method)) {
        text_complain("OpenSSL has no random numbers for a key");
        return STATUS_FAILED;
    }
    if (!method_params_check(spec, session->params, why, sizeof why)) {
        text_complain("%s", why);
        return STATUS_USAGE;
    }
    if (session_call(session) == NULL)
        return STATUS_USAGE;
    call_request(session->call, spec->name, session->params, &reply);
    enum status status = reply.status;
    if (reply.error != NULL)
        error_show(session, &reply);
    else
        *result = json_incref(reply.result);
    reply_release(&reply);
    return status;
}

void command_show(struct session *session, const struct command *command, const json_t *result)
{
    if (session->render.format == RENDER_JSON || command->render == NULL)
        render_json(&session->render, result, false);
    else
        command->render(&session->render, result);
}

enum status command_ask(struct session *session, const struct command *command)
{
    char why[COMMAND_WHY_MAX];
    json_t *result;

    if (!command_complete(session, command->method, why, sizeof why))
        return command_misused(command, why);
    enum status status = command_request(session, command->method, &result);
    if (status == STATUS_DONE)
        command_show(session, command, result);
    json_decref(result);
    return status;
}
