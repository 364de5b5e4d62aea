/* How an incident is shown: its facts, clocks, escalations, moves and timeline. */
#ifndef CLIENT_INCIDENT_VIEW_H
#define CLIENT_INCIDENT_VIEW_H

#include "client/render.h"
#include <jansson.h>

/*
 * A result of incident.show, or the incident in the result of a method that changes one. CSV: its facts, or of one
 * that is explained the stretches.
 */
void incident_view_render(struct render *render, const json_t *incident);

#endif
