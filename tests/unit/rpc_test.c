/* rpc: what is a request, what is not, and what is said of it. */
#include "common/rpc.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>

/* The error of a line that is no request at all; ERROR_COUNT for one that parses. */
static enum error_id line_error(const char *line)
{
    enum error_id error;
    char why[RPC_WHY_MAX] = "";
    json_t *value = rpc_parse(line, strlen(line), &error, why, sizeof why);

    CU_ASSERT_EQUAL(value == NULL, why[0] != '\0');
    json_decref(value);
    return error;
}

static void lines(void)
{
    CU_ASSERT_EQUAL(line_error("{}"), ERROR_COUNT);
    CU_ASSERT_EQUAL(line_error(" \t [1]"), ERROR_COUNT);
    CU_ASSERT_EQUAL(line_error(""), ERROR_PARSE_ERROR);
    CU_ASSERT_EQUAL(line_error("GET / HTTP/1.1"), ERROR_PARSE_ERROR);
    CU_ASSERT_EQUAL(line_error("\"text\""), ERROR_PARSE_ERROR);
    CU_ASSERT_EQUAL(line_error("{\"a\":1,\"a\":2}"), ERROR_PARSE_ERROR);
    CU_ASSERT_EQUAL(line_error("{\"a\":\"\xff\"}"), ERROR_PARSE_ERROR);
    CU_ASSERT_EQUAL(line_error("{} {}"), ERROR_PARSE_ERROR);
    CU_ASSERT_EQUAL(line_error("{\"a\":\"\\u0000\"}"), ERROR_PARSE_ERROR);
    CU_ASSERT_EQUAL(line_error("{\"a\":tru}"), ERROR_PARSE_ERROR);
    CU_ASSERT_EQUAL(line_error("[]"), ERROR_INVALID_REQUEST);
}

static void batch_bound(void)
{
    char line[2 * (RPC_BATCH_MAX + 1) + 2] = "[";

    for (int i = 0; i < RPC_BATCH_MAX; i++)
        strcat(line, i ? ",1" : "1");
    strcat(line, "]");
    CU_ASSERT_EQUAL(line_error(line), ERROR_COUNT);
    strcpy(line + strlen(line) - 1, ",1]");
    CU_ASSERT_EQUAL(line_error(line), ERROR_INVALID_REQUEST);
}

static struct rpc_request request_of(const char *text)
{
    json_t *object = json_loads(text, JSON_DECODE_ANY, NULL);
    struct rpc_request request;

    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    rpc_request_read(object, &request);
    json_decref(object);
    request.params = NULL; /* was the object's */
    CU_ASSERT_EQUAL(request.error == ERROR_COUNT, request.why[0] == '\0');
    return request;
}

static void good_requests(void)
{
    struct rpc_request request = request_of("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"hello\"}");

    CU_ASSERT_EQUAL(request.error, ERROR_COUNT);
    CU_ASSERT_EQUAL(request.method, METHOD_HELLO);
    CU_ASSERT_STRING_EQUAL(request.id, "7");
    CU_ASSERT_FALSE(request.notification);
    request = request_of("{\"jsonrpc\":\"2.0\",\"method\":\"hello\",\"params\":{}}");
    CU_ASSERT_TRUE(request.notification);
    request = request_of("{\"jsonrpc\":\"2.0\",\"id\":\"\\u00e4\\\"\\n\",\"method\":\"hello\"}");
    CU_ASSERT_STRING_EQUAL(request.id, "\"\xc3\xa4\\\"\\n\"");
}

static void bad_requests(void)
{
    static const struct {
        const char *text, *id;
        enum error_id error;
    } bad[] = {
        {"1", "null", ERROR_INVALID_REQUEST},
        {"{}", "null", ERROR_INVALID_REQUEST},
        {"{\"id\":1,\"method\":\"hello\"}", "1", ERROR_INVALID_REQUEST},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"hello\"}", "1", ERROR_INVALID_REQUEST},
        {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"hello\"}", "1", ERROR_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"hello\"}", "null", ERROR_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"hello\"}", "null", ERROR_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"hello\"}", "null", ERROR_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", "1", ERROR_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"extra\":1}", "1", ERROR_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":[]}", "1", ERROR_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{\"x\":1}}", "1", ERROR_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hallo\"}", "1", ERROR_METHOD_NOT_FOUND}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rpc_request request = request_of(bad[i].text);

        CU_ASSERT_EQUAL(request.error, bad[i].error);
        CU_ASSERT_STRING_EQUAL(request.id, bad[i].id);
    }
    CU_ASSERT_STRING_EQUAL(request_of("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hallo\"}").why,
                           "there is no method `hallo`; did you mean `hello`?");
}

/* The longest id, of characters that take six bytes each as JSON, and one more. */
static void long_ids(void)
{
    char id[RPC_ID_MAX * 6 + 8] = "", text[sizeof id + 64];

    for (int i = 0; i < RPC_ID_MAX; i++)
        strcat(id, "\\u0001");
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"hello\"}", id);
    CU_ASSERT_EQUAL(request_of(text).error, ERROR_COUNT);
    CU_ASSERT_EQUAL(strlen(request_of(text).id), RPC_ID_MAX * 6 + 2);
    strcat(id, "x");
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"hello\"}", id);
    CU_ASSERT_EQUAL(request_of(text).error, ERROR_INVALID_REQUEST);
}

static void error_texts(void)
{
    char *text = rpc_error_text(ERROR_BUSY, NULL);

    CU_ASSERT_STRING_EQUAL(
        text, "{\"code\":5,\"message\":\"too much in flight; try again\",\"data\":{\"reason\":\"busy\"}}");
    free(text);
    text = rpc_error_text(ERROR_INVALID_PARAMS, "say \"this\"");
    CU_ASSERT_STRING_EQUAL(
        text, "{\"code\":-32602,\"message\":\"say \\\"this\\\"\",\"data\":{\"reason\":\"invalid_params\"}}");
    free(text);
}

CU_ErrorCode rpc_register(void)
{
    static CU_TestInfo tests[] = {{"lines", lines},
                                  {"the bound of a batch", batch_bound},
                                  {"good requests", good_requests},
                                  {"bad requests", bad_requests},
                                  {"long ids", long_ids},
                                  {"error texts", error_texts},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"rpc", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
