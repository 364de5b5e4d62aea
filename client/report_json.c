/* A list after the other, a row a line. */
#include "client/report_json.h"
#include "client/report_fetch.h"
#include "client/text.h"
#include <stdlib.h>

struct writer {
    FILE *stream;
    bool safe;
    bool first; /* of a list */
};

static void value_write(struct writer *writer, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    char *safe = writer->safe && text != NULL ? text_safe_json(text) : NULL;

    fputs(safe != NULL ? safe : text != NULL ? text : "null", writer->stream);
    free(safe);
    free(text);
}

static void rows_write(void *data, enum report_list list, const json_t *rows)
{
    struct writer *writer = data;
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (list != REPORT_LISTS)
            fputs(writer->first ? "\n    " : ",\n    ", writer->stream);
        writer->first = false;
        value_write(writer, row);
    }
}

enum status report_json_write(struct call *call, const char *date, const char *partner, bool safe, FILE *stream,
                              char *why, size_t why_size)
{
    struct report_fetch of = {.date = date, .partner = partner};
    struct writer writer = {.stream = stream, .safe = safe};

    fputs("{\n  \"summary\": ", stream);
    enum status status = report_fetch_list(call, &of, REPORT_LISTS, rows_write, &writer, why, why_size);
    for (size_t i = 0; i < REPORT_LISTS && status == STATUS_DONE; i++) {
        enum report_list list = (enum report_list)i;
        bool alone = list == REPORT_CURVES || list == REPORT_INCIDENTS || list == REPORT_LEDGER;
        if (alone && partner == NULL)
            continue;
        writer.first = true;
        fprintf(stream, ",\n  \"%s\": [", report_list_name(list));
        status = report_fetch_list(call, &of, list, rows_write, &writer, why, why_size);
        fputs(writer.first ? "]" : "\n  ]", stream);
    }
    fputs("\n}\n", stream);
    return status;
}
