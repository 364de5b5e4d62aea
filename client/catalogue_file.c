/* Sections program, region, benefit and plan; a plan may be `like` an earlier one and add to it. */
#include "client/catalogue_file.h"
#include "client/config_file.h"
#include <stdbool.h>
#include <string.h>

#define QUANTITY_MISSING -1
#define RANK_DEFAULT 100
#define MONTHS_DEFAULT 12
#define TARGET_CLASS_MAX 16
#define TARGET_CLASSES "professional priority critical advisory"

/* The clocks of a target, in minutes; 0: none. */
static const char *const target_clocks[] = {"respond", "update", "resolve"};

static bool word_is_one_of(const char *word, const char *words)
{
    size_t length = word == NULL ? 0 : strlen(word);

    while (length > 0 && words[0] != '\0') {
        size_t end = strcspn(words, " ");
        if (end == length && strncmp(word, words, length) == 0)
            return true;
        words += end + (words[end] == ' ');
    }
    return false;
}

/* The section that was parsed just now. */
static cfg_t *section_last(cfg_opt_t *opt)
{
    return cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
}

static int name_validate(cfg_t *cfg, cfg_opt_t *opt)
{
    const char *name = cfg_getstr(section_last(opt), "name");

    if (name != NULL && name[0] != '\0')
        return 0;
    cfg_error(cfg, "%s \"%s\" has no name", opt->name, cfg_title(section_last(opt)));
    return -1;
}

static int benefit_validate(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *benefit = section_last(opt);
    const char *kind = cfg_getstr(benefit, "kind");
    bool pool = word_is_one_of(kind, "pool");

    if (name_validate(cfg, opt) != 0)
        return -1;
    if (!word_is_one_of(kind, "pool access")) {
        cfg_error(cfg, "benefit \"%s\": kind is pool or access", cfg_title(benefit));
        return -1;
    }
    if (pool != word_is_one_of(cfg_getstr(benefit, "unit"), "incident minute day seat")) {
        cfg_error(cfg, "benefit \"%s\": a pool has a unit (incident, minute, day, seat), an access has none",
                  cfg_title(benefit));
        return -1;
    }
    if (pool && cfg_getbool(benefit, "escalates")) {
        cfg_error(cfg, "benefit \"%s\": a pool does not escalate, an access does", cfg_title(benefit));
        return -1;
    }
    if (cfg_getbool(benefit, "delivered") && !word_is_one_of(cfg_getstr(benefit, "unit"), "incident")) {
        cfg_error(cfg, "benefit \"%s\": only a pool of incidents is delivered by a partner", cfg_title(benefit));
        return -1;
    }
    return 0;
}

/* One pool or access section of a plan. */
static bool include_validate(cfg_t *root, cfg_t *plan, cfg_t *include, const char *kind)
{
    cfg_t *benefit = cfg_gettsec(root, "benefit", cfg_title(include));

    if (benefit == NULL) {
        cfg_error(root, "plan \"%s\": benefit \"%s\" is not declared above", cfg_title(plan), cfg_title(include));
        return false;
    }
    if (strcmp(cfg_getstr(benefit, "kind"), kind) != 0) {
        cfg_error(root, "plan \"%s\": benefit \"%s\" is declared as kind %s, not %s", cfg_title(plan),
                  cfg_title(include), cfg_getstr(benefit, "kind"), kind);
        return false;
    }
    if (!word_is_one_of(cfg_getstr(include, "coverage"), "24x7 business-hours")) {
        cfg_error(root, "plan \"%s\", %s \"%s\": coverage is 24x7 or business-hours", cfg_title(plan), kind,
                  cfg_title(include));
        return false;
    }
    for (unsigned i = 0; i < cfg_size(include, "accepts"); i++)
        if (!word_is_one_of(cfg_getnstr(include, "accepts", i), "professional priority critical advisory")) {
            cfg_error(root, "plan \"%s\", %s \"%s\": there is no class \"%s\"", cfg_title(plan), kind,
                      cfg_title(include), cfg_getnstr(include, "accepts", i));
            return false;
        }
    if (strcmp(kind, "pool") == 0 && cfg_getint(include, "quantity") < 0) {
        cfg_error(root, "plan \"%s\", pool \"%s\": a quantity, 0 or more, is needed", cfg_title(plan),
                  cfg_title(include));
        return false;
    }
    return true;
}

/* Takes the title of a target apart: "priority A". False where it is not of that form. */
static bool target_title(cfg_t *target, char class[TARGET_CLASS_MAX], char severity[2])
{
    const char *title = cfg_title(target), *space = strchr(title, ' ');

    if (space == NULL || space - title >= TARGET_CLASS_MAX || strlen(space) != 2)
        return false;
    *stpncpy(class, title, (size_t)(space - title)) = '\0';
    severity[0] = space[1];
    severity[1] = '\0';
    return word_is_one_of(class, TARGET_CLASSES) && word_is_one_of(severity, "A B C");
}

static bool target_validate(cfg_t *root, cfg_t *plan, cfg_t *target)
{
    char class[TARGET_CLASS_MAX], severity[2];
    bool any = false;

    if (!target_title(target, class, severity)) {
        cfg_error(root, "plan \"%s\": target \"%s\" is not a class and a severity, such as \"priority A\"",
                  cfg_title(plan), cfg_title(target));
        return false;
    }
    if (!word_is_one_of(cfg_getstr(target, "coverage"), "24x7 business-hours")) {
        cfg_error(root, "plan \"%s\", target \"%s\": coverage is 24x7 or business-hours", cfg_title(plan),
                  cfg_title(target));
        return false;
    }
    for (size_t i = 0; i < sizeof target_clocks / sizeof target_clocks[0]; i++) {
        long minutes = cfg_getint(target, target_clocks[i]);
        any = any || minutes > 0;
        if (minutes < 0) {
            cfg_error(root, "plan \"%s\", target \"%s\": %s is a number of minutes", cfg_title(plan),
                      cfg_title(target), target_clocks[i]);
            return false;
        }
    }
    if (!any)
        cfg_error(root, "plan \"%s\", target \"%s\": it needs respond, update or resolve, in minutes",
                  cfg_title(plan), cfg_title(target));
    return any;
}

static bool plan_includes_validate(cfg_t *cfg, cfg_t *plan)
{
    for (unsigned i = 0; i < cfg_size(plan, "pool"); i++)
        if (!include_validate(cfg, plan, cfg_getnsec(plan, "pool", i), "pool"))
            return false;
    for (unsigned i = 0; i < cfg_size(plan, "access"); i++)
        if (!include_validate(cfg, plan, cfg_getnsec(plan, "access", i), "access"))
            return false;
    for (unsigned i = 0; i < cfg_size(plan, "target"); i++)
        if (!target_validate(cfg, plan, cfg_getnsec(plan, "target", i)))
            return false;
    for (unsigned i = 0; i < cfg_size(plan, "fee"); i++) {
        cfg_t *fee = cfg_getnsec(plan, "fee", i);
        if (cfg_gettsec(cfg, "region", cfg_title(fee)) == NULL || cfg_getstr(fee, "amount") == NULL) {
            cfg_error(cfg, "plan \"%s\": fee \"%s\" needs a region declared above and an amount", cfg_title(plan),
                      cfg_title(fee));
            return false;
        }
    }
    return true;
}

static int plan_validate(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *plan = section_last(opt);
    const char *like = cfg_getstr(plan, "like");
    bool membership = word_is_one_of(cfg_getstr(plan, "kind"), "membership");

    if (name_validate(cfg, opt) != 0)
        return -1;
    if (!membership && !word_is_one_of(cfg_getstr(plan, "kind"), "service")) {
        cfg_error(cfg, "plan \"%s\": kind is membership or service", cfg_title(plan));
        return -1;
    }
    if (membership != (cfg_getint(plan, "level") > 0)) {
        cfg_error(cfg, "plan \"%s\": a membership has a level (1 or more), a service plan has none",
                  cfg_title(plan));
        return -1;
    }
    bool known = like == NULL || strcmp(like, cfg_title(plan)) == 0;
    for (unsigned i = 0; like != NULL && i + 1 < cfg_opt_size(opt); i++)
        known = known || strcmp(cfg_title(cfg_opt_getnsec(opt, i)), like) == 0;
    if (!known || (like != NULL && strcmp(like, cfg_title(plan)) == 0)) {
        cfg_error(cfg, "plan \"%s\" is like \"%s\", which is not declared above", cfg_title(plan), like);
        return -1;
    }
    return plan_includes_validate(cfg, plan) ? 0 : -1;
}

static void text_set(json_t *object, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_object_set_new(object, name, json_string(text));
}

/* The place of the object whose member `name` is word; the array's size where there is none. */
static size_t array_find(const json_t *array, const char *name, const char *word)
{
    size_t i = 0;

    while (i < json_array_size(array) &&
           strcmp(json_string_value(json_object_get(json_array_get(array, i), name)), word) != 0)
        i++;
    return i;
}

/* Puts object into the array, in place of one with the same `name`. */
static void array_put(json_t *array, const char *name, json_t *object)
{
    size_t at = array_find(array, name, json_string_value(json_object_get(object, name)));

    if (at < json_array_size(array))
        json_array_set_new(array, at, object);
    else
        json_array_append_new(array, object);
}

static json_t *include_document(cfg_t *include, bool pool)
{
    json_t *accepts = json_array();

    for (unsigned i = 0; i < cfg_size(include, "accepts"); i++)
        json_array_append_new(accepts, json_string(cfg_getnstr(include, "accepts", i)));
    json_t *object = json_pack("{s:s, s:o, s:s}", "benefit", cfg_title(include), "accepts", accepts, "coverage",
                               cfg_getstr(include, "coverage"));
    if (pool) {
        json_object_set_new(object, "quantity", json_integer(cfg_getint(include, "quantity")));
        json_object_set_new(object, "per_contract", json_boolean(cfg_getbool(include, "per_contract")));
        json_object_set_new(object, "rank", json_integer(cfg_getint(include, "rank")));
    }
    return object;
}

/* Puts a target into the array, in place of one for the same class and severity. */
static void target_put(json_t *targets, cfg_t *target)
{
    char class[TARGET_CLASS_MAX], severity[2];
    json_t *before;
    size_t i, at;

    target_title(target, class, severity);
    json_t *object = json_pack("{s:s, s:s, s:s}", "class", class, "severity", severity, "coverage",
                               cfg_getstr(target, "coverage"));
    for (i = 0; i < sizeof target_clocks / sizeof target_clocks[0]; i++)
        if (cfg_getint(target, target_clocks[i]) > 0)
            json_object_set_new(object, target_clocks[i], json_integer(cfg_getint(target, target_clocks[i])));
    at = json_array_size(targets);
    json_array_foreach(targets, i, before)
    {
        if (json_equal(json_object_get(before, "class"), json_object_get(object, "class")) &&
            json_equal(json_object_get(before, "severity"), json_object_get(object, "severity")))
            at = i;
    }
    if (at < json_array_size(targets))
        json_array_set_new(targets, at, object);
    else
        json_array_append_new(targets, object);
}

/* The targets of a plan, with those of the one that it is like. Owned by the caller. */
static json_t *targets_document(cfg_t *plan, const json_t *model)
{
    json_t *targets = json_deep_copy(json_object_get(model, "targets"));

    if (targets == NULL)
        targets = json_array();
    for (unsigned i = 0; i < cfg_size(plan, "target"); i++)
        target_put(targets, cfg_getnsec(plan, "target", i));
    return targets;
}

static json_t *plan_document(cfg_t *plan, const json_t *plans)
{
    const char *like = cfg_getstr(plan, "like");
    json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:b}", "plan", cfg_title(plan), "name",
                               cfg_getstr(plan, "name"), "kind", cfg_getstr(plan, "kind"), "months",
                               (int)cfg_getint(plan, "months"), "sold", (int)cfg_getbool(plan, "sold"));
    json_t *model = like == NULL ? NULL : json_array_get(plans, array_find(plans, "plan", like));
    json_t *fees = model == NULL ? json_array() : json_deep_copy(json_object_get(model, "fees"));
    json_t *includes = model == NULL ? json_array() : json_deep_copy(json_object_get(model, "includes"));

    if (cfg_getint(plan, "level") > 0)
        json_object_set_new(object, "level", json_integer(cfg_getint(plan, "level")));
    text_set(object, "successor", cfg_getstr(plan, "successor"));
    for (unsigned i = 0; i < cfg_size(plan, "fee"); i++) {
        cfg_t *fee = cfg_getnsec(plan, "fee", i);
        array_put(fees, "region",
                  json_pack("{s:s, s:s, s:b}", "region", cfg_title(fee), "fee", cfg_getstr(fee, "amount"),
                            "typical", (int)cfg_getbool(fee, "typical")));
    }
    for (unsigned i = 0; i < cfg_size(plan, "pool"); i++)
        array_put(includes, "benefit", include_document(cfg_getnsec(plan, "pool", i), true));
    for (unsigned i = 0; i < cfg_size(plan, "access"); i++)
        array_put(includes, "benefit", include_document(cfg_getnsec(plan, "access", i), false));
    json_object_set_new(object, "fees", fees);
    json_object_set_new(object, "includes", includes);
    json_t *targets = targets_document(plan, model);
    if (json_array_size(targets) > 0)
        json_object_set(object, "targets", targets);
    json_decref(targets);
    return object;
}

/* What the file says of the program itself; NULL where it is not UTF-8. */
static json_t *program_document(cfg_t *program)
{
    return json_pack("{s:s*, s:s*}", "name", cfg_getstr(program, "name"), "time_zone",
                     cfg_getstr(program, "time_zone"));
}

static json_t *catalogue_document(cfg_t *cfg)
{
    json_t *regions = json_array(), *benefits = json_array(), *plans = json_array();

    for (unsigned i = 0; i < cfg_size(cfg, "region"); i++) {
        cfg_t *region = cfg_getnsec(cfg, "region", i);
        json_array_append_new(
            regions, json_pack("{s:s, s:s}", "region", cfg_title(region), "name", cfg_getstr(region, "name")));
    }
    for (unsigned i = 0; i < cfg_size(cfg, "benefit"); i++) {
        cfg_t *benefit = cfg_getnsec(cfg, "benefit", i);
        json_t *object = json_pack("{s:s, s:s, s:s}", "benefit", cfg_title(benefit), "name",
                                   cfg_getstr(benefit, "name"), "kind", cfg_getstr(benefit, "kind"));
        text_set(object, "unit", cfg_getstr(benefit, "unit"));
        if (cfg_getbool(benefit, "escalates"))
            json_object_set_new(object, "escalates", json_true());
        if (cfg_getbool(benefit, "delivered"))
            json_object_set_new(object, "delivered", json_true());
        json_array_append_new(benefits, object);
    }
    for (unsigned i = 0; i < cfg_size(cfg, "plan"); i++)
        json_array_append_new(plans, plan_document(cfg_getnsec(cfg, "plan", i), plans));
    if (cfg_size(cfg, "program") == 0)
        return json_pack("{s:o, s:o, s:o}", "regions", regions, "benefits", benefits, "plans", plans);
    return json_pack("{s:o, s:o, s:o, s:o}", "regions", regions, "benefits", benefits, "plans", plans, "program",
                     program_document(cfg_getsec(cfg, "program")));
}

static void catalogue_prepare(cfg_t *cfg)
{
    cfg_set_validate_func(cfg, "region", name_validate);
    cfg_set_validate_func(cfg, "benefit", benefit_validate);
    cfg_set_validate_func(cfg, "plan", plan_validate);
}

json_t *catalogue_file_read(const char *path, char *why, size_t why_size)
{
    const cfg_flag_t section = CFGF_TITLE | CFGF_MULTI | CFGF_NO_TITLE_DUPES;
    cfg_opt_t program[] = {CFG_STR("name", NULL, CFGF_NONE), CFG_STR("time_zone", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t region[] = {CFG_STR("name", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t benefit[] = {CFG_STR("name", NULL, CFGF_NONE),
                           CFG_STR("kind", NULL, CFGF_NONE),
                           CFG_STR("unit", NULL, CFGF_NONE),
                           CFG_BOOL("escalates", cfg_false, CFGF_NONE),
                           CFG_BOOL("delivered", cfg_false, CFGF_NONE),
                           CFG_END()};
    cfg_opt_t fee[] = {CFG_STR("amount", NULL, CFGF_NONE), CFG_BOOL("typical", cfg_false, CFGF_NONE), CFG_END()};
    cfg_opt_t pool[] = {CFG_INT("quantity", QUANTITY_MISSING, CFGF_NONE),
                        CFG_BOOL("per_contract", cfg_false, CFGF_NONE),
                        CFG_INT("rank", RANK_DEFAULT, CFGF_NONE),
                        CFG_STR_LIST("accepts", NULL, CFGF_NONE),
                        CFG_STR("coverage", NULL, CFGF_NONE),
                        CFG_END()};
    cfg_opt_t access[] = {CFG_STR_LIST("accepts", NULL, CFGF_NONE), CFG_STR("coverage", NULL, CFGF_NONE),
                          CFG_END()};
    cfg_opt_t target[] = {CFG_STR("coverage", NULL, CFGF_NONE), CFG_INT("respond", 0, CFGF_NONE),
                          CFG_INT("update", 0, CFGF_NONE), CFG_INT("resolve", 0, CFGF_NONE), CFG_END()};
    cfg_opt_t plan[] = {CFG_STR("name", NULL, CFGF_NONE),      CFG_STR("kind", NULL, CFGF_NONE),
                        CFG_INT("level", 0, CFGF_NONE),        CFG_INT("months", MONTHS_DEFAULT, CFGF_NONE),
                        CFG_BOOL("sold", cfg_true, CFGF_NONE), CFG_STR("successor", NULL, CFGF_NONE),
                        CFG_STR("like", NULL, CFGF_NONE),      CFG_SEC("fee", fee, section),
                        CFG_SEC("pool", pool, section),        CFG_SEC("access", access, section),
                        CFG_SEC("target", target, section),    CFG_END()};
    cfg_opt_t opts[] = {CFG_SEC("program", program, CFGF_NODEFAULT), CFG_SEC("region", region, section),
                        CFG_SEC("benefit", benefit, section), CFG_SEC("plan", plan, section), CFG_END()};
    cfg_t *cfg = config_parse(opts, path, catalogue_prepare, why, why_size);

    if (cfg == NULL)
        return NULL;
    json_t *document = catalogue_document(cfg);
    if (document == NULL)
        snprintf(why, why_size, "%s: this is not UTF-8", path);
    cfg_free(cfg);
    return document;
}
