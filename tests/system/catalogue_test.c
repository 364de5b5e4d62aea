/*
 * The shipped catalogue (conf/catalogue.conf, applied by the real client when the tests' world begins), plan by
 * plan and benefit by benefit: sold, used to the last unit, refused beyond, given back, used again, looked up
 * inside and outside its hours, renewed, audited.  It goes by what catalogue.show says, so a new plan is in without
 * being told.
 */
#include "tests/system/check.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A plan on trial: its row in the catalogue, the partner that buys it, and its contract. */
struct trial {
    const json_t *plan;
    const char *code;
    const char *delivered_by; /* NULL: the vendor itself */
    char partner[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], last_incident[WORLD_NAME_MAX];
};

/* Instants of one business day of the partners' calendar ("us": New York, 08:00 to 18:00), and those around it. */
static struct {
    char before[40], first[40], last[40], after[40];
} day;

static struct peer *admin;
static json_t *catalogue;

static const char *text_of(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

static bool day_time(char *text, const char *local)
{
    return fixture_sql(text, 40,
                       "SELECT to_jsonb((min(d)::date + time '%s') AT TIME ZONE 'America/New_York') #>> '{}'"
                       " FROM generate_series(current_date + 1, current_date + 20, interval '1 day') d"
                       " WHERE extract(isodow FROM d) BETWEEN 2 AND 4 AND d::date NOT IN (SELECT day FROM"
                       " entitled.calendar_holiday JOIN entitled.calendar USING (calendar_id) WHERE code = 'us')",
                       local);
}

static int catalogue_init(void)
{
    bool good = (admin = peer_open(world_server(), "admin")) &&
                (catalogue = peer_ask(admin, "catalogue.show", NULL)) && day_time(day.before, "07:59:59") &&
                day_time(day.first, "08:00") && day_time(day.last, "17:59:59") && day_time(day.after, "18:00");

    return good && json_array_size(reply_member(catalogue, "plans")) > 0 ? 0 : 1;
}

static int catalogue_clean(void)
{
    json_decref(catalogue);
    peer_free(admin);
    return 0;
}

/* The unit of a pool; NULL for an access. */
static const char *unit_of(const char *benefit)
{
    json_t *row;
    size_t i;

    json_array_foreach(reply_member(catalogue, "benefits"), i,
                       row) if (strcmp(text_of(row, "benefit"), benefit) == 0) return text_of(row, "unit");
    return NULL;
}

static bool accepts(const json_t *item, const char *class)
{
    json_t *each;
    size_t i;

    json_array_foreach(json_object_get(item, "accepts"), i,
                       each) if (strcmp(json_string_value(each), class) == 0) return true;
    return false;
}

/* Whether an item of the plan accepts the class: a pool of this unit (NULL: an access). */
static bool plan_accepts(const struct trial *trial, const char *class, const char *unit)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(trial->plan, "includes"), i, item)
    {
        const char *counts = unit_of(text_of(item, "benefit"));

        if (accepts(item, class) && (unit ? counts && strcmp(counts, unit) == 0 : !counts))
            return true;
    }
    return false;
}

static json_t *open_reply(struct trial *trial, const char *class, const char *outage)
{
    json_t *params = world_open_params(trial->partner, class, world_key());

    if (trial->delivered_by)
        json_object_set_new(params, "delivered_by", json_string(trial->delivered_by));
    if (outage)
        json_object_set_new(params, "outage", json_string(outage));
    json_t *reply = peer_ask_json(admin, "incident.open", params);

    if (reply_text(reply, "incident"))
        snprintf(trial->last_incident, sizeof trial->last_incident, "%s", reply_text(reply, "incident"));
    return reply;
}

/* Opens one; it is answered with this reason, and if it is "ok", charged to the pool (NULL: not charged). */
static bool open_check(struct trial *trial, const char *class, const char *outage, const char *reason,
                       const char *pool, long long remaining)
{
    json_t *reply = open_reply(trial, class, outage);
    bool good = CHECK(strcmp(reply_reason(reply), reason) == 0, "%s: %s %s: %s instead of %s", trial->code, class,
                      pool ? pool : "", reply_reason(reply), reason);

    if (good && strcmp(reason, "ok") == 0 && pool)
        good = CHECK_TEXT(reply_text(reply, "charge.pool"), pool) &&
               CHECK_NUMBER(reply_number(reply, "charge.remaining"), remaining);
    else if (good && strcmp(reason, "ok") == 0)
        good = CHECK(json_is_null(reply_member(reply, "charge")), "%s: %s is charged", trial->code, class);
    json_decref(reply);
    return good;
}

/* What the contract or balance says of a pool. */
static long long pool_number(const struct trial *trial, const char *pool, const char *member)
{
    json_t *reply = peer_ask(admin, "balance.get", "{s:s}", "partner", trial->partner), *row;
    long long number = -1;
    size_t i;

    json_array_foreach(reply_member(reply, "pools"), i, row) if (strcmp(text_of(row, "pool"), pool) == 0) number =
        json_integer_value(json_object_get(row, member));
    json_decref(reply);
    return number;
}

/* benefit.check at an instant: whether it covers; opens: the next opening that it must name, or NULL for none. */
static void covered_check(const struct trial *trial, const char *benefit, const char *at, bool covered,
                          const char *opens)
{
    json_t *reply = peer_ask(admin, "benefit.check", "{s:s, s:s, s:s}", "partner", trial->partner, "benefit",
                             benefit, "at", at);

    CHECK(json_is_boolean(reply_member(reply, "covered")) &&
              json_is_true(reply_member(reply, "covered")) == covered,
          "%s: %s at %s: %s", trial->code, benefit, at, reply_text(reply, "why"));
    if (opens)
        CHECK_TEXT(reply_text(reply, "opens"), opens);
    json_decref(reply);
}

/* Inside and outside its hours, to the second: rule 10. */
static void hours_check(const struct trial *trial, const json_t *item)
{
    const char *benefit = text_of(item, "benefit");
    bool always = strcmp(text_of(item, "coverage"), "24x7") == 0;

    covered_check(trial, benefit, day.before, always, always ? NULL : day.first);
    covered_check(trial, benefit, day.first, true, NULL);
    covered_check(trial, benefit, day.last, true, NULL);
    covered_check(trial, benefit, day.after, always, NULL);
}

/* A pool of incidents: each class in turn until nothing is left; one beyond; one given back, and used again. */
static void incidents_check(struct trial *trial, const json_t *item)
{
    const json_t *classes = json_object_get(item, "accepts");
    const char *pool = text_of(item, "benefit");
    long long quantity = json_integer_value(json_object_get(item, "quantity"));
    const char *class = "";

    for (long long n = 0; n < quantity; n++) {
        class = json_string_value(json_array_get(classes, (size_t)n % json_array_size(classes)));
        if (!open_check(trial, class, NULL, "ok", pool, quantity - n - 1))
            return;
    }
    open_check(trial, class, NULL, "entitlement_exhausted", pool, 0);
    covered_check(trial, pool, day.first, false, NULL);
    CHECK_TEXT(peer_reason(admin, "incident.credit", "{s:s, s:s, s:s, s:s}", "key", world_key(), "incident",
                           trial->last_incident, "reason", "goodwill", "note", "a unit back"),
               "ok");
    CHECK_NUMBER(pool_number(trial, pool, "remaining"), 1);
    CHECK_TEXT(peer_reason(admin, "incident.credit", "{s:s, s:s, s:s, s:s}", "key", world_key(), "incident",
                           trial->last_incident, "reason", "goodwill", "note", "again"),
               "already_credited");
    open_check(trial, class, NULL, "ok", pool, 0);
    open_check(trial, class, NULL, "entitlement_exhausted", pool, 0);
    CHECK_NUMBER(pool_number(trial, pool, "used"), quantity);
}

static const char *usage_reason(const struct trial *trial, const char *pool, long long units)
{
    return peer_reason(admin, "usage.record", "{s:s, s:s, s:s, s:I}", "key", world_key(), "partner", trial->partner,
                       "benefit", pool, "units", (json_int_t)units);
}

/* A pool of minutes, days, seats: all but one, the last one, one beyond; one more is bought, and used. */
static void usage_check(const struct trial *trial, const json_t *item)
{
    const char *pool = text_of(item, "benefit");
    long long quantity = json_integer_value(json_object_get(item, "quantity"));

    CHECK_TEXT(usage_reason(trial, pool, quantity + 1), "entitlement_exhausted");
    CHECK_TEXT(usage_reason(trial, pool, quantity - 1), "ok");
    CHECK_NUMBER(pool_number(trial, pool, "remaining"), 1);
    CHECK_TEXT(usage_reason(trial, pool, 1), "ok");
    CHECK_TEXT(usage_reason(trial, pool, 1), "entitlement_exhausted");
    covered_check(trial, pool, day.first, false, NULL);
    CHECK_TEXT(peer_reason(admin, "contract.top_up", "{s:s, s:s, s:s, s:i}", "key", world_key(), "contract",
                           trial->contract, "benefit", pool, "units", 1),
               "ok");
    CHECK_TEXT(usage_reason(trial, pool, 1), "ok");
    CHECK_TEXT(usage_reason(trial, pool, 1), "entitlement_exhausted");
    CHECK_NUMBER(pool_number(trial, pool, "used"), quantity + 1);
}

/* What the plan's items say of each class, where no pool of incidents is charged for it (rules 2 to 4). */
static void classes_check(struct trial *trial)
{
    bool critical = plan_accepts(trial, "critical", NULL);
    bool advisory = plan_accepts(trial, "advisory", "minute") || plan_accepts(trial, "advisory", NULL);

    open_check(trial, "critical", NULL, "outage_required", NULL, 0);
    open_check(trial, "critical", "server", critical ? "ok" : "no_entitlement", NULL, 0);
    open_check(trial, "advisory", NULL, advisory ? "ok" : "no_entitlement", NULL, 0);
    if (!plan_accepts(trial, "priority", "incident"))
        open_check(trial, "priority", NULL, "no_entitlement", NULL, 0);
    if (!plan_accepts(trial, "professional", "incident"))
        open_check(trial, "professional", NULL, "no_entitlement", NULL, 0);
}

static void items_check(struct trial *trial)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(trial->plan, "includes"), i, item)
    {
        const char *benefit = text_of(item, "benefit"), *unit = unit_of(benefit);

        hours_check(trial, item);
        if (!unit)
            continue;
        CHECK_NUMBER(pool_number(trial, benefit, "granted"), json_integer_value(json_object_get(item, "quantity")));
        if (strcmp(unit, "incident") == 0)
            incidents_check(trial, item);
        else
            usage_check(trial, item);
        CHECK_NUMBER(pool_number(trial, benefit, "remaining"), 0);
    }
}

/* The next term: scheduled, with fresh grants of what the plan has, and no second one. */
static void renewal_check(const struct trial *trial)
{
    json_t *reply =
        peer_ask(admin, "contract.renew", "{s:s, s:s}", "key", world_key(), "contract", trial->contract);
    json_t *grant, *item;
    size_t i, n;

    CHECK_TEXT(reply_text(reply, "contract.plan"), trial->code);
    CHECK_TEXT(reply_text(reply, "contract.state"), "scheduled");
    json_array_foreach(reply_member(reply, "contract.grants"), i, grant)
        json_array_foreach(json_object_get(trial->plan, "includes"), n,
                           item) if (strcmp(text_of(item, "benefit"), text_of(grant, "pool")) == 0)
            CHECK(json_equal(json_object_get(grant, "granted"), json_object_get(item, "quantity")) &&
                      json_equal(json_object_get(grant, "remaining"), json_object_get(item, "quantity")),
                  "%s: the renewal's %s is not fresh", trial->code, text_of(grant, "pool"));
    CHECK_TEXT(peer_reason(admin, "contract.renew", "{s:s, s:s}", "key", world_key(), "contract", trial->contract),
               "invalid_state");
    json_decref(reply);
}

static bool sold_check(struct trial *trial)
{
    char starts[16];
    json_t *params;

    if (!world_partner(admin, trial->partner))
        return false;
    fixture_sql(starts, sizeof starts, "SELECT current_date - 30");
    params = json_pack("{s:s, s:s, s:s, s:s}", "key", world_key(), "partner", trial->partner, "plan", trial->code,
                       "starts", starts);
    if (trial->delivered_by)
        json_object_set_new(params, "delivered_by", json_string(trial->delivered_by));
    json_t *reply = peer_ask_json(admin, "contract.create", params);

    snprintf(trial->contract, sizeof trial->contract, "%s",
             reply_text(reply, "contract.contract") ? reply_text(reply, "contract.contract") : "");
    CHECK(strcmp(reply_reason(reply), "ok") == 0, "%s cannot be sold: %s", trial->code,
          reply_text(reply, "message"));
    json_decref(reply);
    return CHECK_TEXT(
        peer_reason(admin, "contract.activate", "{s:s, s:s}", "key", world_key(), "contract", trial->contract),
        "ok");
}

static void verify_check(const struct trial *trial)
{
    json_t *reply = peer_ask(admin, "ledger.verify", "{s:s}", "partner", trial->partner);
    char *text = json_dumps(reply, 0);

    CHECK(json_is_array(reply_member(reply, "broken")) && json_array_size(reply_member(reply, "broken")) == 0,
          "%s: %s", trial->code, text);
    free(text);
    json_decref(reply);
    world_check_ledger(trial->partner);
}

static void plan_try(const json_t *plan, const char *delivered_by)
{
    struct trial trial = {.plan = plan, .code = text_of(plan, "plan"), .delivered_by = delivered_by};

    if (!sold_check(&trial))
        return;
    classes_check(&trial);
    items_check(&trial);
    verify_check(&trial);
    renewal_check(&trial);
    verify_check(&trial);
}

static void test_plans_sold(void)
{
    json_t *plan;
    size_t i;
    int tried = 0;

    json_array_foreach(reply_member(catalogue, "plans"), i, plan) if (json_is_true(json_object_get(plan, "sold")))
    {
        plan_try(plan, NULL);
        tried++;
    }
    CHECK(tried >= 12, "only %d plans are on sale", tried);
}

/* Support that another partner delivers: what is handed over to it, and only that, is charged to the plan. */
static void test_delivered_by(void)
{
    json_t *plan;
    size_t i;

    json_array_foreach(reply_member(catalogue, "plans"), i,
                       plan) if (strcmp(text_of(plan, "plan"), "partner-delivered") == 0) plan_try(plan, "contoso");
}

static void test_plans_not_sold(void)
{
    char partner[WORLD_NAME_MAX];
    json_t *plan;
    size_t i;
    int tried = 0;

    if (!world_partner(admin, partner))
        return;
    json_array_foreach(reply_member(catalogue, "plans"), i, plan)
    {
        if (json_is_true(json_object_get(plan, "sold")))
            continue;
        json_t *reply = peer_ask(admin, "contract.create", "{s:s, s:s, s:s, s:s}", "key", world_key(), "partner",
                                 partner, "plan", text_of(plan, "plan"), "starts", "2026-01-01");

        CHECK_TEXT(reply_reason(reply), "invalid_state");
        CHECK_TEXT(reply_text(reply, "data.successor"), text_of(plan, "successor"));
        CHECK_HAS(reply_text(reply, "message"), text_of(plan, "successor"));
        json_decref(reply);
        tried++;
    }
    CHECK(tried >= 1, "every plan is on sale");
}

CU_ErrorCode catalogue_register(void)
{
    CU_TestInfo tests[] = {{"each plan on sale, each benefit", test_plans_sold},
                           {"delivered by another partner", test_delivered_by},
                           {"plans that are not sold any more", test_plans_not_sold},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"catalogue", catalogue_init, catalogue_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
