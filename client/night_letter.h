/* The letter that a page of the report goes out as: the day's new alerts first, the page as text and HTML,
 * attachments. */
#ifndef CLIENT_NIGHT_LETTER_H
#define CLIENT_NIGHT_LETTER_H

#include "client/mail_message.h"
#include "client/report_page.h"
#include <jansson.h>

struct night_letter {
    struct mail
        mail; /* what it borrows is below, but for the addresses and the Message-ID, which are the caller's */
    char *from_name, *to_name, *subject, *text, *html, *page, *page_name;
    struct mail_part *images, *attachments;
    struct report_mail parts;
};

/*
 * Makes the letter of a page. file: where the page stands as one HTML file, which is attached; NULL, or not there:
 * it is made anew. alerts: rows of report.usage (borrowed), told first and in the subject; NULL: none. Sets all of
 * letter->mail but from, to and message_id. Never fails; for night_letter_release().
 */
void night_letter_make(struct night_letter *letter, const struct report_page *page, struct report_drawer *drawer,
                       const char *file, const json_t *alerts);

void night_letter_release(struct night_letter *letter);

#endif
