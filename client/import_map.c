/* Columns into parameters. */
#include "config.h"

#include "client/import_map.h"
#include "client/memory.h"
#include "common/clock.h"
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define TITLE_CHARACTERS_MAX 200
#define KEY_DIGEST_LETTERS 48

struct import_map {
    const struct import_wish *wish;
    char **names; /* the header's, for titles */
    size_t count;
    size_t partner, id, opened_at, title, class, severity, contact, product, channel, description;
    char *zone_before; /* what TZ was, to be set again */
    bool zone_set;
};

bool import_slug(const char *text, char slug[IMPORT_SLUG_MAX])
{
    size_t length = 0;

    for (; *text != '\0' && length < IMPORT_SLUG_MAX - 1; text++) {
        unsigned char letter = (unsigned char)*text;
        if (letter < 0x80 && isalnum(letter))
            slug[length++] = (char)tolower(letter);
        else if (length > 0 && slug[length - 1] != '-')
            slug[length++] = '-';
    }
    while (length > 0 && slug[length - 1] == '-')
        length--;
    slug[length] = '\0';
    return length > 0;
}

char import_severity(const char *map, const char *word)
{
    size_t length = strlen(word);
    char otherwise = 0;

    while (map[0] != '\0') {
        size_t end = strcspn(map, ",");
        const char *equals = memrchr(map, '=', end);
        if (equals != NULL && equals + 2 == map + end) {
            size_t name = (size_t)(equals - map);
            if (name == length && strncasecmp(map, word, length) == 0)
                return (char)toupper((unsigned char)equals[1]);
            if (name == 1 && map[0] == '*')
                otherwise = (char)toupper((unsigned char)equals[1]);
        }
        map += end + (map[end] == ',');
    }
    return otherwise;
}

bool import_time(const char *text, const char *format, char *written)
{
    bool offset = strstr(format, "%z") != NULL;
    struct tm parts = {.tm_isdst = -1, .tm_mday = 1};
    const char *end = strptime(text, format, &parts);

    if (end == NULL || end[strspn(end, " ")] != '\0')
        return false;
    long east = parts.tm_gmtoff; /* mktime() sets it anew */
    time_t seconds = offset ? timegm(&parts) - east : mktime(&parts);
    clock_format((int64_t)seconds * 1000000, written);
    return true;
}

bool import_key(const char *run, const char *id, const struct csv_row *row, size_t occurrence,
                char key[IMPORT_KEY_MAX])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    bool done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

    if (run != NULL)
        done = done && EVP_DigestUpdate(context, run, strlen(run) + 1) == 1;
    if (id != NULL)
        done = done && EVP_DigestUpdate(context, id, strlen(id)) == 1;
    for (size_t i = 0; id == NULL && i < row->count; i++) /* each with its NUL, so that they stay apart */
        done = done && EVP_DigestUpdate(context, row->fields[i], strlen(row->fields[i]) + 1) == 1;
    if (id == NULL)
        done = done && EVP_DigestUpdate(context, &occurrence, sizeof occurrence) == 1;
    done = done && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    int at = sprintf(key, "import-");
    for (size_t i = 0; done && i < KEY_DIGEST_LETTERS / 2; i++)
        at += sprintf(key + at, "%02x", digest[i]);
    return done;
}

bool import_column(const struct csv_row *header, const char *name, const char *flag, size_t *column, char *why,
                   size_t why_size)
{
    *column = IMPORT_COLUMN_NONE;
    if (name == NULL)
        return true;
    for (size_t i = 0; i < header->count; i++)
        if (strcmp(header->fields[i], name) == 0) {
            *column = i;
            return true;
        }
    snprintf(why, why_size, "--%s: the file has no column \"%s\"", flag, name);
    return false;
}

/* True if every {place} of a template is a column. */
static bool template_check(const struct csv_row *header, const char *template, char *why, size_t why_size)
{
    char name[256];
    size_t column;

    for (const char *open = template; open != NULL && (open = strchr(open, '{')) != NULL; open++) {
        size_t length = strcspn(open + 1, "}");
        snprintf(name, sizeof name, "%.*s", (int)length, open + 1);
        if (open[length + 1] != '}' || !import_column(header, name, "title", &column, why, why_size)) {
            snprintf(why, why_size, "--title: {%s} is no column of the file", name);
            return false;
        }
    }
    return true;
}

/* Makes zone the process's, so that mktime() counts by it. */
static bool zone_enter(struct import_map *map, const char *zone, char *why, size_t why_size)
{
    const char *folder = getenv("TZDIR");
    char *path = memory_format("%s/%s", folder == NULL ? "/usr/share/zoneinfo" : folder, zone);
    bool known = strcmp(zone, "UTC") == 0 || (strstr(zone, "..") == NULL && access(path, R_OK) == 0);

    free(path);
    if (!known) {
        snprintf(why, why_size, "--time-zone: there is no time zone \"%s\"", zone);
        return false;
    }
    map->zone_before = memory_copy(getenv("TZ"));
    map->zone_set = true;
    setenv("TZ", zone, 1);
    tzset();
    return true;
}

static bool wish_check(const struct import_wish *wish, char *why, size_t why_size)
{
    const char *problem = NULL;

    if (wish->partner_column == NULL && wish->partner == NULL)
        problem = "--partner-column is missing: which column names the partner";
    else if (wish->title == NULL && wish->title_column == NULL)
        problem = "--title-column or --title is missing: what an incident is called";
    else if (wish->class == NULL && wish->class_column == NULL)
        problem = "--class or --class-column is missing";
    else if (wish->severity == NULL && wish->severity_column == NULL)
        problem = "--severity or --severity-column is missing";
    else if (wish->time_format != NULL && wish->time_zone == NULL && strstr(wish->time_format, "%z") == NULL)
        problem = "--time-zone is missing: --time-format has no offset (%z)";
    else if (wish->time_format != NULL && wish->opened_at_column == NULL)
        problem = "--time-format needs --opened-at-column";
    if (problem != NULL)
        snprintf(why, why_size, "%s", problem);
    return problem == NULL;
}

struct import_map *import_map_new(const struct import_wish *wish, const struct csv_row *header, char *why,
                                  size_t why_size)
{
    struct import_map *map = memory_new(1, sizeof *map);

    map->wish = wish;
    bool good =
        wish_check(wish, why, why_size) &&
        import_column(header, wish->partner_column, "partner-column", &map->partner, why, why_size) &&
        import_column(header, wish->id_column, "id-column", &map->id, why, why_size) &&
        import_column(header, wish->opened_at_column, "opened-at-column", &map->opened_at, why, why_size) &&
        import_column(header, wish->title_column, "title-column", &map->title, why, why_size) &&
        import_column(header, wish->class_column, "class-column", &map->class, why, why_size) &&
        import_column(header, wish->severity_column, "severity-column", &map->severity, why, why_size) &&
        import_column(header, wish->contact_column, "contact-column", &map->contact, why, why_size) &&
        import_column(header, wish->product_column, "product-column", &map->product, why, why_size) &&
        import_column(header, wish->channel_column, "channel-column", &map->channel, why, why_size) &&
        import_column(header, wish->description_column, "description-column", &map->description, why, why_size) &&
        template_check(header, wish->title, why, why_size) &&
        (wish->time_zone == NULL || zone_enter(map, wish->time_zone, why, why_size));
    map->names = memory_new(header->count, sizeof *map->names);
    for (map->count = 0; map->count < header->count; map->count++)
        map->names[map->count] = memory_copy(header->fields[map->count]);
    if (good)
        return map;
    import_map_free(map);
    return NULL;
}

void import_map_free(struct import_map *map)
{
    if (map == NULL)
        return;
    if (map->zone_set) {
        if (map->zone_before != NULL)
            setenv("TZ", map->zone_before, 1);
        else
            unsetenv("TZ");
        tzset();
    }
    for (size_t i = 0; i < map->count; i++)
        free(map->names[i]);
    free(map->names);
    free(map->zone_before);
    free(map);
}

const char *import_field(const struct csv_row *row, size_t column)
{
    const char *text = column == IMPORT_COLUMN_NONE ? NULL : row->fields[column];

    return text == NULL || text[strspn(text, " ")] == '\0' || strcmp(text, "?") == 0 ? NULL : text;
}

const char *import_map_id(const struct import_map *map, const struct csv_row *row)
{
    return row->count == map->count ? import_field(row, map->id) : NULL;
}

/* The template with its places filled, for free(). */
static char *title_fill(const struct import_map *map, const struct csv_row *row)
{
    char *text = memory_copy("");
    const char *from = map->wish->title;

    while (*from != '\0') {
        size_t plain = strcspn(from, "{");
        const char *value = "";
        size_t place = 0;
        if (from[plain] == '{') {
            place = strcspn(from + plain, "}") + 1;
            for (size_t i = 0; i < map->count; i++)
                if (strlen(map->names[i]) == place - 2 && strncmp(map->names[i], from + plain + 1, place - 2) == 0)
                    value = row->fields[i];
        }
        char *longer = memory_format("%s%.*s%s", text, (int)plain, from, value);
        free(text);
        text = longer;
        from += plain + place;
    }
    return text;
}

/* Cuts text after so many characters of UTF-8, and makes its newlines spaces. */
static void title_trim(char *text)
{
    size_t characters = 0;

    for (char *at = text; *at != '\0'; at++) {
        if (((unsigned char)*at & 0xc0) != 0x80 && ++characters > TITLE_CHARACTERS_MAX) {
            *at = '\0';
            break;
        }
        if ((unsigned char)*at < 0x20)
            *at = ' ';
    }
}

static bool title_set(const struct import_map *map, const struct csv_row *row, json_t *params, char *why,
                      size_t why_size)
{
    const char *field = import_field(row, map->title);
    char *title = field != NULL || map->wish->title == NULL ? memory_copy(field) : title_fill(map, row);
    bool done = false;

    if (title != NULL)
        title_trim(title);
    if (title == NULL || title[strspn(title, " ")] == '\0')
        snprintf(why, why_size, "it has no title");
    else if (json_object_set_new(params, "title", json_string(title)) != 0)
        snprintf(why, why_size, "its title is not UTF-8");
    else
        done = true;
    free(title);
    return done;
}

static bool severity_set(const struct import_map *map, const struct csv_row *row, json_t *params, char *why,
                         size_t why_size)
{
    const char *field = import_field(row, map->severity);
    char severity[2] = "";

    if (field != NULL && map->wish->severity_map != NULL) {
        severity[0] = import_severity(map->wish->severity_map, field);
        if (severity[0] == '\0' && map->wish->severity == NULL) {
            snprintf(why, why_size, "--severity-map says nothing of \"%s\"", field);
            return false;
        }
    } else if (field != NULL) {
        snprintf(severity, sizeof severity, "%c", field[1] == '\0' ? toupper((unsigned char)field[0]) : '?');
    }
    if (severity[0] == '\0' && map->wish->severity == NULL) {
        snprintf(why, why_size, "it has no severity");
        return false;
    }
    json_object_set_new(params, "severity", json_string(severity[0] != '\0' ? severity : map->wish->severity));
    return true;
}

bool import_map_time(const struct import_map *map, const struct csv_row *row, size_t column, int64_t *wall_us,
                     char *why, size_t why_size)
{
    const char *field = import_field(row, column), *format = map->wish->time_format;
    char written[CLOCK_TEXT_MAX];

    *wall_us = IMPORT_TIME_NONE;
    if (field == NULL)
        return true;
    if (clock_parse(format == NULL ? field : import_time(field, format, written) ? written : "", wall_us))
        return true;
    snprintf(why, why_size, "\"%s\" is no time%s%s", field, format == NULL ? " (RFC 3339)" : " of the form ",
             format == NULL ? "" : format);
    return false;
}

static bool opened_at_set(const struct import_map *map, const struct csv_row *row, json_t *params, char *why,
                          size_t why_size)
{
    char written[CLOCK_TEXT_MAX];
    int64_t wall_us;

    if (map->opened_at == IMPORT_COLUMN_NONE)
        return true;
    if (!import_map_time(map, row, map->opened_at, &wall_us, why, why_size))
        return false;
    if (wall_us == IMPORT_TIME_NONE) {
        snprintf(why, why_size, "it has no time of opening");
        return false;
    }
    json_object_set_new(params, "opened_at", json_string(clock_format(wall_us, written)));
    return true;
}

/* Sets a text that may be missing; lower: in lower case. */
static bool field_set(const struct csv_row *row, size_t column, const char *name, bool lower, json_t *params,
                      char *why, size_t why_size)
{
    const char *field = import_field(row, column);
    char *text = memory_copy(field);

    for (char *at = text; lower && at != NULL && *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    bool done = text == NULL || json_object_set_new(params, name, json_string(text)) == 0;
    if (!done)
        snprintf(why, why_size, "its %s is not UTF-8", name);
    free(text);
    return done;
}

json_t *import_map_row(const struct import_map *map, const struct csv_row *row, char *why, size_t why_size)
{
    char slug[IMPORT_SLUG_MAX];
    const char *partner;

    if (row->count != map->count) {
        snprintf(why, why_size, "it has %zu fields, the header has %zu", row->count, map->count);
        return NULL;
    }
    if (row->problem != 0) {
        snprintf(why, why_size, "it has a NUL byte");
        return NULL;
    }
    partner = map->wish->partner != NULL ? map->wish->partner : import_field(row, map->partner);
    if (partner == NULL || !import_slug(partner, slug)) {
        snprintf(why, why_size, "it names no partner (%s is \"%s\")", map->wish->partner_column,
                 row->fields[map->partner]);
        return NULL;
    }
    json_t *params = json_pack("{s:s}", "partner", slug);
    if (map->wish->class != NULL)
        json_object_set_new(params, "class", json_string(map->wish->class));
    bool good = title_set(map, row, params, why, why_size) && severity_set(map, row, params, why, why_size) &&
                opened_at_set(map, row, params, why, why_size) &&
                field_set(row, map->class, "class", true, params, why, why_size) &&
                field_set(row, map->contact, "contact", false, params, why, why_size) &&
                field_set(row, map->product, "product", false, params, why, why_size) &&
                field_set(row, map->channel, "channel", true, params, why, why_size) &&
                field_set(row, map->description, "description", false, params, why, why_size);
    if (good)
        return params;
    json_decref(params);
    return NULL;
}
