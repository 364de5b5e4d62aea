/*
 * What a row of somebody's CSV file is as an incident: which column is what, how its times are written,
 * which of its words are which severity. Pure, but for the time zone.
 */
#ifndef CLIENT_IMPORT_MAP_H
#define CLIENT_IMPORT_MAP_H

#include "client/csv_file.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT_SLUG_MAX 64 /* with its NUL */
#define IMPORT_KEY_MAX 65
#define IMPORT_COLUMN_NONE SIZE_MAX
#define IMPORT_TIME_NONE INT64_MIN

/* As the flags of `entitle import` give them; NULL: not given. Strings are borrowed. */
struct import_wish {
    const char *partner_column, *id_column, *opened_at_column, *title_column, *class_column, *severity_column,
        *contact_column, *product_column, *channel_column, *description_column;
    const char *partner;      /* of every row, a code, in place of a column */
    const char *title;        /* a template with {column} places */
    const char *class;        /* of every row, or where its column is empty */
    const char *severity;     /* likewise */
    const char *severity_map; /* "1 - Critical=A,*=C" */
    const char *time_format;  /* of strptime(3); NULL: RFC 3339 */
    const char *time_zone;    /* of times without an offset */
};

struct import_map;

/* Resolves a wish against a header row. NULL with a sentence (which column there is not, say). */
struct import_map *import_map_new(const struct import_wish *wish, const struct csv_row *header, char *why,
                                  size_t why_size);
void import_map_free(struct import_map *map);

/*
 * Finds a column; IMPORT_COLUMN_NONE where no name is given. False with a sentence that names the flag where the
 * header has none of that name.
 */
bool import_column(const struct csv_row *header, const char *name, const char *flag, size_t *column, char *why,
                   size_t why_size);

/* A row's field (borrowed from it); NULL where there is none, or it says that it is not known ("?"). */
const char *import_field(const struct csv_row *row, size_t column);

/* The row's own id (borrowed from it); NULL where no column has one, or it is empty. */
const char *import_map_id(const struct import_map *map, const struct csv_row *row);

/*
 * The time in a column, in microseconds since 1970-01-01T00:00:00Z; IMPORT_TIME_NONE where the row has none there.
 * False with a sentence where it is no time in the form that was wished for.
 */
bool import_map_time(const struct import_map *map, const struct csv_row *row, size_t column, int64_t *wall_us,
                     char *why, size_t why_size);

/*
 * The parameters of incident.open for a row, without a key. Owned by the caller; NULL with a sentence
 * where the row cannot be one.
 */
json_t *import_map_row(const struct import_map *map, const struct csv_row *row, char *why, size_t why_size);

/*
 * The key of a row: the same for the same id (or, without an id, for the same content and occurrence
 * number), so that a second run is answered with what the first did. run: a name for keys of its own, or
 * NULL. False if OpenSSL cannot.
 */
bool import_key(const char *run, const char *id, const struct csv_row *row, size_t occurrence,
                char key[IMPORT_KEY_MAX]);

/* "Location 143" as a code: "location-143". False where nothing of it can be in one. */
bool import_slug(const char *text, char slug[IMPORT_SLUG_MAX]);

/* The severity (borrowed from map, one letter) that "1 - Critical=A,*=C" gives to a word; 0 for none. */
char import_severity(const char *map, const char *word);

/* RFC 3339 (CLOCK_TEXT_MAX bytes) of a time in strptime's format, in the process's time zone. */
bool import_time(const char *text, const char *format, char *written);

#endif
