/*
 * Answers for people and for programs: tables (libsmartcols), CSV, or the result object as JSON.
 * What a command shows is a list of columns, each a path into the result.
 */
#ifndef CLIENT_RENDER_H
#define CLIENT_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Columns of a list that comes in pages, at most. */
#define RENDER_COLUMNS_MAX 16

enum render_format { RENDER_TABLE, RENDER_CSV, RENDER_JSON };

struct render {
    enum render_format format;
    FILE *stream;
    bool terminal;   /* stream is one */
    bool colour;     /* a terminal, and NO_COLOR is not set */
    unsigned tables; /* written so far; CSV has one */
    unsigned pages;  /* of a list that comes in pages: which one this is, from 1; 0: it is whole */
    bool broken;     /* the stream takes no more, and that has been said */
    size_t widths[RENDER_COLUMNS_MAX]; /* of its columns, from the first page on */
};

enum cell_kind {
    CELL_TEXT,
    CELL_TITLE,  /* a text that may be cut to the terminal's width */
    CELL_NUMBER, /* to the right */
    CELL_LEFT,   /* a number of what is left: 0 is red */
    CELL_OVER,   /* a number that is 0 as a rule: 0 shows nothing, all else is red */
    CELL_TIME,   /* RFC 3339; in a table to the minute, in the local time zone */
    CELL_DUE,    /* RFC 3339; in a table how long there is until then, red when it has passed */
    CELL_YES,    /* a boolean: yes, or nothing */
    CELL_LIST,   /* an array of words, or an object of numbers */
    CELL_STATE,  /* a word in the colour of what it means */
};

struct column {
    const char *header; /* NULL ends a list */
    const char *path;   /* "charge.pool": members of objects within objects */
    enum cell_kind kind;
};

/* Sets format (table), terminal and colour for a stream. */
void render_init(struct render *render, FILE *stream);

/*
 * A row for each object of the array rows (NULL: none). With render->pages set the rows of one page of a list:
 * after the first, they go on under its headings.
 */
void render_rows(struct render *render, const struct column *columns, const json_t *rows);

/* The members of one object under each other; those that are not there are left out. CSV: one row. */
void render_facts(struct render *render, const struct column *columns, const json_t *object);

/* A line between tables; not in CSV. */
void render_line(struct render *render, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A heading over a table; not in CSV. */
void render_heading(struct render *render, const char *text);

/* A block of text as it is but for control characters; not in CSV. */
void render_block(struct render *render, const char *text);

/* JSON: in lines, or compact on one. */
void render_json(struct render *render, const json_t *value, bool compact);

/*
 * JSON of a list that comes in pages (render->pages is set): page after page becomes one object, in which `list`
 * has the rows of all, and the other members are the last page's.
 */
void render_json_page(struct render *render, const json_t *result, const char *list, bool last);

/*
 * Writes out what is buffered. False if the stream takes no more; the first time it says why. A reader that has
 * seen enough ends the program by SIGPIPE, as is usual.
 */
bool render_flush(struct render *render);

/* The member at a path of an object; NULL where there is none or null. Borrowed. */
const json_t *render_member(const json_t *object, const char *path);

/* The string at a path, or `otherwise`. Borrowed. */
const char *render_string(const json_t *object, const char *path, const char *otherwise);

/* A value as text, for free(), by its kind; raw: as a program wants it. */
char *render_cell(const json_t *value, enum cell_kind kind, bool raw);

#endif
