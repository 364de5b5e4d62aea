/* check: whether an incident would be logged, or a benefit is covered. */
#ifndef CLIENT_COMMAND_CHECK_H
#define CLIENT_COMMAND_CHECK_H

#include "client/command.h"

extern const struct command command_check;

/* Whether the words and options given ask for a benefit, not for an incident. */
bool check_is_of_benefit(const struct session *session);

/* Shows the answer of benefit.check. */
void check_benefit_render(struct render *render, const json_t *result);

#endif
