/*
 * The two arrays that every function of api takes (callers bigint[], requests jsonb[]), in PostgreSQL's
 * binary format: no quoting, no parsing of numbers.  The memory is reused from batch to batch.
 */
#ifndef DAEMON_CALL_ARRAY_H
#define DAEMON_CALL_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_ARRAY_OID_INT8 1016  /* pg_type's _int8 */
#define CALL_ARRAY_OID_JSONB 3807 /* pg_type's _jsonb */

struct call_array {
    char *bytes;
    size_t length, size;
};

/* Empties the array and writes the head for `count` elements of type bigint, or jsonb. */
bool call_array_begin_int8(struct call_array *array, int count);
bool call_array_begin_jsonb(struct call_array *array, int count);

/* Adds an element. All these return false if memory ran out; the array is then of no use. */
bool call_array_add_int8(struct call_array *array, int64_t value);
bool call_array_add_jsonb(struct call_array *array, const char *text, size_t length);

/* Frees what it holds. */
void call_array_release(struct call_array *array);

#endif
