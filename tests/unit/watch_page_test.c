/* Pages of events as the database gives them, who gets which event, and the lines that tell it. */
#include "daemon/watch_page.h"
#include "tests/unit/suites.h"
#include <stdlib.h>
#include <string.h>

static const char good[] =
    "{\"cursor\":\"c2\",\"more\":true,\"partner_id\":7,\"events\":["
    "{\"cursor\":\"c1\",\"partner_id\":7,\"incident_id\":9,\"internal\":false,\"owner\":\"ada\","
    "\"event\":\"{\\\"seq\\\": 1}\"},"
    "{\"cursor\":\"c2\",\"partner_id\":8,\"incident_id\":10,\"internal\":true,\"owner\":\"\","
    "\"event\":\"{}\"}]}";

static void test_read(void)
{
    static const char *const bad[] = {"", "[]", "{\"more\":false,\"events\":[]}",
                                      "{\"cursor\":1,\"more\":false,\"events\":[]}",
                                      "{\"cursor\":\"c\",\"more\":false}"};
    struct watch_page page;

    CU_ASSERT_TRUE_FATAL(watch_page_read(&page, good, strlen(good)));
    CU_ASSERT_STRING_EQUAL(page.cursor, "c2");
    CU_ASSERT_TRUE(page.more);
    CU_ASSERT_EQUAL(page.partner_id, 7);
    CU_ASSERT_EQUAL(page.incident_id, 0);
    CU_ASSERT_EQUAL(page.count, 2);
    struct watch_event *events = watch_page_events(&page);

    CU_ASSERT_PTR_NOT_NULL_FATAL(events);
    CU_ASSERT_EQUAL(events[0].incident_id, 9);
    CU_ASSERT_FALSE(events[0].internal);
    CU_ASSERT_STRING_EQUAL(events[0].text, "{\"seq\": 1}");
    CU_ASSERT_TRUE(events[1].internal);
    free(events);
    watch_page_release(&page);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(watch_page_read(&page, bad[i], strlen(bad[i])));
}

static void test_bad_event(void)
{
    static const char text[] = "{\"cursor\":\"c\",\"more\":false,\"events\":[{\"cursor\":\"c\"}]}";
    struct watch_page page;

    CU_ASSERT_TRUE_FATAL(watch_page_read(&page, text, strlen(text)));
    CU_ASSERT_PTR_NULL(watch_page_events(&page));
    watch_page_release(&page);
}

static void test_filter(void)
{
    const struct watch_event open = {.partner_id = 7, .incident_id = 9, .owner = "ada"};
    const struct watch_event hidden = {.partner_id = 7, .incident_id = 9, .owner = "", .internal = true};

    CU_ASSERT_TRUE(watch_filter_takes(&(struct watch_filter){.scope = 0}, &open));
    CU_ASSERT_TRUE(watch_filter_takes(&(struct watch_filter){.scope = 0}, &hidden));
    CU_ASSERT_TRUE(watch_filter_takes(&(struct watch_filter){.scope = 7}, &open));
    CU_ASSERT_FALSE(watch_filter_takes(&(struct watch_filter){.scope = 7}, &hidden));
    CU_ASSERT_FALSE(watch_filter_takes(&(struct watch_filter){.scope = 8}, &open));
    CU_ASSERT_FALSE(watch_filter_takes(&(struct watch_filter){.scope = 8, .partner_id = 7}, &open));
    CU_ASSERT_TRUE(watch_filter_takes(&(struct watch_filter){.partner_id = 7, .incident_id = 9}, &open));
    CU_ASSERT_FALSE(watch_filter_takes(&(struct watch_filter){.partner_id = 8}, &open));
    CU_ASSERT_FALSE(watch_filter_takes(&(struct watch_filter){.incident_id = 10}, &open));
    CU_ASSERT_TRUE(watch_filter_takes(&(struct watch_filter){.owner = "ada"}, &open));
    CU_ASSERT_FALSE(watch_filter_takes(&(struct watch_filter){.owner = "ada"}, &hidden));
}

static void check_line(struct evbuffer *out, const char *wanted)
{
    char line[256] = "";

    evbuffer_remove(out, line, sizeof line - 1);
    CU_ASSERT_STRING_EQUAL(line, wanted);
}

static void test_lines(void)
{
    const struct watch_event event = {.cursor = "c1", .text = "{\"seq\": 1}"};
    struct evbuffer *out = evbuffer_new();

    watch_line_event(out, 3, &event);
    check_line(out, "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"watch\":3,\"cursor\":\"c1\","
                    "\"event\":{\"seq\": 1}}}\n");
    watch_line_beat(out, 3, "c2");
    check_line(out, "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"watch\":3,\"cursor\":\"c2\"}}\n");
    watch_line_gap(out, 3, "c2");
    check_line(
        out,
        "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"watch\":3,\"cursor\":\"c2\",\"gap\":true}}\n");
    evbuffer_free(out);
}

CU_ErrorCode watch_page_register(void)
{
    CU_pSuite suite = CU_add_suite("watch_page", NULL, NULL);

    if (suite == NULL || CU_add_test(suite, "read", test_read) == NULL ||
        CU_add_test(suite, "bad event", test_bad_event) == NULL ||
        CU_add_test(suite, "filter", test_filter) == NULL || CU_add_test(suite, "lines", test_lines) == NULL)
        return CU_get_error();
    return CUE_SUCCESS;
}
