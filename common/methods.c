/*
 * Owns the table that methods.def declares, and the one check of parameters against it.  Types are
 * functions in an array, so that a new type is a row here and a word in methods.h.
 */
#include "common/methods.h"

#include "common/clock.h"
#include "common/suggest.h"
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define P ROLE_PARTNER
#define C ROLE_COORDINATOR
#define M ROLE_MANAGER
#define R ROLE_REPORTER
#define A ROLE_ADMIN
#define READS METHOD_READS, false, false
#define READS_SLOW METHOD_READS, false, true
#define WRITES METHOD_WRITES, false, false
#define WRITES_BATCHED METHOD_WRITES, true, false
#define WRITES_SLOW METHOD_WRITES, false, true
#define DAEMON METHOD_DAEMON, false, false
#define REQUIRED true
#define OPTIONAL false
#define NO_PARAMS
#define PARAM(name, type, need, min, max, choices, help) {name, PARAM_##type, need, min, max, choices, help},

/* Of each step of an incident that somebody may enter later than it happened. */
#define HAPPENED_AT_PARAM                                                                                          \
    PARAM("at", TIME, OPTIONAL, 0, 0, NULL,                                                                        \
          "when it happened, where that was before now; not before the step before it")

/* incident.open and incident.check take the same, so that they decide the same. */
#define INCIDENT_OPEN_PARAMS                                                                                       \
    PARAM("partner", PARTNER, REQUIRED, 0, 0, NULL, "the partner it is logged against")                            \
    PARAM("class", CHOICE, REQUIRED, 0, 0, "professional|priority|critical|advisory",                              \
          "the kind of support asked for")                                                                         \
    PARAM("severity", CHOICE, REQUIRED, 0, 0, "A|B|C", "A: business stands still, B: impaired, C: the rest")       \
    PARAM("title", TEXT, REQUIRED, 1, 200, NULL, "the problem in a line")                                          \
    PARAM("description", TEXT, OPTIONAL, 1, 16384, NULL, "the problem at length")                                  \
    PARAM("contact", TEXT, OPTIONAL, 1, 200, NULL, "who reported it")                                              \
    PARAM("product", TEXT, OPTIONAL, 1, 200, NULL, "the product concerned")                                        \
    PARAM("channel", CHOICE, OPTIONAL, 0, 0, "phone|online|newsgroup|email", "how it was reported")                \
    PARAM("outage", CHOICE, OPTIONAL, 0, 0, "network|server", "what is down; class critical needs it")             \
    PARAM("override_reason", TEXT, OPTIONAL, 1, 500, NULL,                                                         \
          "log it though nothing is left, and why; managers and administrators only")                              \
    PARAM("opened_at", TIME, OPTIONAL, 0, 0, NULL,                                                                 \
          "when it was reported, for what was logged elsewhere; the terms in force then are charged")              \
    PARAM("delivered_by", PARTNER, OPTIONAL, 0, 0, NULL,                                                           \
          "the partner who delivers the support: charged to a contract that names it")

#define METHOD(id, name, access, roles, route, summary, params)                                                    \
    static const struct param_spec params_##id[] = {params{NULL, PARAM_CODE, false, 0, 0, NULL, NULL}};
#include "common/methods.def"
#undef METHOD

static const struct method_spec specs[] = {
#define METHOD(id, name, access, roles, route, summary, params) {name, access, roles, route, summary, params_##id},
#include "common/methods.def"
#undef METHOD
};

#undef P
#undef C
#undef M
#undef R
#undef A

static const struct param_spec key_param = {
    "key", PARAM_KEY, true, 1, 64, NULL, "unique for this change; the same key again gives the same answer"};

static const struct {
    const char *name;
    unsigned role;
} roles[] = {{"partner", ROLE_PARTNER},
             {"coordinator", ROLE_COORDINATOR},
             {"manager", ROLE_MANAGER},
             {"reporter", ROLE_REPORTER},
             {"admin", ROLE_ADMIN}};

const struct method_spec *method_spec(enum method_id id)
{
    return &specs[id];
}

enum method_id method_find(const char *name, size_t length)
{
    size_t low = 0, high = METHOD_COUNT;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncmp(name, specs[middle].name, length);

        if (order == 0 && specs[middle].name[length])
            order = -1;
        if (order == 0)
            return (enum method_id)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return METHOD_COUNT;
}

const char *method_suggest(const char *name)
{
    const char *names[METHOD_COUNT];

    for (size_t i = 0; i < METHOD_COUNT; i++)
        names[i] = specs[i].name;
    return suggest_nearest(name, names, METHOD_COUNT);
}

const struct param_spec *method_param(const struct method_spec *spec, const char *name)
{
    for (const struct param_spec *param = spec->params; param->name; param++)
        if (strcmp(param->name, name) == 0)
            return param;
    return spec->access == METHOD_WRITES && strcmp(name, key_param.name) == 0 ? &key_param : NULL;
}

const char *role_name(unsigned role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (roles[i].role == role)
            return roles[i].name;
    return NULL;
}

unsigned role_find(const char *name)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, name) == 0)
            return roles[i].role;
    return 0;
}

/* ---- one check a type: true if the value is of it; else what it must be, after "must be " ---- */

static bool is_code(const char *text)
{
    size_t length = strlen(text);

    if (length < 1 || length > 63 || text[0] == '-')
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool check_code(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    (void)param;
    snprintf(must, size, "a code: up to 63 of a-z, 0-9 and '-', not beginning with '-'");
    return json_is_string(value) && is_code(json_string_value(value));
}

static bool is_numbered(const json_t *value, const char *prefix)
{
    const char *text = json_string_value(value);
    size_t length = strlen(prefix), digits;

    if (!text || strncmp(text, prefix, length) != 0)
        return false;
    digits = strspn(text + length, "0123456789");
    return digits >= 6 && digits <= 18 && text[length + digits] == '\0';
}

static bool check_incident(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    (void)param;
    snprintf(must, size, "an incident's name, such as INC-000123");
    return is_numbered(value, "INC-");
}

static bool check_contract(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    (void)param;
    snprintf(must, size, "a contract's name, such as CON-000123");
    return is_numbered(value, "CON-");
}

static bool check_escalation(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    (void)param;
    snprintf(must, size, "an escalation's name, such as ESC-000123");
    return is_numbered(value, "ESC-");
}

/* Characters of valid UTF-8 (jansson's strings are), or -1 at a control character. */
static long text_characters(const char *text)
{
    long count = 0;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f)
            return -1;
        count += (byte & 0xc0) != 0x80;
    }
    return count;
}

static bool check_text(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    long count;

    snprintf(must, size, "a text of %ld to %ld characters, without control characters", param->min, param->max);
    if (!json_is_string(value))
        return false;
    count = text_characters(json_string_value(value));
    return count >= param->min && count <= param->max;
}

static bool check_choice(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    const char *text = json_string_value(value), *word = param->choices;
    size_t length = text ? strlen(text) : 0;

    snprintf(must, size, "one of %s", param->choices);
    while (text && word) {
        size_t word_length = strcspn(word, "|");

        if (word_length == length && strncmp(word, text, length) == 0)
            return true;
        word = word[word_length] ? word + word_length + 1 : NULL;
    }
    return false;
}

static bool check_boolean(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    (void)param;
    snprintf(must, size, "true or false");
    return json_is_boolean(value);
}

static bool check_integer(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    snprintf(must, size, "a whole number from %ld to %ld", param->min, param->max);
    return json_is_integer(value) && json_integer_value(value) >= param->min &&
           json_integer_value(value) <= param->max;
}

static bool check_time(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    int64_t ignored;

    (void)param;
    snprintf(must, size, "a time with an offset, such as 2004-08-23T12:00:00Z");
    return json_is_string(value) && clock_parse(json_string_value(value), &ignored);
}

static bool check_date(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    (void)param;
    snprintf(must, size, "a day that exists, as YYYY-MM-DD");
    return json_is_string(value) && clock_parse_date(json_string_value(value));
}

static bool check_key(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    const char *text = json_string_value(value);
    long count = 0;

    snprintf(must, size, "%ld to %ld printable ASCII characters", param->min, param->max);
    for (; text && text[count]; count++)
        if (text[count] < ' ' || text[count] > '~')
            return false;
    return count >= param->min && count <= param->max;
}

static bool check_money(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    const char *text = json_string_value(value);
    size_t digits;

    (void)param;
    snprintf(must, size, "an amount with two decimals and a currency, such as \"1500.00 USD\"");
    if (!text)
        return false;
    digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 10)
        return false;
    text += digits;
    return text[0] == '.' && isdigit((unsigned char)text[1]) && isdigit((unsigned char)text[2]) && text[3] == ' ' &&
           strspn(text + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3 && text[7] == '\0';
}

static bool check_fingerprint(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    const char *text = json_string_value(value);

    (void)param;
    snprintf(must, size, "a SHA-256 fingerprint: 64 hexadecimal digits");
    return text && strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

static bool check_object(const struct param_spec *param, const json_t *value, char *must, size_t size)
{
    (void)param;
    snprintf(must, size, "an object");
    return json_is_object(value);
}

typedef bool check_fn(const struct param_spec *param, const json_t *value, char *must, size_t size);

static check_fn *const checks[] = {
    [PARAM_CODE] = check_code,
    [PARAM_PARTNER] = check_code,
    [PARAM_INCIDENT] = check_incident,
    [PARAM_CONTRACT] = check_contract,
    [PARAM_ESCALATION] = check_escalation,
    [PARAM_TEXT] = check_text,
    [PARAM_CHOICE] = check_choice,
    [PARAM_BOOLEAN] = check_boolean,
    [PARAM_INTEGER] = check_integer,
    [PARAM_TIME] = check_time,
    [PARAM_DATE] = check_date,
    [PARAM_KEY] = check_key,
    [PARAM_MONEY] = check_money,
    [PARAM_FINGERPRINT] = check_fingerprint,
    [PARAM_OBJECT] = check_object,
};

bool param_value_check(const struct param_spec *param, const json_t *value, char *why, size_t why_size)
{
    char must[160];

    if (checks[param->type](param, value, must, sizeof must))
        return true;
    snprintf(why, why_size, "parameter `%s` must be %s", param->name, must);
    return false;
}

bool method_params_check(const struct method_spec *spec, const json_t *params, char *why, size_t why_size)
{
    const struct param_spec *param = spec->params;
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)params, name, value)
    {
        param = method_param(spec, name);
        if (!param) {
            snprintf(why, why_size, "%s has no parameter `%.64s`", spec->name, name);
            return false;
        }
        if (!param_value_check(param, value, why, why_size))
            return false;
    }
    param = spec->access == METHOD_WRITES ? &key_param : spec->params;
    while (param->name) {
        if (param->required && !json_object_get(params, param->name)) {
            snprintf(why, why_size, "%s needs the parameter `%s`: %s", spec->name, param->name, param->help);
            return false;
        }
        param = param == &key_param ? spec->params : param + 1;
    }
    return true;
}
