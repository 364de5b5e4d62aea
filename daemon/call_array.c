/*
 * Owns the binary form of an array parameter: dimensions, NULL flag, element type, size and lower bound,
 * then each element with its length, all in network order (array_recv() of PostgreSQL).
 */
#include "daemon/call_array.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define OID_INT8 20
#define OID_JSONB 3802
#define JSONB_VERSION 1

static bool array_put(struct call_array *array, const void *bytes, size_t length)
{
    if (array->size - array->length < length) {
        size_t size = array->size ? array->size : 4096;
        char *grown;

        while (size - array->length < length)
            size *= 2;
        grown = realloc(array->bytes, size);
        if (!grown)
            return false;
        array->bytes = grown;
        array->size = size;
    }
    memcpy(array->bytes + array->length, bytes, length);
    array->length += length;
    return true;
}

static bool array_begin(struct call_array *array, uint32_t type, int count)
{
    uint32_t head[] = {htonl(1), htonl(0), htonl(type), htonl((uint32_t)count), htonl(1)};

    array->length = 0;
    return array_put(array, head, sizeof head);
}

bool call_array_begin_int8(struct call_array *array, int count)
{
    return array_begin(array, OID_INT8, count);
}

bool call_array_begin_jsonb(struct call_array *array, int count)
{
    return array_begin(array, OID_JSONB, count);
}

bool call_array_add_int8(struct call_array *array, int64_t value)
{
    uint32_t element[] = {htonl(8), htonl((uint32_t)((uint64_t)value >> 32)), htonl((uint32_t)value)};

    return array_put(array, element, sizeof element);
}

bool call_array_add_jsonb(struct call_array *array, const char *text, size_t length)
{
    uint32_t size = htonl((uint32_t)length + 1);
    char version = JSONB_VERSION;

    return array_put(array, &size, sizeof size) && array_put(array, &version, 1) && array_put(array, text, length);
}

void call_array_release(struct call_array *array)
{
    free(array->bytes);
    memset(array, 0, sizeof *array);
}
