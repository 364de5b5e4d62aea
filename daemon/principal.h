/* Who is at the other end of a connection, as the database says (api.identify). */
#ifndef DAEMON_PRINCIPAL_H
#define DAEMON_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct principal {
    int64_t id;
    int64_t partner_id; /* 0 for the program's own */
    unsigned role;      /* one bit of enum role */
    char name[64];
    char partner[64]; /* code; "" for the program's own */
};

/* Reads the answer of api.identify (JSON text). False if it is not one. */
bool principal_read(const char *text, size_t length, struct principal *who);

#endif
