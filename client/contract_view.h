/* A contract as a person reads it. */
#ifndef CLIENT_CONTRACT_VIEW_H
#define CLIENT_CONTRACT_VIEW_H

#include "client/render.h"

/* Shows {"contract": {…, grants, accesses}}: what is known of it, its pools, its accesses. CSV: the contract. */
void contract_render(struct render *render, const json_t *result);

/* "network-support (24x7), concierge" of an array of codes or of objects with `benefit`, for free(). */
char *contract_accesses_text(const json_t *accesses);

/* "3 of free-incidents, 40 of phone-consulting" of an array of pools with so many units in `member`, for free(). */
char *contract_units_text(const json_t *pools, const char *member);

#endif
