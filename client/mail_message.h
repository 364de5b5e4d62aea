/* One message of the mailer: its headers, and its parts as libcurl's MIME tree. */
#ifndef CLIENT_MAIL_MESSAGE_H
#define CLIENT_MAIL_MESSAGE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* A picture (name: its content ID) or an attachment (name: its file name, ASCII). */
struct mail_part {
    const char *name, *type;
    const char *bytes;
    size_t length;
};

/* All borrowed; texts are UTF-8 with LF. */
struct mail {
    const char *from, *from_name; /* addresses are mail_address_good() */
    const char *to, *to_name;     /* names may be NULL */
    const char *subject;
    const char *message_id; /* with its brackets */
    time_t date;
    const char *text, *html;
    const struct mail_part *images, *attachments;
    size_t image_count, attachment_count; /* of attachments at least one: the last is read as it is sent */
};

/*
 * A value for a header, for free(): printable ASCII as it is; all else, and what could be taken for something else,
 * in encoded words of RFC 2047. Control characters become blanks. phrase: a display name, which is encoded unless
 * it is of letters, digits and blanks.
 */
char *mail_header_text(const char *text, bool phrase);

/* The headers, for curl_slist_free_all(). */
struct curl_slist *mail_headers(const struct mail *mail);

/*
 * multipart/mixed [related [alternative [text, HTML], pictures], attachments], for curl_mime_free(). The bytes of
 * the last attachment, in order and once, come from read(…, data), which is in the way of curl_mime_data_cb().
 */
curl_mime *mail_body(CURL *curl, const struct mail *mail, curl_read_callback read, void *data);

#endif
