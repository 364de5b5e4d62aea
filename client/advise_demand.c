/* Numbers and rows into a demand (advise.plans). A log is counted with the import's own map, so both read it alike.
 */
#include "client/advise_demand.h"
#include "client/csv_file.h"
#include "client/memory.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 1000000

json_t *demand_new(void)
{
    return json_object();
}

bool demand_is_date(const char *text)
{
    static const char form[] = "dddd-dd-dd";

    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    return text[sizeof form - 1] == '\0';
}

/* A whole number from 0 to NUMBER_MAX; -1 for anything else. */
static json_int_t number_read(const char *text)
{
    char *end;

    errno = 0;
    long number = strtol(text, &end, 10);
    return isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 && number <= NUMBER_MAX ? number : -1;
}

bool demand_number(json_t *demand, const char *member, const char *flag, const char *text, char *why,
                   size_t why_size)
{
    if (text == NULL)
        return true;
    json_int_t number = number_read(text);
    if (number < 0) {
        snprintf(why, why_size, "--%s: \"%s\" is not a whole number from 0 to %d", flag, text, NUMBER_MAX);
        return false;
    }
    json_object_set_new(demand, member, json_integer(number));
    return true;
}

bool demand_usage(json_t *demand, const char *text, char *why, size_t why_size)
{
    char *copy = memory_copy(text), *rest = copy, *part;
    json_t *usage = json_object();
    bool good = true;

    while (good && rest != NULL && (part = strsep(&rest, ",")) != NULL) {
        char *units = strchr(part, '=');
        json_int_t number = units == NULL ? -1 : number_read(units + 1);
        if (number >= 0)
            *units = '\0';
        good = number >= 0 && part[0] != '\0' && json_object_set_new(usage, part, json_integer(number)) == 0;
        if (!good)
            snprintf(why, why_size,
                     "--usage: \"%s\" is not of the form BENEFIT=UNITS, such as phone-consulting=300", part);
    }
    if (good && text != NULL)
        json_object_set(demand, "usage", usage);
    json_decref(usage);
    free(copy);
    return good;
}

/* One more of a class. */
static void count_add(json_t *demand, const char *class)
{
    json_int_t count = json_integer_value(json_object_get(demand, class));

    if (strcmp(class, "advisory") != 0)
        json_object_set_new(demand, class, json_integer(count + 1));
}

/* True where the class is one of the protocol's. */
static bool class_check(const char *class)
{
    static const char *const classes[] = {"professional", "priority", "critical", "advisory"};

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(class, classes[i]) == 0)
            return true;
    return false;
}

/* Counts one row, unless its id was seen, or it is another partner's (only: a code, or NULL). False with a
 * sentence. */
static bool row_count(json_t *demand, json_t *seen, const struct import_map *map, const struct csv_row *row,
                      const char *only, char *why, size_t why_size)
{
    const char *id = import_map_id(map, row);

    if (id != NULL && json_object_get(seen, id) != NULL)
        return true;
    json_t *params = import_map_row(map, row, why, why_size);
    if (params == NULL)
        return false;
    const char *class = json_string_value(json_object_get(params, "class"));
    bool theirs = only == NULL || strcmp(only, json_string_value(json_object_get(params, "partner"))) == 0;
    bool good = !theirs || (class != NULL && class_check(class));
    if (!good)
        snprintf(why, why_size, "\"%s\" is not one of professional, priority, critical, advisory",
                 class == NULL ? "" : class);
    else if (theirs)
        count_add(demand, class);
    if (id != NULL)
        json_object_set_new(seen, id, json_true());
    json_decref(params);
    return good;
}

/* Counts the rows after the header. False with a sentence. */
static bool rows_count(json_t *demand, struct csv_file *file, const struct import_map *map,
                       const struct demand_log *log, size_t *passed_over, char *why, size_t why_size)
{
    char only[IMPORT_SLUG_MAX], problem[256], broken[256];
    enum csv_outcome outcome;
    struct csv_row row;
    size_t counted = 0;

    if (log->only != NULL && !import_slug(log->only, only)) {
        snprintf(why, why_size, "--only: \"%s\" is no name of a partner", log->only);
        return false;
    }
    json_t *seen = json_object();
    while ((outcome = csv_file_next(file, &row, broken, sizeof broken)) == CSV_ROW) {
        if (row_count(demand, seen, map, &row, log->only == NULL ? NULL : only, problem, sizeof problem))
            counted++;
        else if ((*passed_over)++ == 0)
            snprintf(why, why_size, "%s:%zu: %s", log->path, row.line, problem);
    }
    json_decref(seen);
    if (outcome == CSV_BROKEN)
        snprintf(why, why_size, "%s", broken);
    return outcome == CSV_END_OF_FILE && (counted > 0 || *passed_over == 0);
}

bool demand_count(json_t *demand, const struct demand_log *log, size_t *passed_over, char *why, size_t why_size)
{
    /* What a demand has no need of is the same in every row. */
    struct import_wish wish = {
        .partner = log->partner_column == NULL ? "any" : NULL,
        .partner_column = log->partner_column,
        .id_column = log->id_column,
        .class = log->class == NULL && log->class_column == NULL ? "professional" : log->class,
        .class_column = log->class_column,
        .title = "asked",
        .severity = "C",
    };
    struct import_map *map = NULL;
    struct csv_row header;
    bool good = false;

    *passed_over = 0;
    if (log->only != NULL && log->partner_column == NULL) {
        snprintf(why, why_size, "--only needs --partner-column: which column names the partner");
        return false;
    }
    struct csv_file *file = csv_file_open(log->path, why, why_size);
    if (file == NULL)
        return false;
    why[0] = '\0';
    if (csv_file_next(file, &header, why, why_size) != CSV_ROW) {
        if (why[0] == '\0')
            snprintf(why, why_size, "%s: the file is empty", log->path);
        goto out;
    }
    map = import_map_new(&wish, &header, why, why_size);
    good = map != NULL && rows_count(demand, file, map, log, passed_over, why, why_size);
out:
    import_map_free(map);
    csv_file_close(file);
    return good;
}
