/* SMTP by libcurl, and what each of its ends means for the message. */
#include "client/mailer.h"
#include "client/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_S 30
#define VERB_MAX 5 /* "MAIL", "RCPT", "DATA" … and NUL */

struct mailer {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
    char line[MAILER_DETAIL_MAX]; /* the server's last */
    char verb[VERB_MAX];          /* our last command; but QUIT, after which nothing counts */
    bool quitting;
};

/* The message on its way out. */
struct handover {
    const struct mail_part *part;
    size_t sent;
    bool (*handing)(void *data);
    void *data;
    bool asked, agreed;
};

/* Gives the last attachment, and asks before its last bytes. */
static size_t handover_read(char *buffer, size_t size, size_t count, void *argument)
{
    struct handover *handover = argument;
    size_t room = size * count, left = handover->part->length - handover->sent;
    size_t length = left < room ? left : room;

    if (length == left && !handover->asked) {
        handover->asked = true;
        handover->agreed = handover->handing(handover->data);
    }
    if (handover->asked && !handover->agreed)
        return CURL_READFUNC_ABORT;
    memcpy(buffer, handover->part->bytes + handover->sent, length);
    handover->sent += length;
    return length;
}

/* A line of the server's. */
static size_t line_take(char *bytes, size_t size, size_t count, void *argument)
{
    struct mailer *mailer = argument;
    size_t length = size * count < sizeof mailer->line ? size * count : sizeof mailer->line - 1;

    if (mailer->quitting)
        return size * count;
    memcpy(mailer->line, bytes, length);
    while (length > 0 && (mailer->line[length - 1] == '\n' || mailer->line[length - 1] == '\r'))
        length--;
    mailer->line[length] = '\0';
    for (char *at = mailer->line; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return size * count;
}

/* Notes the verb of each command that goes out; nothing else, for a password goes this way too. */
static int verb_note(CURL *curl, curl_infotype type, char *bytes, size_t length, void *argument)
{
    struct mailer *mailer = argument;

    (void)curl;
    if (type != CURLINFO_HEADER_OUT || length < VERB_MAX - 1)
        return 0;
    mailer->quitting = strncmp(bytes, "QUIT", 4) == 0;
    if (!mailer->quitting)
        snprintf(mailer->verb, sizeof mailer->verb, "%.4s", bytes);
    return 0;
}

/* smtp://HOST:PORT; for free(). */
static char *server_url(const struct mail_config *config)
{
    bool colons = strchr(config->server, ':') != NULL;

    return memory_format("%s://%s%s%s:%d", config->tls == MAIL_TLS_IMPLICIT ? "smtps" : "smtp", colons ? "[" : "",
                         config->server, colons ? "]" : "", config->port);
}

struct mailer *mailer_new(const struct mail_config *config, char *why, size_t why_size)
{
    struct mailer *mailer = memory_new(1, sizeof *mailer);
    char *url = server_url(config);
    CURL *curl;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (curl = mailer->curl = curl_easy_init()) == NULL) {
        snprintf(why, why_size, "libcurl cannot be used");
        free(url);
        free(mailer);
        return NULL;
    }
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);
    free(url);
    code += curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    code += curl_easy_setopt(curl, CURLOPT_PROXY, "");
    code += curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    code += curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    code += curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)config->timeout_s);
    code += curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)config->timeout_s);
    code += curl_easy_setopt(curl, CURLOPT_USE_SSL,
                             (long)(config->tls == MAIL_TLS_NONE ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    code += curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    code += curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    code += curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (config->ca != NULL) {
        code += curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca);
        code += curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (config->user != NULL) {
        code += curl_easy_setopt(curl, CURLOPT_USERNAME, config->user);
        code += curl_easy_setopt(curl, CURLOPT_PASSWORD, config->password);
    }
    code += curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, mailer->error);
    code += curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, line_take);
    code += curl_easy_setopt(curl, CURLOPT_HEADERDATA, mailer);
    code += curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, verb_note);
    code += curl_easy_setopt(curl, CURLOPT_DEBUGDATA, mailer);
    code += curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    if (code == CURLE_OK)
        return mailer;
    snprintf(why, why_size, "this libcurl cannot send mail with TLS");
    mailer_free(mailer);
    return NULL;
}

void mailer_free(struct mailer *mailer)
{
    if (mailer == NULL)
        return;
    curl_easy_cleanup(mailer->curl);
    curl_global_cleanup();
    free(mailer);
}

/* Runs what is set. The server's code that came last in *code; what was said in detail. */
static CURLcode mailer_perform(struct mailer *mailer, long *code, char *detail)
{
    mailer->error[0] = mailer->line[0] = mailer->verb[0] = '\0';
    mailer->quitting = false;
    CURLcode result = curl_easy_perform(mailer->curl);

    *code = 0;
    curl_easy_getinfo(mailer->curl, CURLINFO_RESPONSE_CODE, code);
    bool said = *code >= 400 || (result == CURLE_OK && mailer->line[0] != '\0');
    const char *trouble = mailer->error[0] != '\0' ? mailer->error : curl_easy_strerror(result);
    snprintf(detail, MAILER_DETAIL_MAX, "%s", said ? mailer->line : trouble);
    for (char *at = detail; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return result;
}

bool mailer_open(struct mailer *mailer, char *why, size_t why_size)
{
    char detail[MAILER_DETAIL_MAX];
    long code;

    curl_easy_setopt(mailer->curl, CURLOPT_CUSTOMREQUEST, "NOOP");
    curl_easy_setopt(mailer->curl, CURLOPT_NOBODY, 1L);
    CURLcode result = mailer_perform(mailer, &code, detail);
    curl_easy_setopt(mailer->curl, CURLOPT_NOBODY, 0L);
    curl_easy_setopt(mailer->curl, CURLOPT_CUSTOMREQUEST, NULL);
    if (result != CURLE_OK)
        snprintf(why, why_size, "%s", detail);
    return result == CURLE_OK;
}

/* What the end of a transfer means. */
static enum mailer_outcome outcome_of(const struct mailer *mailer, const struct handover *handover, CURLcode result,
                                      long code)
{
    if (handover->asked && !handover->agreed)
        return MAILER_HELD;
    if (handover->asked) {
        if (result == CURLE_OK)
            return MAILER_SENT;
        return code >= 500 ? MAILER_REFUSED : code >= 400 ? MAILER_DEFERRED : MAILER_UNKNOWN;
    }
    bool mail = strcmp(mailer->verb, "MAIL") == 0;
    bool message = strcmp(mailer->verb, "RCPT") == 0 || strcmp(mailer->verb, "DATA") == 0;
    /* MAIL is refused for the sender's sake, which concerns all; but 552 says that this one is too large. */
    if ((message && code >= 500) || (mail && code == 552))
        return MAILER_REFUSED;
    return message ? MAILER_DEFERRED : MAILER_AWAY;
}

enum mailer_outcome mailer_send(struct mailer *mailer, const struct mail *mail, bool (*handing)(void *data),
                                void *data, char *detail)
{
    struct handover handover = {
        .part = &mail->attachments[mail->attachment_count - 1], .handing = handing, .data = data};
    struct curl_slist *headers = mail_headers(mail);
    struct curl_slist *recipients = curl_slist_append(NULL, mail->to);
    curl_mime *body = mail_body(mailer->curl, mail, handover_read, &handover);
    long code;

    curl_easy_setopt(mailer->curl, CURLOPT_MAIL_FROM, mail->from);
    curl_easy_setopt(mailer->curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(mailer->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(mailer->curl, CURLOPT_MIMEPOST, body);
    CURLcode result = mailer_perform(mailer, &code, detail);
    curl_easy_setopt(mailer->curl, CURLOPT_MIMEPOST, NULL);
    curl_easy_setopt(mailer->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(mailer->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_mime_free(body);
    curl_slist_free_all(recipients);
    curl_slist_free_all(headers);
    return outcome_of(mailer, &handover, result, code);
}
