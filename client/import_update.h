/*
 * The later rows of a log: once its incidents are logged, each is led through its moves to where the log leaves it,
 * and where it then is is compared with that.
 */
#ifndef CLIENT_IMPORT_UPDATE_H
#define CLIENT_IMPORT_UPDATE_H

#include "client/import_map.h"
#include "client/import_steps.h"
#include "client/pipeline.h"
#include "client/render.h"
#include <jansson.h>
#include <stdbool.h>

struct import_update;

/* wish is borrowed. run: a name for keys of its own, or NULL. NULL with a sentence. */
struct import_update *import_update_new(const struct steps_wish *wish, const struct csv_row *header,
                                        const char *run, char *why, size_t why_size);
void import_update_free(struct import_update *update);

/* Takes a row of an id, the first one too. False with a sentence where it cannot be one. */
bool import_update_row(struct import_update *update, const struct import_map *map, const char *id,
                       const struct csv_row *row, char *why, size_t why_size);

/* Which incident an id is. Of ids that never were logged nothing is asked. */
void import_update_opened(struct import_update *update, const char *id, const char *incident);

/*
 * Asks for the moves, those of an incident one after the other, and at the end where each incident is. STATUS_DONE,
 * or what the connection came to with a sentence.
 */
enum status import_update_run(struct import_update *update, struct call *call, size_t window,
                              const volatile sig_atomic_t *stop, char *why, size_t why_size);

/* The summary as an object, owned by the caller: moves, states, mismatches. */
json_t *import_update_summary(const struct import_update *update);

/* Shows the summary as tables; names on stderr what did not come to what the log says. */
void import_update_show(const json_t *summary, struct render *render);

#endif
