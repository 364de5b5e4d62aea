/* Headers that nothing typed by a person can get out of, and the MIME tree. */
#include "client/mail_message.h"
#include "client/memory.h"
#include "client/text.h"
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An encoded word has at most 75 characters, 12 of them around its base64; no character is cut in two. */
#define WORD_BYTES_MAX 45
#define WORD_SIZE 80
#define PLAIN_BYTES_MAX 60

/* True if it can stand in a header as it is. */
static bool text_plain(const char *text, bool phrase)
{
    static const char harmless[] = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(text);

    if (length > PLAIN_BYTES_MAX || strstr(text, "=?") != NULL || text[0] == ' ' || text[length] == ' ')
        return false;
    if (phrase)
        return length > 0 && strspn(text, harmless) == length;
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

char *mail_header_text(const char *text, bool phrase)
{
    char *clean = memory_copy(text), *value, *to;

    for (char *at = clean; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    if (text_plain(clean, phrase))
        return clean;
    /* Each word takes at least WORD_BYTES_MAX - 3 bytes, but the last. */
    value = to = memory_new(strlen(clean) / (WORD_BYTES_MAX - 3) + 2, WORD_SIZE);
    for (const char *at = clean; *at != '\0';) {
        size_t bytes = 0;
        unsigned point, length;
        while (at[bytes] != '\0') {
            length = text_character(at + bytes, &point);
            length = length == 0 ? 1 : length;
            if (bytes + length > WORD_BYTES_MAX)
                break;
            bytes += length;
        }
        to += sprintf(to, "%s=?UTF-8?B?", to == value ? "" : "\r\n ");
        to += EVP_EncodeBlock((unsigned char *)to, (const unsigned char *)at, (int)bytes);
        to += sprintf(to, "?=");
        at += bytes;
    }
    free(clean);
    return value;
}

/* Adds a header of printf's making. */
__attribute__((format(printf, 2, 3))) static struct curl_slist *header_add(struct curl_slist *headers,
                                                                           const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *line = memory_format_list(format, list);
    va_end(list);
    struct curl_slist *longer = curl_slist_append(headers, line);
    free(line);
    if (longer == NULL)
        abort();
    return longer;
}

/* "From: NAME <ADDRESS>" */
static struct curl_slist *party_add(struct curl_slist *headers, const char *header, const char *name,
                                    const char *address)
{
    char *phrase = name == NULL || name[0] == '\0' ? NULL : mail_header_text(name, true);

    if (phrase == NULL)
        headers = header_add(headers, "%s: <%s>", header, address);
    else
        headers = header_add(headers, "%s: %s%s<%s>", header, phrase, strlen(phrase) > 60 ? "\r\n " : " ", address);
    free(phrase);
    return headers;
}

/* RFC 5322's date, in English whatever the locale. */
static struct curl_slist *date_add(struct curl_slist *headers, time_t date)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm utc;

    gmtime_r(&date, &utc);
    return header_add(headers, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000", days[utc.tm_wday], utc.tm_mday,
                      months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

struct curl_slist *mail_headers(const struct mail *mail)
{
    char *subject = mail_header_text(mail->subject, false), *id = mail_header_text(mail->message_id, false);
    struct curl_slist *headers = date_add(NULL, mail->date);

    headers = party_add(headers, "From", mail->from_name, mail->from);
    headers = party_add(headers, "To", mail->to_name, mail->to);
    headers = header_add(headers, "Subject: %s", subject);
    headers = header_add(headers, "Message-ID: %s", id);
    headers = header_add(headers, "Auto-Submitted: auto-generated");
    free(id);
    free(subject);
    return headers;
}

/* The text with CRLF at the end of each line, as MIME wants it; for free(). */
static char *lines_canonical(const char *text, size_t *length)
{
    size_t lines = 0;

    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    char *canonical = memory_new(strlen(text) + lines + 1, 1), *to = canonical;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\n' && (at == text || at[-1] != '\r'))
            *to++ = '\r';
        *to++ = *at;
    }
    *length = (size_t)(to - canonical);
    return canonical;
}

static void part_text(curl_mimepart *part, const char *text, const char *type)
{
    size_t length;
    char *canonical = lines_canonical(text, &length);

    curl_mime_data(part, canonical, length);
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
    free(canonical);
}

static void part_image(curl_mimepart *part, const struct mail_part *image)
{
    struct curl_slist *headers = header_add(NULL, "Content-ID: <%s>", image->name);

    headers = header_add(headers, "Content-Disposition: inline");
    curl_mime_data(part, image->bytes, image->length);
    curl_mime_type(part, image->type);
    curl_mime_encoder(part, "base64");
    curl_mime_headers(part, headers, 1);
}

/* Puts a multipart into a part. */
static void part_nest(curl_mimepart *part, curl_mime *inner, const char *type)
{
    curl_mime_subparts(part, inner);
    curl_mime_type(part, type);
}

curl_mime *mail_body(CURL *curl, const struct mail *mail, curl_read_callback read, void *data)
{
    curl_mime *mixed = curl_mime_init(curl), *related = curl_mime_init(curl), *either = curl_mime_init(curl);

    part_text(curl_mime_addpart(either), mail->text, "text/plain; charset=utf-8");
    part_text(curl_mime_addpart(either), mail->html, "text/html; charset=utf-8");
    part_nest(curl_mime_addpart(related), either, "multipart/alternative");
    for (size_t i = 0; i < mail->image_count; i++)
        part_image(curl_mime_addpart(related), &mail->images[i]);
    part_nest(curl_mime_addpart(mixed), related, "multipart/related; type=\"multipart/alternative\"");
    for (size_t i = 0; i < mail->attachment_count; i++) {
        const struct mail_part *from = &mail->attachments[i];
        curl_mimepart *part = curl_mime_addpart(mixed);
        if (i + 1 < mail->attachment_count)
            curl_mime_data(part, from->bytes, from->length);
        else
            curl_mime_data_cb(part, (curl_off_t)from->length, read, NULL, NULL, data);
        curl_mime_filename(part, from->name);
        curl_mime_type(part, from->type);
        curl_mime_encoder(part, "base64");
    }
    return mixed;
}
