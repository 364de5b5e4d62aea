/* Claims, composes, sends, settles; one recipient after the other. */
#include "client/night_mail.h"
#include "client/mailer.h"
#include "client/memory.h"
#include "client/night_letter.h"
#include "client/report_page.h"
#include "client/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 500
#define SETTLE_TRIES 8

struct night_mail {
    struct call *call;
    const struct mail_config *config;
    struct mailer *mailer;
    struct report_drawer *drawer;
    bool open, away; /* of the mail server: it listens; it does not, and is not asked again */
    /* Of the night in hand. */
    const char *date, *folder;
    struct night_tally *tally;
    json_t *settled; /* names of recipients whose mail is settled; values are true */
    size_t done;
    void (*step)(void *data, size_t done);
    void *data;
    char *why;
    size_t why_size;
};

/* A mail that is ours to send. */
struct claim {
    struct night_mail *mail;
    json_int_t number, attempt;
    const char *message_id;
    const char *partner, *address; /* partner NULL: the program's report */
    bool handed;                   /* `handing` is recorded */
};

struct night_mail *night_mail_new(struct call *call, const struct mail_config *config, char *why, size_t why_size)
{
    struct mailer *mailer = mailer_new(config, why, why_size);

    if (mailer == NULL)
        return NULL;
    struct night_mail *mail = memory_new(1, sizeof *mail);
    *mail = (struct night_mail){.call = call, .config = config, .mailer = mailer, .drawer = report_drawer_new()};
    return mail;
}

void night_mail_free(struct night_mail *mail)
{
    if (mail == NULL)
        return;
    mailer_free(mail->mailer);
    report_drawer_free(mail->drawer);
    free(mail);
}

/* Asks; params are taken over. The result is the caller's; on an error its message is in why. */
static enum status ask(struct night_mail *mail, const char *method, json_t *params, json_t **result)
{
    struct reply reply;

    call_request(mail->call, method, params, &reply);
    json_decref(params);
    enum status status = reply.status;
    const char *message = json_string_value(json_object_get(reply.error, "message"));
    if (status != STATUS_DONE)
        snprintf(mail->why, mail->why_size, "%s: %s", method, message == NULL ? "an error" : message);
    *result = json_incref(reply.result);
    reply_release(&reply);
    return status;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* "contoso ada@contoso.example": by what a mail is known within a night. For free(). */
static char *recipient_name(const char *partner, const char *address)
{
    char *name = memory_format("%s %s", partner == NULL ? "" : partner, address);

    for (char *at = name; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    return name;
}

/* Counts a mail by the state that mail.claim or mail.list tells; false where it is not settled. */
static bool tally_add(struct night_tally *tally, const char *state)
{
    if (strcmp(state, "sent") == 0)
        tally->sent++;
    else if (strcmp(state, "refused") == 0)
        tally->refused++;
    else if (strcmp(state, "unknown") == 0)
        tally->unknown++;
    else if (strcmp(state, "gave_up") == 0)
        tally->gave_up++;
    else
        return false;
    return true;
}

/* Learns what runs before this one have settled. */
static enum status settled_load(struct night_mail *mail)
{
    json_t *cursor = NULL, *result = NULL;
    enum status status;

    do {
        json_t *params = json_pack("{s:s, s:i, s:O*}", "date", mail->date, "limit", PAGE_ROWS, "cursor", cursor);
        json_decref(result);
        status = ask(mail, "mail.list", params, &result);
        if (status != STATUS_DONE)
            break;
        size_t i;
        json_t *row;
        json_array_foreach(json_object_get(result, "mails"), i, row)
        {
            if (!tally_add(mail->tally, text_of(row, "state")))
                continue;
            char *name = recipient_name(text_of(row, "partner"), text_of(row, "recipient"));
            json_object_set_new(mail->settled, name, json_true());
            free(name);
        }
        cursor = json_object_get(result, "next");
    } while (cursor != NULL);
    json_decref(result);
    return status;
}

/* Records what became of a claim, with patience: what is known now nobody knows later. */
static enum status settle(struct claim *claim, const char *outcome, const char *detail)
{
    char key[CALL_KEY_MAX];
    enum status status = STATUS_FAILED;

    if (!call_key_new(key))
        return status;
    for (int try = 1; try <= SETTLE_TRIES; try++) {
        json_t *params =
            json_pack("{s:s, s:I, s:I, s:s, s:s*}", "key", key, "mail", claim->number, "attempt", claim->attempt,
                      "outcome", outcome, "detail", detail == NULL || detail[0] == '\0' ? NULL : detail);
        json_t *result;
        status = ask(claim->mail, "mail.settle", params, &result);
        json_decref(result);
        /* Before the handover nothing is lost by giving way at once. */
        if (status != STATUS_AWAY || strcmp(outcome, "handing") == 0)
            break;
        call_pause(call_pause_ms(try));
    }
    return status;
}

/* Right before the last bytes: from now on this mail is never sent again, unless its end is known. */
static bool handing(void *data)
{
    struct claim *claim = data;

    claim->handed = settle(claim, "handing", NULL) == STATUS_DONE;
    return claim->handed;
}

/* "contoso (ada@contoso.example)", or the address alone; for free(). */
static char *claim_whose(const struct claim *claim)
{
    return claim->partner == NULL ? memory_copy(claim->address)
                                  : memory_format("%s (%s)", claim->partner, claim->address);
}

/* Records and counts how the sending ended. */
static void outcome_take(struct claim *claim, enum mailer_outcome outcome, const char *detail)
{
    static const char *const words[] = {[MAILER_SENT] = "sent",
                                        [MAILER_REFUSED] = "refused",
                                        [MAILER_DEFERRED] = "deferred",
                                        [MAILER_HELD] = "deferred",
                                        [MAILER_AWAY] = "deferred"};
    struct night_mail *mail = claim->mail;
    char *whose = claim_whose(claim);

    if (outcome == MAILER_UNKNOWN) {
        text_complain(
            "mail to %s: it was handed over, and the server's answer did not come (%s); it is not sent again",
            whose, detail);
        mail->tally->later++; /* until mail.claim calls it unknown */
    } else {
        /* (What was held is ours no more, if another has claimed it: then this is refused, and does no harm.) */
        enum status status = settle(claim, words[outcome], detail);
        bool settled = status == STATUS_DONE && tally_add(mail->tally, words[outcome]);
        if (!settled)
            mail->tally->later++;
        if (status != STATUS_DONE && outcome != MAILER_HELD)
            text_complain("mail to %s: %s, but that could not be recorded: %s", whose, words[outcome], mail->why);
        else if (outcome != MAILER_SENT)
            text_complain("mail to %s: %s: %s", whose, words[outcome], outcome == MAILER_HELD ? mail->why : detail);
    }
    if (outcome == MAILER_AWAY)
        mail->away = true;
    free(whose);
}

/* The alerts that are new in a partner's report; NULL where there are none. For json_decref(). */
static json_t *alerts_ask(struct claim *claim, const struct report_page *page)
{
    struct night_mail *mail = claim->mail;
    json_t *result = NULL, *alerts;

    if (claim->partner == NULL ||
        json_integer_value(json_object_get(report_page_summary(page), "alerts_total")) == 0)
        return NULL;
    ask(mail, "report.usage",
        json_pack("{s:s, s:s, s:s, s:i}", "date", mail->date, "partner", claim->partner, "section", "alerts",
                  "limit", REPORT_ROWS_MAIL),
        &result);
    alerts = json_incref(json_object_get(result, "alerts"));
    json_decref(result);
    return alerts;
}

/* Makes the letter of a page and sends it. */
static enum mailer_outcome page_send(struct claim *claim, const struct report_page *page, char *detail)
{
    struct night_mail *mail = claim->mail;
    json_t *alerts = alerts_ask(claim, page);
    /* (The program's page has links to the others, which lead nowhere out of a mail.) */
    char *file = claim->partner == NULL
                     ? NULL
                     : memory_format("%s/%s/partners/%s.html", mail->folder, mail->date, claim->partner);
    struct night_letter letter;

    night_letter_make(&letter, page, mail->drawer, file, alerts);
    free(file);
    letter.mail.from = mail->config->from;
    letter.mail.to = claim->address;
    letter.mail.message_id = claim->message_id;
    enum mailer_outcome outcome = mailer_send(mail->mailer, &letter.mail, handing, claim, detail);
    night_letter_release(&letter);
    json_decref(alerts);
    return outcome;
}

/* Sends a mail that is ours. */
static void claim_send(struct claim *claim)
{
    struct night_mail *mail = claim->mail;
    char detail[MAILER_DETAIL_MAX] = "";
    struct report_page *page = NULL;
    enum mailer_outcome outcome;

    if (!mail_address_good(claim->address)) {
        outcome_take(claim, MAILER_REFUSED, "this is no address that mail can be sent to");
        return;
    }
    if (report_page_fetch(mail->call, mail->date, claim->partner, REPORT_ROWS_MAIL, &page, mail->why,
                          mail->why_size) == STATUS_DONE) {
        outcome = page_send(claim, page, detail);
    } else {
        char *ascii = mail_header_text(mail->why, false);
        snprintf(detail, sizeof detail, "its page could not be made: %s", ascii);
        free(ascii);
        outcome = MAILER_DEFERRED;
    }
    report_page_free(page);
    outcome_take(claim, outcome, detail);
}

/* Sees that the mail server listens, before anything is claimed. */
static bool server_ready(struct night_mail *mail)
{
    char why[MAILER_DETAIL_MAX];

    if (mail->open || mail->away)
        return !mail->away;
    mail->open = mailer_open(mail->mailer, why, sizeof why);
    mail->away = !mail->open;
    if (mail->away)
        text_complain("the mail server %s, port %d, cannot be used: %s", mail->config->server, mail->config->port,
                      why);
    return mail->open;
}

/* One recipient. */
static enum status recipient_serve(struct night_mail *mail, const char *partner, const char *address)
{
    char *name = recipient_name(partner, address), key[CALL_KEY_MAX];
    bool settled = json_object_get(mail->settled, name) != NULL;
    json_t *result = NULL;
    enum status status;

    free(name);
    if (mail->step != NULL)
        mail->step(mail->data, ++mail->done);
    if (settled)
        return STATUS_DONE;
    if (!server_ready(mail)) {
        mail->tally->later++;
        return STATUS_DONE;
    }
    if (!call_key_new(key)) {
        snprintf(mail->why, mail->why_size, "OpenSSL has no random numbers for a key");
        return STATUS_FAILED;
    }
    status = ask(mail, "mail.claim",
                 json_pack("{s:s, s:s, s:s, s:s*}", "key", key, "date", mail->date, "recipient", address, "partner",
                           partner),
                 &result);
    if (status == STATUS_USAGE) { /* what is no address has no mail */
        text_complain("%s has no address that mail can be sent to: %s", partner == NULL ? "a manager" : partner,
                      address);
        mail->tally->nameless++;
        return STATUS_DONE;
    }
    struct claim claim = {.mail = mail, .partner = partner, .address = address};
    const char *state = text_of(result, "state");
    if (status == STATUS_DONE && state != NULL && strcmp(state, "claimed") == 0) {
        claim.number = json_integer_value(json_object_get(result, "mail"));
        claim.attempt = json_integer_value(json_object_get(result, "attempt"));
        claim.message_id = text_of(result, "message_id");
        claim_send(&claim);
    } else if (status == STATUS_DONE && (state == NULL || !tally_add(mail->tally, state))) {
        mail->tally->later++;
    }
    json_decref(result);
    return status;
}

/* One row of partner.list: it gets a mail if it has an email and is in the report. */
static enum status partner_serve(struct night_mail *mail, const json_t *row)
{
    const char *partner = text_of(row, "partner"), *email = text_of(row, "email");
    json_t *result;

    if (email == NULL)
        return STATUS_DONE;
    enum status status = ask(
        mail, "report.usage",
        json_pack("{s:s, s:s, s:s, s:i}", "date", mail->date, "partner", partner, "section", "pools", "limit", 1),
        &result);
    bool there = json_array_size(json_object_get(result, "pools")) > 0;
    json_decref(result);
    return status == STATUS_DONE && there ? recipient_serve(mail, partner, email) : status;
}

static enum status partners_serve(struct night_mail *mail)
{
    json_t *cursor = NULL, *result = NULL;
    enum status status;

    do {
        json_t *params = json_pack("{s:i, s:O*}", "limit", PAGE_ROWS, "cursor", cursor);
        json_decref(result);
        status = ask(mail, "partner.list", params, &result);
        size_t i;
        json_t *row;
        json_array_foreach(json_object_get(result, "partners"), i, row)
        {
            if (status == STATUS_DONE)
                status = partner_serve(mail, row);
        }
        cursor = json_object_get(result, "next");
    } while (status == STATUS_DONE && cursor != NULL);
    json_decref(result);
    return status;
}

enum status night_mail_send(struct night_mail *mail, const char *date, const char *folder,
                            void (*step)(void *data, size_t done), void *data, struct night_tally *tally, char *why,
                            size_t why_size)
{
    *tally = (struct night_tally){0};
    mail->date = date;
    mail->folder = folder;
    mail->tally = tally;
    mail->settled = json_object();
    mail->done = 0;
    mail->step = step;
    mail->data = data;
    mail->why = why;
    mail->why_size = why_size;
    enum status status = settled_load(mail);
    for (size_t i = 0; status == STATUS_DONE && i < mail->config->manager_count; i++)
        status = recipient_serve(mail, NULL, mail->config->managers[i]);
    if (status == STATUS_DONE)
        status = partners_serve(mail);
    json_decref(mail->settled);
    mail->settled = NULL;
    return status;
}
