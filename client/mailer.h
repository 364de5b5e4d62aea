/*
 * Hands messages over to a mail server, one after the other over one connection where the server lets it live.
 * Whoever sends is told right before a message can become the server's, so that no message is ever handed over
 * without that being known.
 */
#ifndef CLIENT_MAILER_H
#define CLIENT_MAILER_H

#include "client/mail_config.h"
#include "client/mail_message.h"
#include <stdbool.h>
#include <stddef.h>

#define MAILER_DETAIL_MAX 400

enum mailer_outcome {
    MAILER_SENT,     /* the server has taken it on */
    MAILER_DEFERRED, /* it was not handed over, or the server says: later */
    MAILER_REFUSED,  /* the server says: never, of this message or its recipient */
    MAILER_UNKNOWN,  /* it was handed over, and the server's answer did not come */
    MAILER_HELD,     /* handing() said no: it was not handed over */
    MAILER_AWAY, /* it was not handed over, and so it would be with any other: the server is away or wants us not */
};

struct mailer;

/* config stays the caller's and must outlive it. NULL with a sentence where libcurl cannot do what is needed. */
struct mailer *mailer_new(const struct mail_config *config, char *why, size_t why_size);
void mailer_free(struct mailer *mailer);

/* Connects, with TLS and sign-in as configured, and hears that the server listens. False with a sentence. */
bool mailer_open(struct mailer *mailer, char *why, size_t why_size);

/*
 * Sends one message. handing(data) is called once, right before its last bytes go out; what it answers with false
 * is not handed over. What the server said last, or what was wrong, in detail (MAILER_DETAIL_MAX bytes, printable
 * ASCII).
 */
enum mailer_outcome mailer_send(struct mailer *mailer, const struct mail *mail, bool (*handing)(void *data),
                                void *data, char *detail);

#endif
