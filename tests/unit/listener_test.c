/* The listener: addresses, opening, and accepting on a loop. */
#include "daemon/listener.h"
#include "tests/unit/suites.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX 256

static bool refused(const char *text, const char *part)
{
    struct listener_address addresses[LISTENER_SOCKETS_MAX];
    char why[WHY_MAX] = "";
    bool right = listener_parse(text, addresses, why, sizeof why) == -1 && strstr(why, part) != NULL;

    if (!right)
        fprintf(stderr, "listener: \"%s\": %s\n", text, why);
    return right;
}

static void test_parse(void)
{
    struct listener_address addresses[LISTENER_SOCKETS_MAX];
    char why[WHY_MAX] = "";
    char text[LISTENER_ADDRESS_TEXT_MAX];

    CU_ASSERT_EQUAL_FATAL(listener_parse(" 127.0.0.1:20040\t[::1]:1  ", addresses, why, sizeof why), 2);
    CU_ASSERT_STRING_EQUAL(listener_address_text((struct sockaddr *)&addresses[0].address, text),
                           "127.0.0.1:20040");
    CU_ASSERT_STRING_EQUAL(listener_address_text((struct sockaddr *)&addresses[1].address, text), "[::1]:1");
    CU_ASSERT_EQUAL(addresses[0].length, sizeof(struct sockaddr_in));
    CU_ASSERT_EQUAL(addresses[1].length, sizeof(struct sockaddr_in6));
}

static void test_refused(void)
{
    char many[1024] = "";

    CU_ASSERT(refused("", "empty"));
    CU_ASSERT(refused("   ", "empty"));
    CU_ASSERT(refused("127.0.0.1", "127.0.0.1"));
    CU_ASSERT(refused("127.0.0.1:", "127.0.0.1:"));
    CU_ASSERT(refused("127.0.0.1:0", "127.0.0.1:0"));
    CU_ASSERT(refused("127.0.0.1:65536", "65536"));
    CU_ASSERT(refused("127.0.0.1:+5", "+5"));
    CU_ASSERT(refused("localhost:20040", "localhost"));
    CU_ASSERT(refused("::1:20040", "::1"));
    CU_ASSERT(refused("[::1]", "[::1]"));
    CU_ASSERT(refused("127.0.0.1:1 nonsense", "nonsense"));
    CU_ASSERT(refused("1111111111111111111111111111111111111111111111111111111111111111111111111:1", "1111"));
    for (int i = 0; i <= LISTENER_SOCKETS_MAX; i++)
        strcat(many, "127.0.0.1:1 ");
    CU_ASSERT(refused(many, "more than"));
}

struct counter {
    struct event_base *base;
    int accepted;
};

static void count_one(void *owner, int fd, const struct sockaddr *address, socklen_t length)
{
    struct counter *counter = owner;

    CU_ASSERT_EQUAL(address->sa_family, AF_INET);
    CU_ASSERT_EQUAL(length, sizeof(struct sockaddr_in));
    close(fd);
    counter->accepted++;
    event_base_loopbreak(counter->base);
}

/* A port that was free a moment ago. */
static int port_free(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void test_accept(void)
{
    const struct timeval deadline = {.tv_sec = 10};
    struct counter counter = {.base = event_base_new()};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int port = port_free();
    int sockets[LISTENER_SOCKETS_MAX], again[LISTENER_SOCKETS_MAX];
    char text[64], why[WHY_MAX] = "";

    snprintf(text, sizeof text, "127.0.0.1:%d", port);
    address.sin_port = htons((uint16_t)port);
    CU_ASSERT_EQUAL_FATAL(listener_open(text, sockets, why, sizeof why), 1);
    CU_ASSERT_EQUAL(listener_open(text, again, why, sizeof why), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "in use"));

    struct listener *listener = listener_new(counter.base, sockets, 1, count_one, &counter);
    int client = socket(AF_INET, SOCK_STREAM, 0);

    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    CU_ASSERT_EQUAL(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    event_base_loopexit(counter.base, &deadline);
    event_base_dispatch(counter.base);
    CU_ASSERT_EQUAL(counter.accepted, 1);
    close(client);
    listener_free(listener);

    client = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_NOT_EQUAL(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    close(client);
    event_base_free(counter.base);
}

CU_ErrorCode listener_register(void)
{
    CU_pSuite suite = CU_add_suite("listener", NULL, NULL);

    if (suite == NULL || CU_add_test(suite, "parse", test_parse) == NULL ||
        CU_add_test(suite, "refused", test_refused) == NULL || CU_add_test(suite, "accept", test_accept) == NULL)
        return CU_get_error();
    return CUE_SUCCESS;
}
