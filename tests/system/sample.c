/* Owns the making of parameters from the table of methods. */
#include "tests/system/sample.h"

#include "tests/system/world.h"
#include <stdio.h>
#include <string.h>

/* Texts and codes that must name something that is there. */
static const char *text_by_name(const char *name)
{
    static const char *const known[][2] = {{"benefit", "phone-consulting"},
                                           {"plan", "certified"},
                                           {"region", "us"},
                                           {"calendar", "us"},
                                           {"time_zone", "Europe/Lisbon"},
                                           {"email", "a@example.com"},
                                           {"to", "coordinator"},
                                           {"recipient", "a@example.com"}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i][0], name) == 0)
            return known[i][1];
    return "sample";
}

/* A fingerprint that nobody has. */
static json_t *fingerprint_new(void)
{
    static unsigned number;
    char text[TLS_FINGERPRINT_MAX];

    snprintf(text, sizeof text, "%064x", ++number);
    return json_string(text);
}

json_t *sample_value(const struct param_spec *param, const struct sample_names *names)
{
    switch (param->type) {
    case PARAM_PARTNER:
        return json_string(names->partner);
    case PARAM_INCIDENT:
        return json_string(names->incident);
    case PARAM_CONTRACT:
        return json_string(names->contract);
    case PARAM_ESCALATION:
        return json_string(names->escalation);
    case PARAM_CODE:
    case PARAM_TEXT:
        return json_string(text_by_name(param->name));
    case PARAM_CHOICE:
        return json_stringn(param->choices, strcspn(param->choices, "|"));
    case PARAM_BOOLEAN:
        return json_false();
    case PARAM_INTEGER:
        return json_integer(param->min);
    case PARAM_TIME:
        return json_string("2004-08-23T12:00:00Z");
    case PARAM_DATE:
        return json_string("2004-08-23");
    case PARAM_KEY:
        return json_string(world_key());
    case PARAM_MONEY:
        return json_string("1500.00 USD");
    case PARAM_FINGERPRINT:
        return fingerprint_new();
    case PARAM_OBJECT:
        break;
    }
    return json_object();
}

json_t *sample_params(const struct method_spec *method, const struct sample_names *names)
{
    json_t *params = json_object();

    for (const struct param_spec *param = method->params; param->name; param++)
        if (param->required)
            json_object_set_new(params, param->name, sample_value(param, names));
    if (method->access == METHOD_WRITES)
        json_object_set_new(params, "key", json_string(world_key()));
    return params;
}
