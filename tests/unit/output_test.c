/* The output of a client: nothing is lost or reordered, small replies share chunks, waiting is noticed. */
#include "daemon/output.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>

static void put(struct output *output, struct evbuffer *waiting, char byte, size_t length)
{
    struct evbuffer *reply = evbuffer_new();
    char *bytes = malloc(length);

    CU_ASSERT_FATAL(reply != NULL && bytes != NULL);
    memset(bytes, byte, length);
    evbuffer_add(reply, bytes, length);
    CU_ASSERT_TRUE(output_add(output, waiting, reply));
    CU_ASSERT_EQUAL(evbuffer_get_length(reply), 0);
    free(bytes);
    evbuffer_free(reply);
}

static void test_order(void)
{
    static const size_t lengths[] = {1, 0, 200, 5000, 7999, 8000, 100, 60000, 3, 16000, 1};
    struct output output = {0};
    struct evbuffer *waiting = evbuffer_new();
    size_t total = 0;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        put(&output, waiting, (char)('a' + (int)i), lengths[i]);
        total += lengths[i];
    }
    CU_ASSERT_EQUAL(evbuffer_get_length(waiting), total);
    CU_ASSERT_EQUAL(output.added, total);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t j = 0; j < lengths[i]; j++) {
            char byte = 0;

            evbuffer_remove(waiting, &byte, 1);
            if (byte != (char)('a' + (int)i)) {
                CU_FAIL("a byte is out of its place");
                break;
            }
        }
    }
    evbuffer_free(waiting);
}

static void test_chunks(void)
{
    struct output output = {0};
    struct evbuffer *waiting = evbuffer_new();

    for (int i = 0; i < 512; i++)
        put(&output, waiting, 'x', 300);
    CU_ASSERT(evbuffer_peek(waiting, -1, NULL, NULL, 0) <= 512 * 300 / 16000 + 2);
    evbuffer_drain(waiting, 5000);
    put(&output, waiting, 'x', 300);
    CU_ASSERT_EQUAL(evbuffer_get_length(waiting), 512 * 300 - 5000 + 300);
    evbuffer_free(waiting);
}

static void test_since(void)
{
    struct output output = {0};
    struct evbuffer *waiting = evbuffer_new();

    put(&output, waiting, 'x', 100);
    CU_ASSERT_EQUAL(output_since(&output, waiting, 1000), 1000);
    put(&output, waiting, 'x', 100);
    CU_ASSERT_EQUAL(output_since(&output, waiting, 1500), 1000);
    evbuffer_drain(waiting, 99);
    CU_ASSERT_EQUAL(output_since(&output, waiting, 2000), 1000);
    evbuffer_drain(waiting, 1);
    CU_ASSERT_EQUAL(output_since(&output, waiting, 2500), 2500);
    CU_ASSERT_EQUAL(output_since(&output, waiting, 2600), 2500);
    evbuffer_drain(waiting, 100);
    CU_ASSERT_EQUAL(output_since(&output, waiting, 2700), 2700);
    evbuffer_free(waiting);
}

CU_ErrorCode output_register(void)
{
    CU_pSuite suite = CU_add_suite("output", NULL, NULL);

    if (suite == NULL || CU_add_test(suite, "order", test_order) == NULL ||
        CU_add_test(suite, "chunks", test_chunks) == NULL || CU_add_test(suite, "since", test_since) == NULL)
        return CU_get_error();
    return CUE_SUCCESS;
}
