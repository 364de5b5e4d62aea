/* Columns of JSON into libsmartcols' tables or libcsv's rows. */
#include "config.h"

#include "client/due.h"
#include "client/memory.h"
#include "client/render.h"
#include "client/status.h"
#include "client/text.h"
#include "common/clock.h"
#include <csv.h>
#include <errno.h>
#include <libsmartcols.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define TITLE_WIDTH_MIN 20
#define COLUMN_WIDTH_MAX 1000

void render_init(struct render *render, FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    bool terminal = isatty(fileno(stream)) == 1;

    *render = (struct render){
        .format = RENDER_TABLE,
        .stream = stream,
        .terminal = terminal,
        .colour =
            terminal && (no_colour == NULL || no_colour[0] == '\0') && (kind == NULL || strcmp(kind, "dumb") != 0),
    };
}

bool render_flush(struct render *render)
{
    if (render->broken)
        return false;
    if (fflush(render->stream) == 0 && !ferror(render->stream))
        return true;
    int problem = errno;
    if (problem == EPIPE) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    text_complain("the output could not be written: %s", strerror(problem));
    render->broken = true;
    return false;
}

const json_t *render_member(const json_t *object, const char *path)
{
    const json_t *value = object;

    while (value != NULL && path[0] != '\0') {
        size_t length = strcspn(path, ".");
        value = json_object_getn(value, path, length);
        path += length + (path[length] == '.');
    }
    return json_is_null(value) ? NULL : value;
}

const char *render_string(const json_t *object, const char *path, const char *otherwise)
{
    const char *text = json_string_value(render_member(object, path));

    return text == NULL ? otherwise : text;
}

/* "2004-08-23 14:00" in the local time zone, for free(); NULL if it is no time. */
static char *time_cell(const char *text)
{
    char local[32];
    struct tm parts;
    int64_t wall_us;

    if (!clock_parse(text, &wall_us))
        return NULL;
    time_t seconds = (time_t)(wall_us / 1000000 - (wall_us % 1000000 < 0));
    if (localtime_r(&seconds, &parts) == NULL || strftime(local, sizeof local, "%Y-%m-%d %H:%M", &parts) == 0)
        return NULL;
    return memory_copy(local);
}

/* Adds ", text" to *list. */
static void list_add(char **list, const char *text)
{
    char *longer = *list == NULL ? memory_copy(text) : memory_format("%s, %s", *list, text);

    free(*list);
    *list = longer;
}

static char *list_cell(const json_t *value)
{
    char *list = NULL;
    const char *name;
    json_t *item;
    size_t i;

    json_array_foreach(value, i, item)
    {
        char *text = render_cell(item, CELL_TEXT, true);
        list_add(&list, text);
        free(text);
    }
    json_object_foreach((json_t *)value, name, item)
    {
        char *text = render_cell(item, CELL_TEXT, true);
        char *pair = memory_format("%s=%s", name, text);
        list_add(&list, pair);
        free(pair);
        free(text);
    }
    return list == NULL ? memory_copy("") : list;
}

char *render_cell(const json_t *value, enum cell_kind kind, bool raw)
{
    char *text = NULL;

    switch (json_typeof(value == NULL ? json_null() : value)) {
    case JSON_NULL:
        return memory_copy("");
    case JSON_STRING:
        if (kind == CELL_TIME && !raw)
            text = time_cell(json_string_value(value));
        else if (kind == CELL_DUE && !raw)
            text = due_text(json_string_value(value), NULL);
        return text != NULL ? text : memory_copy(json_string_value(value));
    case JSON_TRUE:
        return memory_copy(raw ? "true" : "yes");
    case JSON_FALSE:
        return memory_copy(raw ? "false" : kind == CELL_YES ? "" : "no");
    case JSON_INTEGER:
        if (kind == CELL_OVER && !raw && json_integer_value(value) == 0)
            return memory_copy("");
        return memory_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL:
        return memory_format("%g", json_real_value(value));
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return list_cell(value);
}

/* What a terminal or a pipe is to get of a text. */
static char *text_for(const struct render *render, const char *text, bool lines)
{
    return render->format == RENDER_TABLE || render->terminal ? text_safe(text, lines) : memory_copy(text);
}

static void csv_cell(struct render *render, const char *text, bool first)
{
    char *safe = text_for(render, text, true);

    if (!first)
        fputc(',', render->stream);
    if (safe[strcspn(safe, ",\"\r\n")] == '\0')
        fputs(safe, render->stream);
    else
        csv_fwrite(render->stream, safe, strlen(safe));
    free(safe);
}

static void csv_rows(struct render *render, const struct column *columns, const json_t *rows)
{
    json_t *row;
    size_t i;

    for (const struct column *column = columns; render->pages <= 1 && column->header != NULL; column++)
        csv_cell(render, column->path, column == columns);
    if (render->pages <= 1)
        fputs("\r\n", render->stream);
    json_array_foreach(rows, i, row)
    {
        for (const struct column *column = columns; column->header != NULL; column++) {
            char *text = render_cell(render_member(row, column->path), column->kind, true);
            csv_cell(render, text, column == columns);
            free(text);
        }
        fputs("\r\n", render->stream);
    }
}

/* The colour of a word that tells a state; NULL for none. */
static const char *state_colour(const char *word)
{
    static const struct {
        const char *word, *colour;
    } colours[] = {
        {"new", "yellow"},
        {"active", "green"},
        {"in_progress", "cyan"},
        {"resolved", "green"},
        {"expired", "red"},
        {"cancelled", "red"},
        {"scheduled", "cyan"},
        {"A", "red"},
        {"disabled", "red"},
        {"added", "green"},
        {"removed", "red"},
        {"changed", "yellow"},
        {"credit", "green"},
        {"override", "red"},
        {"expiry", "yellow"},
        {"late", "yellow"},
        {"raised", "red"},
        {"queued", "cyan"},
        {"acknowledged", "yellow"},
        {"awaiting_partner", "yellow"},
        {"awaiting_vendor", "yellow"},
        {"counted", "green"},
    };

    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        if (strcmp(colours[i].word, word) == 0)
            return colours[i].colour;
    return NULL;
}

static void line_fill(const struct render *render, struct libscols_line *line, size_t at,
                      const struct column *column, const json_t *row)
{
    const json_t *value = render_member(row, column->path);
    char *text = render_cell(value, column->kind, false);
    char *safe = text_safe(text, false);
    const char *colour = NULL;
    bool over = false;

    if (column->kind == CELL_STATE)
        colour = state_colour(safe);
    else if (column->kind == CELL_LEFT && json_is_integer(value) && json_integer_value(value) <= 0)
        colour = "red";
    else if (column->kind == CELL_OVER)
        colour = "red";
    else if (column->kind == CELL_DUE && json_is_string(value)) {
        free(due_text(json_string_value(value), &over));
        colour = over ? "red" : NULL;
    }
    if (render->colour && colour != NULL)
        scols_cell_set_color(scols_line_get_cell(line, at), colour);
    scols_line_refer_data(line, at, safe);
    free(text);
}

/* Columns of the screen that text takes. */
static size_t text_width(const char *text)
{
    wchar_t wide[COLUMN_WIDTH_MAX + 1];
    size_t count = mbstowcs(wide, text, COLUMN_WIDTH_MAX);
    int width = count == (size_t)-1 ? -1 : wcswidth(wide, count);

    return width < 0 ? strnlen(text, COLUMN_WIDTH_MAX) : (size_t)width;
}

/* The width that a column wants; 0 where all its cells are empty, and it is not one of a list in pages. */
static size_t column_width(const struct render *render, const struct column *column, const json_t *rows)
{
    size_t widest = render->pages > 0 ? 1 : 0, i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        char *text = render_cell(render_member(row, column->path), column->kind, false);
        char *safe = text_safe(text, false);
        size_t width = text_width(safe);
        widest = width > widest ? width : widest;
        free(safe);
        free(text);
    }
    size_t header = text_width(column->header);
    return widest == 0 ? 0 : widest > header ? widest : header;
}

static struct libscols_table *table_new(const struct render *render)
{
    struct libscols_table *table = scols_new_table();

    if (table == NULL) {
        text_complain("memory ran out");
        exit(STATUS_FAILED);
    }
    scols_table_set_stream(table, render->stream);
    scols_table_set_column_separator(table, "  ");
    scols_table_enable_colors(table, render->colour);
    return table;
}

/*
 * Adds those columns that are not empty; returns them as a list, for free(). Titles are cut on a terminal
 * if that leaves enough of them to be read.
 */
static struct column *columns_add(struct render *render, struct libscols_table *table, const struct column *columns,
                                  const json_t *rows)
{
    size_t count = 0, needed = 0;
    struct column *shown = NULL;

    for (const struct column *column = columns; column->header != NULL; column++) {
        bool right = column->kind == CELL_NUMBER || column->kind == CELL_LEFT || column->kind == CELL_OVER;
        bool title = column->kind == CELL_TITLE;
        size_t width = column_width(render, column, rows), before = 0;
        if (width == 0)
            continue;
        if (render->pages > 0 && count < RENDER_COLUMNS_MAX) {
            before = render->widths[count];
            render->widths[count] = width = width > before ? width : before;
        }
        needed += (title && width > TITLE_WIDTH_MIN ? TITLE_WIDTH_MIN : width) + 2;
        int flags = right ? SCOLS_FL_RIGHT : title ? SCOLS_FL_TRUNC : 0;
        struct libscols_column *made = scols_table_new_column(table, column->header, (double)before, flags);
        if (render->colour)
            scols_cell_set_color(scols_column_get_header(made), "bold");
        shown = memory_resize(shown, count + 1, sizeof *shown);
        shown[count++] = *column;
    }
    bool fits = render->terminal && needed <= scols_table_get_termwidth(table) + 2;
    scols_table_set_termforce(table, fits ? SCOLS_TERMFORCE_AUTO : SCOLS_TERMFORCE_NEVER);
    shown = memory_resize(shown, count + 1, sizeof *shown);
    shown[count] = (struct column){0};
    return shown;
}

static void table_rows(struct render *render, const struct column *columns, const json_t *rows)
{
    struct libscols_table *table = table_new(render);
    struct column *shown = columns_add(render, table, columns, rows);
    json_t *row;
    size_t i;

    scols_table_enable_noheadings(table, render->pages > 1);

    json_array_foreach(rows, i, row)
    {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        size_t at = 0;
        for (const struct column *column = shown; column->header != NULL; column++)
            line_fill(render, line, at++, column, row);
    }
    scols_print_table(table);
    scols_unref_table(table);
    free(shown);
}

void render_rows(struct render *render, const struct column *columns, const json_t *rows)
{
    if (render->format == RENDER_CSV) {
        if (render->tables++ == 0 || render->pages > 1)
            csv_rows(render, columns, rows);
    } else if (json_array_size(rows) > 0) {
        table_rows(render, columns, rows);
    } else if (render->pages <= 1) {
        fputs("none\n", render->stream);
    }
}

void render_facts(struct render *render, const struct column *columns, const json_t *object)
{
    int width = 0;

    if (render->format == RENDER_CSV) {
        json_t *rows = json_pack("[O]", object);
        render_rows(render, columns, rows);
        json_decref(rows);
        return;
    }
    for (const struct column *column = columns; column->header != NULL; column++)
        if ((int)strlen(column->header) > width)
            width = (int)strlen(column->header);
    for (const struct column *column = columns; column->header != NULL; column++) {
        char *text = render_cell(render_member(object, column->path), column->kind, false);
        char *safe = text_safe(text, false);
        if (safe[0] != '\0')
            fprintf(render->stream, "%s%-*s%s  %s\n", render->colour ? "\033[1m" : "", width, column->header,
                    render->colour ? "\033[0m" : "", safe);
        free(safe);
        free(text);
    }
}

void render_line(struct render *render, const char *format, ...)
{
    va_list list;

    if (render->format == RENDER_CSV)
        return;
    va_start(list, format);
    char *text = memory_format_list(format, list);
    va_end(list);
    char *safe = text_safe(text, false);
    fprintf(render->stream, "%s\n", safe);
    free(safe);
    free(text);
}

void render_heading(struct render *render, const char *text)
{
    if (render->format == RENDER_CSV)
        return;
    char *safe = text_safe(text, false);
    fprintf(render->stream, "%s%s%s\n", render->colour ? "\033[1m" : "", safe, render->colour ? "\033[0m" : "");
    free(safe);
}

void render_block(struct render *render, const char *text)
{
    if (render->format == RENDER_CSV)
        return;
    char *safe = text_safe(text, true);
    fprintf(render->stream, "%s\n", safe);
    free(safe);
}

/* Writes a value between two texts. */
static void json_write(struct render *render, const char *before, const json_t *value, size_t flags,
                       const char *after)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | flags);

    if (text == NULL)
        return;
    char *safe = render->terminal ? text_safe_json(text) : memory_copy(text);
    fprintf(render->stream, "%s%s%s", before, safe, after);
    free(safe);
    free(text);
}

void render_json(struct render *render, const json_t *value, bool compact)
{
    json_write(render, "", value, compact ? JSON_COMPACT : JSON_INDENT(2), "\n");
}

void render_json_page(struct render *render, const json_t *result, const char *list, bool last)
{
    json_t *name = json_string(list), *value;
    const char *member;
    size_t i;

    if (render->pages == 1)
        json_write(render, "{\n  ", name, 0, ": [");
    json_decref(name);
    json_array_foreach(render_member(result, list), i, value)
        json_write(render, render->tables++ == 0 ? "\n    " : ",\n    ", value, JSON_COMPACT, "");
    if (!last)
        return;
    fputs(render->tables > 0 ? "\n  ]" : "]", render->stream);
    json_object_foreach((json_t *)result, member, value)
    {
        if (strcmp(member, list) == 0)
            continue;
        name = json_string(member);
        json_write(render, ",\n  ", name, 0, ": ");
        json_decref(name);
        json_write(render, "", value, JSON_COMPACT, "");
    }
    fputs("\n}\n", render->stream);
}
