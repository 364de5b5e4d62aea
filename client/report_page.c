/* One page from one place: what was asked of the server, and its formats. */
#include "config.h"

#include "client/memory.h"
#include "client/render.h"
#include "client/report_csv.h"
#include "client/report_fetch.h"
#include "client/report_html.h"
#include "client/report_page.h"
#include "client/report_text.h"
#include "client/report_words.h"
#include "client/text.h"
#include <stdlib.h>
#include <string.h>

enum status report_page_fetch(struct call *call, const char *date, const char *partner, size_t rows_max,
                              struct report_page **page, char *why, size_t why_size)
{
    struct report_fetch of = {.date = date, .partner = partner, .page = report_model_new(rows_max)};
    struct report_fetch_wish wish = {.pages = &of, .count = 1};
    enum status status = report_fetch(call, &wish, why, why_size);

    if (status != STATUS_DONE) {
        report_model_free(of.page);
        of.page = NULL;
    }
    *page = of.page;
    return status;
}

struct report_page *report_page_new(const json_t *parts, size_t rows_max)
{
    struct report_page *page = report_model_new(rows_max);

    report_model_summarise(page, json_object_get(parts, "summary"));
    for (size_t i = 0; i < REPORT_LISTS; i++)
        report_model_add(page, (enum report_list)i, json_object_get(parts, report_list_name((enum report_list)i)));
    report_model_close(page);
    return page;
}

void report_page_free(struct report_page *page)
{
    report_model_free(page);
}

const json_t *report_page_summary(const struct report_page *page)
{
    return report_model_summary(page);
}

const char *report_page_date(const struct report_page *page)
{
    return render_string(report_model_summary(page), "date", "");
}

const char *report_page_partner(const struct report_page *page)
{
    return render_string(report_model_summary(page), "partner.partner", NULL);
}

const char *report_page_email(const struct report_page *page)
{
    return render_string(report_model_summary(page), "partner.email", NULL);
}

char *report_page_subject(const struct report_page *page)
{
    const json_t *summary = report_model_summary(page);
    const char *program = render_string(summary, "program", "Partner Program");
    const char *name = render_string(summary, "partner.name", report_page_partner(page));
    char *day = report_day(report_page_date(page), false), *wrong = report_difference(summary);
    char *headline = report_headline(summary);
    size_t length = strlen(headline);
    char *subject = memory_format("%s, %s: %.*s", name == NULL ? program : name, day,
                                  length > 0 ? (int)length - 1 : 0, headline);
    char *whole = wrong == NULL ? memory_copy(subject) : memory_format("WRONG FIGURES: %s", subject);
    char *safe = text_safe(whole, false);

    free(whole);
    free(subject);
    free(headline);
    free(wrong);
    free(day);
    return safe;
}

void report_page_text(const struct report_page *page, bool ascii, FILE *stream)
{
    report_text_write(page, ascii, stream);
}

/* Draws the charts of a page alone. */
static struct report_sheet *sheet_draw(const struct report_page *page, struct report_drawer *drawer,
                                       enum report_picture kind)
{
    struct report_sheet *sheet = report_sheet_new(kind);

    report_html_charts(page, sheet);
    report_drawer_start(drawer, sheet);
    report_drawer_finish(drawer, sheet);
    return sheet;
}

void report_page_html(const struct report_page *page, struct report_drawer *drawer, FILE *stream)
{
    struct report_sheet *sheet = sheet_draw(page, drawer, REPORT_SVG);
    struct report_html_wish wish = {.sheet = sheet,
                                    .charts_why = drawer == NULL ? NULL : report_drawer_why(drawer)};

    report_html_write(page, &wish, stream);
    report_sheet_free(sheet);
}

void report_page_csv(const struct report_page *page, const char *list, FILE *stream)
{
    enum report_list which = report_list_find(list);

    if (which == REPORT_LISTS)
        return;
    report_csv_header(which, stream);
    report_csv_rows(which, report_model_rows(page, which), stream);
}

/* A stream into memory. */
static FILE *memory_stream(char **text, size_t *length)
{
    FILE *stream = open_memstream(text, length);

    if (stream == NULL)
        abort();
    return stream;
}

static void images_take(struct report_mail *mail, const struct report_sheet *sheet, const char *cid)
{
    for (size_t i = 0; i < report_sheet_count(sheet); i++) {
        size_t length = 0;
        const char *picture = report_sheet_picture(sheet, i, &length);
        if (picture == NULL)
            continue;
        mail->images = memory_resize(mail->images, mail->image_count + 1, sizeof *mail->images);
        struct report_image *image = &mail->images[mail->image_count++];
        *image = (struct report_image){
            .id = memory_format("%s%zu", cid, i), .bytes = memory_new(length + 1, 1), .length = length};
        memcpy(image->bytes, picture, length);
    }
}

/* Lists that have rows go along as files. */
static void attachments_make(const struct report_page *page, struct report_mail *mail)
{
    static const struct {
        enum report_list list;
        const char *name;
    } files[] = {{REPORT_POOLS, "pools.csv"},
                 {REPORT_LEDGER, "ledger.csv"},
                 {REPORT_INCIDENTS, "incidents.csv"},
                 {REPORT_REFUSALS, "refusals.csv"},
                 {REPORT_OVERRIDES, "overrides.csv"}};

    for (size_t i = 0; i < sizeof files / sizeof files[0] && mail->attachment_count < REPORT_ATTACHMENTS_MAX; i++) {
        size_t length;
        if (json_array_size(report_model_rows(page, files[i].list)) == 0)
            continue;
        struct report_attachment *attachment = &mail->attachments[mail->attachment_count++];
        attachment->name = files[i].name;
        FILE *stream = memory_stream(&attachment->text, &length);
        report_page_csv(page, report_list_name(files[i].list), stream);
        fclose(stream);
    }
}

void report_page_mail(const struct report_page *page, struct report_drawer *drawer, struct report_mail *mail)
{
    static const char cid[] = "chart-";
    struct report_sheet *sheet = sheet_draw(page, drawer, REPORT_PNG);
    struct report_html_wish wish = {
        .sheet = sheet, .cid = cid, .charts_why = drawer == NULL ? NULL : report_drawer_why(drawer)};
    size_t length;

    *mail = (struct report_mail){.subject = report_page_subject(page)};
    FILE *stream = memory_stream(&mail->text, &length);
    report_text_write(page, false, stream);
    fclose(stream);
    stream = memory_stream(&mail->html, &length);
    report_html_write(page, &wish, stream);
    fclose(stream);
    images_take(mail, sheet, cid);
    attachments_make(page, mail);
    report_sheet_free(sheet);
}

void report_mail_release(struct report_mail *mail)
{
    free(mail->subject);
    free(mail->text);
    free(mail->html);
    for (size_t i = 0; i < mail->image_count; i++) {
        free(mail->images[i].id);
        free(mail->images[i].bytes);
    }
    free(mail->images);
    for (size_t i = 0; i < mail->attachment_count; i++)
        free(mail->attachments[i].text);
    *mail = (struct report_mail){0};
}
