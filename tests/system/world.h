/*
 * What the tests work on: the shipped catalogue and calendars (loaded through the real client), the
 * principals, two partners that stay (contoso and fabrikam), and as many others as tests make.
 */
#ifndef TESTS_SYSTEM_WORLD_H
#define TESTS_SYSTEM_WORLD_H

#include "tests/system/peer.h"
#include "tests/system/server.h"
#include <stdbool.h>

#define WORLD_NAME_MAX 64

/* The daemon that most suites speak to (two workers, two write lanes); started with the world. */
struct server *world_server(void);

/* Starts it and fills the database. False: it was said why. */
bool world_start(void);
void world_stop(void);

/* A key that was not used before; good until eight more calls. */
const char *world_key(void);

/* Makes a partner of a new code, which is put into partner (WORLD_NAME_MAX bytes). */
bool world_partner(struct peer *admin, char *partner);

/* Makes a partner's contract and puts it into force; its name in contract, NULL allowed. quantities: JSON or NULL.
 */
bool world_contract(struct peer *admin, const char *partner, const char *plan, const char *quantities,
                    char *contract);

/* A new partner with five incidents of class professional (Certified). */
bool world_certified(struct peer *admin, char *partner);

/* A new partner with so many incidents of class professional or priority (MSPA Plus). */
bool world_with_units(struct peer *admin, char *partner, int units);

/* The parameters of incident.open, for peer_ask_json(); the title has SERVER_SECRET. */
json_t *world_open_params(const char *partner, const char *class, const char *key);

/* Opens an incident of class professional; "ok" or the reason. incident: its name, NULL allowed. */
const char *world_open(struct peer *peer, const char *partner, char *incident);

/* Escalates an incident of a partner that has an access to do so; the escalation's name in escalation. */
bool world_escalate(struct peer *peer, const char *incident, char *escalation);

/*
 * Checks, by SQL, that of every pool the counters are what the ledger says, and that its entries have the
 * numbers 1, 2, 3 …; of one partner, or of all where partner is NULL.
 */
void world_check_ledger(const char *partner);

/* Units that a partner's pools have used, by the ledger. */
long long world_charged(const char *partner);

#endif
