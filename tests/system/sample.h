/* Parameters for any method, made from its row in methods.def; so that a new method is tried without being told. */
#ifndef TESTS_SYSTEM_SAMPLE_H
#define TESTS_SYSTEM_SAMPLE_H

#include "common/methods.h"
#include <jansson.h>

/* What objects the parameters name. */
struct sample_names {
    const char *partner, *incident, *contract, *escalation;
};

/* All that the method requires, and a new key where it writes; for json_decref(). */
json_t *sample_params(const struct method_spec *method, const struct sample_names *names);

/* A value that fits one parameter. */
json_t *sample_value(const struct param_spec *param, const struct sample_names *names);

#endif
