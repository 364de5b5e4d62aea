/*
 * The walls between partners: every method that names an object, by every role, about an object of the caller's
 * own, one of another partner, and one that is not there.  All of it goes over the table of methods, so a new
 * method or parameter is in without being told.  What a partner is told of another's object is, byte for byte,
 * what it is told of nothing.
 */
#include "common/methods.h"
#include "tests/system/check.h"
#include "tests/system/sample.h"
#include "tests/system/suites.h"
#include "tests/system/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One partner's objects; of nobody's, names as long that nothing has. A cursor stands for no object but a place. */
struct objects {
    char partner[WORLD_NAME_MAX], incident[WORLD_NAME_MAX], contract[WORLD_NAME_MAX], escalation[WORLD_NAME_MAX];
};

/* mine and theirs are contoso's and fabrikam's, which have users; left and right are for what staff changes. */
static struct objects mine, theirs, left, right;
static const struct objects nobodys = {"fabrikan", "INC-999999", "CON-999999", "ESC-999999"};
static struct peer *admin;

/* The partner's objects: those it has last, so that places in its lists come after those of all partners before. */
static bool objects_read(const char *partner, struct objects *objects)
{
    snprintf(objects->partner, sizeof objects->partner, "%s", partner);
    return CHECK_TEXT(world_open(admin, partner, objects->incident), "ok") &&
           world_escalate(admin, objects->incident, objects->escalation) &&
           fixture_sql(
               objects->contract, sizeof objects->contract,
               "SELECT entitled.contract_name(max(contract_id)) FROM entitled.contract JOIN entitled.partner"
               " USING (partner_id) WHERE code = '%s'",
               partner);
}

/* Incidents that nobody owns, one for each role that may take one (and the contract is cancelled on the way). */
static bool spares_open(const char *partner)
{
    bool good = true;

    for (int i = 0; good && i < 3; i++)
        good = CHECK_TEXT(world_open(admin, partner, NULL), "ok");
    return good;
}

static int isolation_init(void)
{
    char partner[WORLD_NAME_MAX], other[WORLD_NAME_MAX];
    bool good = (admin = peer_open(world_server(), "admin")) &&
                world_contract(admin, "contoso", "mspa-plus", NULL, NULL) && objects_read("contoso", &mine) &&
                world_contract(admin, "fabrikam", "mspa-plus", NULL, NULL) && objects_read("fabrikam", &theirs) &&
                world_with_units(admin, partner, 1000) && objects_read(partner, &left) &&
                world_with_units(admin, other, 1000) && objects_read(other, &right) && spares_open(partner) &&
                spares_open(other);

    return good ? 0 : 1;
}

static int isolation_clean(void)
{
    peer_free(admin);
    return 0;
}

/* Whether the parameter says which object is meant, or where in a list of them. */
static bool names_object(const struct param_spec *param)
{
    return param->type == PARAM_PARTNER || param->type == PARAM_INCIDENT || param->type == PARAM_CONTRACT ||
           param->type == PARAM_ESCALATION || strcmp(param->name, "cursor") == 0;
}

/* A place in a list of the method: of the last such object of a partner, or (nobodys) of none. */
static json_t *cursor_value(const struct method_spec *method, const struct objects *objects)
{
    /* Its name, the last such object's place, one after all of them, and the list where that is another. */
    static const char *const lasts[][4] = {
        {"incident", "max(incident_id)::text FROM entitled.incident", "999999999"},
        {"contract", "max(contract_id)::text FROM entitled.contract", "999999999"},
        {"partner", "max(partner_id)::text FROM entitled.partner", "999999999"},
        {"ledger", "max(grant_id) || '.1' FROM entitled.pool_grant", "999999999.1"},
        {"escalation",
         "max((extract(epoch FROM acknowledge_by) * 1000000)::bigint || '.' || escalation_id) FROM"
         " entitled.escalation",
         "9999999999999999.1"},
        {"mail", "coalesce(max(mail_id), 1)::text FROM entitled.mail", "999999999"},
        {"report", "max(partner_id || '.' || grant_id) FROM entitled.pool_grant", "999999999.1", "pools"},
    };
    const size_t kinds = sizeof lasts / sizeof lasts[0];
    size_t kind = 0, length = strcspn(method->name, ".");
    char text[128] = "";

    while (kind < kinds && (strlen(lasts[kind][0]) != length || strncmp(lasts[kind][0], method->name, length) != 0))
        kind++;
    if (!CHECK(kind < kinds, "%s: say here what its cursor stands for", method->name))
        return json_null();
    const char *list = lasts[kind][3] ? lasts[kind][3] : lasts[kind][0];
    if (objects == &nobodys)
        fixture_sql(text, sizeof text, "SELECT entitled.cursor_of('%s', '%s')", list, lasts[kind][2]);
    else
        fixture_sql(text, sizeof text,
                    "SELECT entitled.cursor_of('%s', (SELECT %s WHERE partner_id = (SELECT partner_id FROM"
                    " entitled.partner WHERE code = '%s')))",
                    list, lasts[kind][1], objects->partner);
    return json_string(text);
}

/* The method asked as usual (of `own` objects), but for this parameter, which is of `asked`. */
static json_t *params_about(const struct method_spec *method, const struct param_spec *param,
                            const struct objects *own, const struct objects *asked)
{
    const struct sample_names usual = {own->partner, own->incident, own->contract, own->escalation};
    const struct sample_names names = {asked->partner, asked->incident, asked->contract, asked->escalation};
    json_t *params = sample_params(method, &usual);

    if (strcmp(param->name, "cursor") == 0)
        json_object_set_new(params, param->name, cursor_value(method, asked));
    else
        json_object_set_new(params, param->name, sample_value(param, &names));
    if (strcmp(param->name, "duplicate_of") == 0)
        json_object_set_new(params, "reason", json_string("duplicate"));
    if (strcmp(param->name, "cursor") == 0 && strcmp(method->name, "report.usage") == 0)
        json_object_set_new(params, "section", json_string("pools"));
    return params;
}

/* What the parameter asks for, to be found in an answer that repeats it; "" for a cursor. */
static const char *name_of(const struct param_spec *param, const struct objects *objects)
{
    switch (param->type) {
    case PARAM_PARTNER:
        return objects->partner;
    case PARAM_INCIDENT:
        return objects->incident;
    case PARAM_CONTRACT:
        return objects->contract;
    case PARAM_ESCALATION:
        return objects->escalation;
    default:
        return "";
    }
}

/* Overwrites the name wherever it stands. */
static void mask(char *text, const char *name)
{
    if (!name[0])
        return;
    while ((text = strstr(text, name)))
        memset(text, 'x', strlen(name));
}

/* The line that answers, as it came, for free(); "" where none did. Notifications of watches are passed over. */
static char *answer_line(struct peer *peer, const char *method, json_t *params)
{
    char *line = peer_request(1, method, params), *reply = NULL;
    size_t length;
    bool sent = peer_send_text(peer, line);

    free(line);
    do {
        if (!sent || peer_line(peer, fixture_ms(PEER_WITHIN_MS), &reply, &length) != PEER_DONE)
            return strdup("");
    } while (strncmp(reply, "{\"jsonrpc\":\"2.0\",\"method\"", 25) == 0);
    return strdup(reply);
}

/* A parameter of a method that a partner may call. */
static void partner_check(struct peer *peer, const struct method_spec *method, const struct param_spec *param)
{
    char *own = answer_line(peer, method->name, params_about(method, param, &mine, &mine));
    char *foreign = answer_line(peer, method->name, params_about(method, param, &mine, &theirs));
    char *missing = answer_line(peer, method->name, params_about(method, param, &mine, &nobodys));
    bool cursor = param->type == PARAM_TEXT;

    CHECK(own[0] && !strstr(own, "\"not_found\"") && !strstr(own, "\"forbidden\"") && !strstr(own, "`cursor`"),
          "%s of an own %s: %s", method->name, param->name, own);
    CHECK(cursor || strstr(foreign, "\"not_found\""), "%s of another's %s: %s", method->name, param->name, foreign);
    mask(foreign, name_of(param, &theirs));
    mask(missing, name_of(param, &nobodys));
    CHECK(foreign[0] && strcmp(foreign, missing) == 0, "%s of another's %s: %s\n  of what is not there: %s",
          method->name, param->name, foreign, missing);
    CHECK(!strstr(own, theirs.partner) && !strstr(foreign, theirs.partner), "%s tells of another partner: %s",
          method->name, own);
    free(own);
    free(foreign);
    free(missing);
}

/* A parameter of a method that this role may not call: whatever is named, the answer is the same. */
static void forbidden_check(struct peer *peer, const struct method_spec *method, const struct param_spec *param)
{
    char *own = answer_line(peer, method->name, params_about(method, param, &mine, &mine));
    char *foreign = answer_line(peer, method->name, params_about(method, param, &mine, &theirs));
    char *missing = answer_line(peer, method->name, params_about(method, param, &mine, &nobodys));

    CHECK_HAS(own, "\"forbidden\"");
    CHECK(strcmp(own, foreign) == 0 && strcmp(foreign, missing) == 0, "%s, %s: %s\n  another's: %s\n  nobody's: %s",
          method->name, param->name, own, foreign, missing);
    free(own);
    free(foreign);
    free(missing);
}

/* A parameter of a method that this role of the program may call: all partners' objects are there, nobody's not. */
static void staff_check(struct peer *peer, const struct method_spec *method, const struct param_spec *param)
{
    char *one = answer_line(peer, method->name, params_about(method, param, &left, &left));
    char *other = answer_line(peer, method->name, params_about(method, param, &right, &right));
    bool makes = strcmp(method->name, "partner.create") == 0, cursor = param->type == PARAM_TEXT;

    CHECK(one[0] && !strstr(one, "\"not_found\"") && !strstr(one, "\"forbidden\""), "%s of a %s: %s", method->name,
          param->name, one);
    CHECK(other[0] && !strstr(other, "\"not_found\"") && !strstr(other, "\"forbidden\""), "%s of a %s: %s",
          method->name, param->name, other);
    if (!makes && !cursor) { /* what is to be made is not there; and a place in a list need not be taken */
        char *missing = answer_line(peer, method->name, params_about(method, param, &left, &nobodys));

        CHECK(strstr(missing, "\"not_found\"") != NULL, "%s of nobody's %s: %s", method->name, param->name,
              missing);
        free(missing);
    }
    free(one);
    free(other);
}

/* Every method and parameter by one role; how many there were. */
static int role_tried(const char *principal, enum role role)
{
    int tried = 0;

    for (int id = 0; id < METHOD_COUNT; id++) {
        const struct method_spec *method = method_spec((enum method_id)id);
        struct peer *peer = peer_open(world_server(), principal);

        for (const struct param_spec *param = method->params; peer && param->name; param++) {
            if (!names_object(param))
                continue;
            if (!(method->roles & role))
                forbidden_check(peer, method, param);
            else if (role == ROLE_PARTNER)
                partner_check(peer, method, param);
            else
                staff_check(peer, method, param);
            tried++;
        }
        peer_free(peer);
    }
    return tried;
}

static void test_partner(void)
{
    int tried = role_tried("contoso-user", ROLE_PARTNER);

    CHECK(tried >= 44, "only %d parameters were tried", tried);
}

static void test_staff(void)
{
    role_tried("reporter", ROLE_REPORTER);
    role_tried("coordinator", ROLE_COORDINATOR);
    role_tried("manager", ROLE_MANAGER);
    role_tried("admin-2", ROLE_ADMIN);
}

/* A partner may write to no row but its own: of what is asked above nothing was done. */
static void test_nothing_is_done(void)
{
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.timeline t JOIN entitled.principal who USING"
                                    " (principal_id) WHERE who.partner_id <> t.partner_id"),
                 0);
    CHECK_NUMBER(fixture_sql_number("SELECT count(*) FROM entitled.request r JOIN entitled.principal who USING"
                                    " (principal_id) WHERE who.partner_id <> r.partner_id"),
                 0);
}

/* What each method answers a partner without any object named has nothing of another's. */
static void test_own_only(void)
{
    const struct sample_names names = {mine.partner, mine.incident, mine.contract, mine.escalation};
    struct peer *peer = peer_open(world_server(), "contoso-user");

    for (int id = 0; peer && id < METHOD_COUNT; id++) {
        const struct method_spec *method = method_spec((enum method_id)id);

        if (!(method->roles & ROLE_PARTNER))
            continue;
        char *answer = answer_line(peer, method->name, sample_params(method, &names));

        CHECK(answer[0] && !strstr(answer, theirs.partner) && !strstr(answer, theirs.incident) &&
                  !strstr(answer, theirs.contract) && !strstr(answer, theirs.escalation),
              "%s tells of another partner: %s", method->name, answer);
        free(answer);
    }
    peer_free(peer);
}

/* The reply with this id out of a batch's, without its id and with the name masked, as text for free(). */
static char *batch_reply(json_t *replies, int id, const char *name)
{
    json_t *each;
    size_t i;

    json_array_foreach(replies, i, each)
    {
        if (json_integer_value(json_object_get(each, "id")) != id)
            continue;
        json_object_set_new(each, "id", json_integer(0));
        char *text = json_dumps(each, JSON_COMPACT);

        mask(text, name);
        return text;
    }
    return strdup("");
}

/* The same in one batch: an own object, another's, and nobody's, one beside the other. */
static void batch_check(struct peer *peer, const struct method_spec *method, const struct param_spec *param)
{
    const struct objects *about[] = {&mine, &theirs, &nobodys};
    json_t *batch = json_array();

    for (int i = 0; i < 3; i++)
        json_array_append_new(batch,
                              json_pack("{s:s, s:i, s:s, s:o}", "jsonrpc", "2.0", "id", i + 1, "method",
                                        method->name, "params", params_about(method, param, &mine, about[i])));
    char *line = json_dumps(batch, JSON_COMPACT);

    peer_send_text(peer, line);
    peer_send_text(peer, "\n");
    json_t *replies = peer_reply(peer, fixture_ms(PEER_WITHIN_MS));
    char *foreign = batch_reply(replies, 2, name_of(param, &theirs));
    char *missing = batch_reply(replies, 3, name_of(param, &nobodys));

    CHECK(foreign[0] && strcmp(foreign, missing) == 0, "%s in a batch, another's %s: %s\n  nobody's: %s",
          method->name, param->name, foreign, missing);
    free(foreign);
    free(missing);
    free(line);
    json_decref(batch);
    json_decref(replies);
}

static void test_batches(void)
{
    for (int id = 0; id < METHOD_COUNT; id++) {
        const struct method_spec *method = method_spec((enum method_id)id);
        struct peer *peer = peer_open(world_server(), "contoso-user");

        for (const struct param_spec *param = method->params; peer && param->name; param++)
            /* (The notifications of a watch would come between.) */
            if (names_object(param) && strncmp(method->name, "watch.", 6) != 0)
                batch_check(peer, method, param);
        peer_free(peer);
    }
}

/* A note under a key about an incident; the line, for free(). */
static char *note_line(struct peer *peer, const char *key, const char *incident)
{
    return answer_line(peer, "incident.note",
                       json_pack("{s:s, s:s, s:s}", "key", key, "incident", incident, "text", "a note"));
}

/* A key that one partner used is unknown to another, whatever object is named with it. */
static void test_keys(void)
{
    struct peer *peer = peer_open(world_server(), "contoso-user"),
                *other = peer_open(world_server(), "fabrikam-user");
    const char *key = world_key();

    if (!peer || !other)
        return;
    char *first = note_line(other, key, theirs.incident), *unused = note_line(peer, world_key(), theirs.incident);
    char *stolen = note_line(peer, key, theirs.incident), *nothing = note_line(peer, key, nobodys.incident);
    char *own = note_line(peer, key, mine.incident), *after = note_line(peer, key, theirs.incident);
    char *again = note_line(other, key, theirs.incident);

    CHECK(strstr(first, "\"entry\"") && !strstr(first, "\"replayed\""), "the first: %s", first);
    CHECK_HAS(stolen, "\"not_found\"");
    CHECK_TEXT(stolen, unused);
    CHECK_TEXT(after, stolen); /* nor does an own use of the key change it */
    mask(stolen, theirs.incident);
    mask(nothing, nobodys.incident);
    CHECK_TEXT(stolen, nothing);
    CHECK(strstr(own, "\"entry\"") && !strstr(own, "\"replayed\""), "the same key of another partner: %s", own);
    CHECK(strstr(again, "\"replayed\":true") || strstr(again, "\"replayed\": true"), "the first again: %s", again);
    free(first);
    free(unused);
    free(stolen);
    free(nothing);
    free(own);
    free(after);
    free(again);
    peer_free(peer);
    peer_free(other);
}

CU_ErrorCode isolation_register(void)
{
    CU_TestInfo tests[] = {{"each method by a partner", test_partner},
                           {"in batches", test_batches},
                           {"keys", test_keys},
                           {"nothing but its own", test_own_only},
                           {"nothing of it is done", test_nothing_is_done},
                           {"each method by the program's roles", test_staff},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"isolation", isolation_init, isolation_clean, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
