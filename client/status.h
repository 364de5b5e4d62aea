/* What the client exits with; entitle(1) tells it, common/error.def names it for each error. */
#ifndef CLIENT_STATUS_H
#define CLIENT_STATUS_H

enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_REFUSED = 3,   /* by the rules of entitlement */
    STATUS_FORBIDDEN = 4, /* not allowed, or not enrolled */
    STATUS_AWAY = 5,      /* unreachable, or: try again */
    STATUS_INTERRUPTED = 130,
};

#endif
