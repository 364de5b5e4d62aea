/* What an incident took, as a person reads it. */
#ifndef CLIENT_CHARGE_H
#define CLIENT_CHARGE_H

#include "client/render.h"

/* "free-incidents of CON-000001, incident 3 of 5, 2 left" of the protocol's charge, for free(); "nothing" of NULL.
 */
char *charge_text(const json_t *charge);

/* Writes "<name>  <verb>: <charge>" of a result with a charge. */
void charge_render(struct render *render, const char *name, const char *verb, const json_t *result);

#endif
