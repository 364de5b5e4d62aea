/*
 * The model test's catalogue, as a table, and as the document that catalogue.apply takes.
 */
#include "tests/model/catalogue.h"

const char *const class_names[CLASSES] = {"professional", "priority", "critical", "advisory"};
const char *const benefit_names[BENEFITS] = {"advice-line", "critical-phone", "free",     "labs",
                                             "minutes",     "partner-led",    "priority", "seats"};
const char *const plan_names[PLANS] = {"certified", "delivered",  "gold",  "legacy",
                                       "plus",      "registered", "short", "standard"};
const char *const unit_names[] = {"", "incident", "minute", "day", "seat"};
const enum unit benefit_units[BENEFITS] = {ACCESS, ACCESS, INCIDENT, DAY, MINUTE, INCIDENT, INCIDENT, SEAT};

#define CALLS(class) (1u << (class))
#define PHONE                                                                                                      \
    [CRITICAL_PHONE] = {.included = true, .rank = 100, .accepts = CALLS(CRITICAL), .around_the_clock = true}

/* What both versions have; the second differs as catalogue_plan() says. */
static const struct plan_terms plans[PLANS] = {
    [REGISTERED] = {true, 1, 12, true, NO_PLAN, {PHONE}},
    [CERTIFIED] = {true, 2, 12, true, NO_PLAN, {PHONE, [FREE] = {true, 3, false, 10, CALLS(PROFESSIONAL), true}}},
    [GOLD] = {true,
              3,
              12,
              true,
              NO_PLAN,
              {PHONE, [FREE] = {true, 5, false, 10, CALLS(PROFESSIONAL), true},
               [MINUTES] = {true, 60, false, 100, 0, true}}},
    [STANDARD] =
        {false,
         0,
         12,
         true,
         NO_PLAN,
         {[ADVICE_LINE] = {true, NO_QUANTITY, false, 100, CALLS(ADVISORY), false},
          [PRIORITIES] = {true, 3, false, 20, CALLS(PROFESSIONAL) | CALLS(PRIORITY), true},
          [MINUTES] = {true, 100, false, 50, CALLS(ADVISORY), false}}},
    [PLUS] = {false,
              0,
              12,
              true,
              NO_PLAN,
              {[PRIORITIES] = {true, NO_QUANTITY, true, 20, CALLS(PROFESSIONAL) | CALLS(PRIORITY), true},
               [MINUTES] = {true, 50, true, 50, CALLS(ADVISORY), true},
               [LABS] = {true, 2, false, 100, 0, false},
               [SEATS] = {true, 0, true, 100, 0, false}}},
    [LEGACY] = {false, 0, 6, true, PLUS, {[PRIORITIES] = {true, 2, true, 30, CALLS(PRIORITY), false}}},
    [SHORT] = {false,
               0,
               1,
               true,
               NO_PLAN,
               {[FREE] = {true, 1, false, 20, CALLS(PROFESSIONAL) | CALLS(PRIORITY), true},
                [PRIORITIES] = {true, 1, false, 20, CALLS(PROFESSIONAL) | CALLS(PRIORITY), true},
                [SEATS] = {true, 2, false, 100, 0, true}}},
    [DELIVERED] = {false,
                   0,
                   3,
                   true,
                   NO_PLAN,
                   {[PARTNER_LED] = {true, 2, false, 5, CALLS(PROFESSIONAL) | CALLS(PRIORITY), true},
                    [ADVICE_LINE] = {true, NO_QUANTITY, false, 100, CALLS(ADVISORY), true}}},
};

const struct plan_terms *catalogue_plan(int version, int plan)
{
    static struct plan_terms second[PLANS];
    static bool made;

    if (version == 0)
        return &plans[plan];
    if (!made) {
        for (int i = 0; i < PLANS; i++)
            second[i] = plans[i];
        second[LEGACY].sold = false; /* replaced by its successor */
        second[SHORT].sold = false;  /* withdrawn */
        second[CERTIFIED].items[FREE].quantity = 4;
        second[CERTIFIED].months = 9;
        second[STANDARD].items[PRIORITIES].rank = 4;
        second[PLUS].items[LABS] = (struct item){true, NO_QUANTITY, true, 100, 0, false};
        second[LEGACY].items[PRIORITIES].quantity = NO_QUANTITY;
        made = true;
    }
    return &second[plan];
}

static void document_item(struct text *text, int benefit, const struct item *item, const char *comma)
{
    const char *between = "";

    text_add(text, "%s{\"benefit\":\"%s\",\"rank\":%d,\"coverage\":\"%s\",\"accepts\":[", comma,
             benefit_names[benefit], item->rank, item->around_the_clock ? "24x7" : "business-hours");
    for (int i = 0; i < CLASSES; i++)
        if (item->accepts & CALLS(i)) {
            text_add(text, "%s\"%s\"", between, class_names[i]);
            between = ",";
        }
    text_add(text, "]");
    if (benefit_units[benefit] != ACCESS && item->quantity != NO_QUANTITY)
        text_add(text, ",\"quantity\":%d", item->quantity);
    if (item->per_contract)
        text_add(text, ",\"per_contract\":true");
    text_add(text, "}");
}

static void document_plan(struct text *text, int version, int plan)
{
    const struct plan_terms *terms = catalogue_plan(version, plan);
    const char *comma = "";

    text_add(text, "%s{\"plan\":\"%s\",\"name\":\"%s\",\"kind\":\"%s\",\"months\":%d,\"sold\":%s", plan ? "," : "",
             plan_names[plan], plan_names[plan], terms->membership ? "membership" : "service", terms->months,
             terms->sold ? "true" : "false");
    if (terms->membership)
        text_add(text, ",\"level\":%d", terms->level);
    if (terms->successor != NO_PLAN)
        text_add(text, ",\"successor\":\"%s\"", plan_names[terms->successor]);
    text_add(text, ",\"includes\":[");
    for (int i = 0; i < BENEFITS; i++)
        if (terms->items[i].included) {
            document_item(text, i, &terms->items[i], comma);
            comma = ",";
        }
    text_add(text, "]}");
}

void catalogue_document(struct text *text, int version)
{
    text_add(text, "{\"regions\":[{\"region\":\"us\",\"name\":\"US\"}],\"benefits\":[");
    for (int i = 0; i < BENEFITS; i++) {
        text_add(text, "%s{\"benefit\":\"%s\",\"name\":\"%s\",\"kind\":\"%s\"", i ? "," : "", benefit_names[i],
                 benefit_names[i], benefit_units[i] == ACCESS ? "access" : "pool");
        if (benefit_units[i] != ACCESS)
            text_add(text, ",\"unit\":\"%s\"", unit_names[benefit_units[i]]);
        text_add(text, "}");
    }
    text_add(text, "],\"plans\":[");
    for (int i = 0; i < PLANS; i++)
        document_plan(text, version, i);
    text_add(text, "]}");
}
