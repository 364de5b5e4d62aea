/* Puts together what report_page_mail() makes, the whole page as an attachment, and the alerts before both. */
#include "client/night_letter.h"
#include "client/memory.h"
#include "client/report_markup.h"
#include "client/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SUBJECT_ALERTS_MAX 2

static FILE *memory_open(char **text, size_t *length)
{
    FILE *stream = open_memstream(text, length);

    if (stream == NULL)
        abort();
    return stream;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* "Alert: free-incidents: all 5 used; … and 2 more - SUBJECT" */
static char *subject_make(const json_t *alerts, const char *subject)
{
    size_t count = json_array_size(alerts), length;
    char *made = NULL;

    if (count == 0)
        return memory_copy(subject);
    FILE *stream = memory_open(&made, &length);
    fputs(count == 1 ? "Alert: " : "Alerts: ", stream);
    for (size_t i = 0; i < count && i < SUBJECT_ALERTS_MAX; i++)
        fprintf(stream, "%s%s", i == 0 ? "" : "; ", text_of(json_array_get(alerts, i), "text"));
    if (count > SUBJECT_ALERTS_MAX)
        fprintf(stream, " and %zu more", count - SUBJECT_ALERTS_MAX);
    fprintf(stream, " - %s", subject);
    fclose(stream);
    return made;
}

/* The alerts over the text. */
static char *text_make(const json_t *alerts, const char *text)
{
    char *made = NULL;
    size_t length, i;
    json_t *alert;

    if (json_array_size(alerts) == 0)
        return memory_copy(text);
    FILE *stream = memory_open(&made, &length);
    fputs("New alerts:\n", stream);
    json_array_foreach((json_t *)alerts, i, alert)
    {
        char *safe = text_safe(text_of(alert, "text"), false);
        fprintf(stream, "  %s\n", safe);
        free(safe);
    }
    fprintf(stream, "\n%s", text);
    fclose(stream);
    return made;
}

/* The alerts in a frame, right under <body>; the frame has the colours of the page, light or dark. */
static char *html_make(const json_t *alerts, const char *html)
{
    const char *body = strstr(html, "<body"), *at = body == NULL ? NULL : strchr(body, '>');
    char *made = NULL;
    size_t length, i;
    json_t *alert;

    if (json_array_size(alerts) == 0 || at == NULL)
        return memory_copy(html);
    at++;
    FILE *stream = memory_open(&made, &length);
    fprintf(
        stream,
        "%.*s\n<div style=\"border:2px solid;padding:8px 12px;margin:8px\">\n<strong>New alerts</strong>\n<ul>\n",
        (int)(at - html), html);
    json_array_foreach((json_t *)alerts, i, alert)
    {
        markup(stream, "<li>%s</li>\n", text_of(alert, "text"));
    }
    fprintf(stream, "</ul>\n</div>%s", at);
    fclose(stream);
    return made;
}

static void parts_gather(struct night_letter *letter, const char *page, size_t page_length)
{
    const struct report_mail *parts = &letter->parts;
    size_t images = parts->image_count, others = parts->attachment_count;

    letter->images = memory_new(images + 1, sizeof *letter->images);
    letter->attachments = memory_new(others + 1, sizeof *letter->attachments);
    for (size_t i = 0; i < images; i++)
        letter->images[i] = (struct mail_part){parts->images[i].id, "image/png",
                                               (const char *)parts->images[i].bytes, parts->images[i].length};
    letter->attachments[0] = (struct mail_part){letter->page_name, "text/html; charset=utf-8", page, page_length};
    for (size_t i = 0; i < others; i++)
        letter->attachments[i + 1] =
            (struct mail_part){parts->attachments[i].name, "text/csv; charset=utf-8; header=present",
                               parts->attachments[i].text, strlen(parts->attachments[i].text)};
    letter->mail.images = letter->images;
    letter->mail.image_count = images;
    letter->mail.attachments = letter->attachments;
    letter->mail.attachment_count = others + 1;
}

/* A whole file, for free(); NULL where there is none. */
static char *file_read(const char *path, size_t *length)
{
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    char *text = NULL;
    struct stat about;

    if (file != NULL && fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0) {
        text = memory_new((size_t)about.st_size + 1, 1);
        *length = fread(text, 1, (size_t)about.st_size, file);
        if (*length != (size_t)about.st_size) {
            free(text);
            text = NULL;
        }
    }
    if (file != NULL)
        fclose(file);
    return text;
}

/* The page as one HTML file. */
static char *page_make(const struct report_page *page, struct report_drawer *drawer, const char *file,
                       size_t *length)
{
    char *html = file_read(file, length);

    if (html == NULL) {
        FILE *stream = memory_open(&html, length);
        report_page_html(page, drawer, stream);
        fclose(stream);
    }
    return html;
}

void night_letter_make(struct night_letter *letter, const struct report_page *page, struct report_drawer *drawer,
                       const char *file, const json_t *alerts)
{
    const json_t *summary = report_page_summary(page), *partner = json_object_get(summary, "partner");
    const char *code = report_page_partner(page);
    size_t length = 0;

    *letter = (struct night_letter){.page = NULL};
    report_page_mail(page, drawer, &letter->parts);
    letter->page = page_make(page, drawer, file, &length);
    letter->page_name = memory_format("%s-%s.html", code == NULL ? "program" : code, report_page_date(page));
    letter->from_name = memory_copy(text_of(summary, "program"));
    letter->to_name = memory_copy(text_of(partner, "name"));
    letter->subject = subject_make(alerts, letter->parts.subject);
    letter->text = text_make(alerts, letter->parts.text);
    letter->html = html_make(alerts, letter->parts.html);
    letter->mail = (struct mail){.from_name = letter->from_name,
                                 .to_name = letter->to_name,
                                 .subject = letter->subject,
                                 .date = time(NULL),
                                 .text = letter->text,
                                 .html = letter->html};
    parts_gather(letter, letter->page, length);
}

void night_letter_release(struct night_letter *letter)
{
    report_mail_release(&letter->parts);
    free(letter->from_name);
    free(letter->to_name);
    free(letter->subject);
    free(letter->text);
    free(letter->html);
    free(letter->page);
    free(letter->page_name);
    free(letter->images);
    free(letter->attachments);
    *letter = (struct night_letter){.page = NULL};
}
