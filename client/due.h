/* How long there is until a deadline, in words for a person. */
#ifndef CLIENT_DUE_H
#define CLIENT_DUE_H

#include <stdbool.h>

/*
 * "45m", "2h 05m", "3d 4h" until the time (RFC 3339), or "2h 05m over" after it; for free(). NULL if text is no
 * time. *over, unless NULL: it has passed.
 */
char *due_text(const char *text, bool *over);

#endif
