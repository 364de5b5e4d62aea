/* Owns the form in which the database names a principal. */
#include "daemon/principal.h"

#include "common/methods.h"
#include <jansson.h>
#include <stdio.h>

bool principal_read(const char *text, size_t length, struct principal *who)
{
    json_t *answer = json_loadb(text, length, 0, NULL);
    json_int_t id, partner_id;
    const char *name, *role, *partner;
    bool read = answer && json_unpack(answer, "{s:I, s:s, s:s, s:I, s:s}", "id", &id, "name", &name, "role", &role,
                                      "partner_id", &partner_id, "partner", &partner) == 0;

    if (read) {
        who->id = id;
        who->partner_id = partner_id;
        who->role = role_find(role);
        snprintf(who->name, sizeof who->name, "%s", name);
        snprintf(who->partner, sizeof who->partner, "%s", partner);
    }
    json_decref(answer);
    return read;
}
