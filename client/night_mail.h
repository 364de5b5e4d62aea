/*
 * The mails of one night: each recipient's is claimed, sent and settled, so that nobody gets one twice, whatever is
 * killed and however many try (mail.claim, mail.settle; doc/architecture.md tells why that is so).
 */
#ifndef CLIENT_NIGHT_MAIL_H
#define CLIENT_NIGHT_MAIL_H

#include "client/call.h"
#include "client/mail_config.h"
#include <stdbool.h>
#include <stddef.h>

/* How it stands with the mails of a night; `later` are those that are not settled. */
struct night_tally {
    size_t sent, refused, unknown, gave_up, later;
    size_t nameless; /* partners whose email is none that a mail can be sent to */
};

struct night_mail;

/* Borrows both. NULL with a sentence. */
struct night_mail *night_mail_new(struct call *call, const struct mail_config *config, char *why, size_t why_size);
void night_mail_free(struct night_mail *mail);

/*
 * Sends the mails of a date: to the managers the program's page, to each partner of the report that has an email
 * its own. folder: that of all nights; the pages there are attached. step(data, done) is told how many recipients
 * were looked at. Complains of each mail that was not taken. On STATUS_DONE *tally is filled; else a sentence
 * stands in why. A mail server that is away is no error: what is not settled is `later`.
 */
enum status night_mail_send(struct night_mail *mail, const char *date, const char *folder,
                            void (*step)(void *data, size_t done), void *data, struct night_tally *tally, char *why,
                            size_t why_size);

#endif
