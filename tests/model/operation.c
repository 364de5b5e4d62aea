/*
 * Operations as the JSON that the methods of api take.
 */
#include "tests/model/operation.h"
#include "tests/model/model.h"
#include "tests/model/zone.h"

const char *const method_names[METHODS] = {
    "partner.create", "partner.update",  "contract.create", "contract.activate",
    "contract.renew", "contract.cancel", "contract.top_up", "contract.upgrade",
    "incident.open",  "incident.check",  "incident.credit", "incident.resolve",
    "incident.close", "incident.reopen", "usage.record",    "catalogue.apply",
};
const char *const caller_names[CALLERS] = {"carla", "mia", "ada", "dora"};
const char *const credit_reason_names[CREDIT_REASONS] = {"product_defect", "duplicate", "mislogged", "goodwill"};
static const char *const outage_names[OUTAGES] = {"", "network", "server"};

const char *partner_code(int partner)
{
    static const char *const codes[PARTNERS + 1] = {"alpha", "beta", "gamma", "delta", "nobody"};

    return codes[partner];
}

static void add_plan(struct text *text, int plan)
{
    if (plan != NOT_GIVEN)
        text_add(text, ",\"plan\":\"%s\"", plan < PLANS ? plan_names[plan] : "unheard-of");
}

static void add_benefit(struct text *text, int benefit)
{
    text_add(text, ",\"benefit\":\"%s\"", benefit < BENEFITS ? benefit_names[benefit] : "unheard-of");
}

static void add_quantities(struct text *text, const struct request *request)
{
    const char *comma = "";
    bool any = request->quantities_unknown;

    for (int i = 0; i < BENEFITS; i++)
        any = any || request->quantities[i] != NOT_GIVEN;
    if (!any)
        return;
    text_add(text, ",\"quantities\":{");
    if (request->quantities_unknown) {
        text_add(text, "\"unheard-of\":1");
        comma = ",";
    }
    for (int i = 0; i < BENEFITS; i++)
        if (request->quantities[i] != NOT_GIVEN) {
            text_add(text, "%s\"%s\":%d", comma, benefit_names[i], request->quantities[i]);
            comma = ",";
        }
    text_add(text, "}");
}

static void add_time(struct text *text, const char *name, int64_t at)
{
    char instant[32];

    if (at != NO_TIME)
        text_add(text, ",\"%s\":\"%s\"", name, instant_text(at, instant));
}

static void contract_params(struct text *text, const struct world *world, enum method method,
                            const struct request *request)
{
    char date[16];

    if (method == CONTRACT_CREATE) {
        text_add(text, ",\"partner\":\"%s\",\"starts\":\"%s\"", partner_code(request->partner),
                 day_text(request->starts, date));
        if (request->delivered_by != NOBODY)
            text_add(text, ",\"delivered_by\":\"%s\"", partner_code(request->delivered_by));
    } else {
        text_add(text, ",\"contract\":\"%s\"", world_contract_name(world, request->contract));
    }
    if (method == CONTRACT_CREATE || method == CONTRACT_RENEW || method == CONTRACT_UPGRADE) {
        add_plan(text, request->plan);
        add_quantities(text, request);
    }
    if (method == CONTRACT_TOP_UP) {
        add_benefit(text, request->benefit);
        text_add(text, ",\"units\":%d", request->units);
    }
    if (method == CONTRACT_CANCEL)
        text_add(text, ",\"reason\":\"no longer wanted\"");
    if (request->dry_run)
        text_add(text, ",\"dry_run\":true");
}

static void open_params(struct text *text, const struct request *request)
{
    text_add(text, ",\"partner\":\"%s\",\"class\":\"%s\",\"severity\":\"B\",\"title\":\"it does not work\"",
             partner_code(request->partner), class_names[request->class]);
    if (request->outage != OUTAGE_NONE)
        text_add(text, ",\"outage\":\"%s\"", outage_names[request->outage]);
    if (request->override != OVERRIDE_NONE)
        text_add(text, ",\"override_reason\":\"%s\"",
                 request->override == OVERRIDE_BLANK ? " " : "they are in trouble");
    if (request->delivered_by != NOBODY)
        text_add(text, ",\"delivered_by\":\"%s\"", partner_code(request->delivered_by));
    add_time(text, "opened_at", request->at);
}

static void incident_params(struct text *text, const struct world *world, enum method method,
                            const struct request *request)
{
    text_add(text, ",\"incident\":\"%s\"", world_incident_name(world, request->incident));
    if (method == INCIDENT_RESOLVE)
        text_add(text, ",\"resolution\":\"solved\"");
    if (method == INCIDENT_REOPEN)
        text_add(text, ",\"reason\":\"it is back\"");
    if (method == INCIDENT_CREDIT) {
        text_add(text, ",\"reason\":\"%s\",\"note\":\"as agreed\"", credit_reason_names[request->reason]);
        if (request->duplicate_of.operation != REF_NONE)
            text_add(text, ",\"duplicate_of\":\"%s\"", world_incident_name(world, request->duplicate_of));
    }
}

static void usage_params(struct text *text, const struct world *world, const struct request *request)
{
    text_add(text, ",\"partner\":\"%s\",\"units\":%d", partner_code(request->partner), request->units);
    add_benefit(text, request->benefit);
    if (request->incident.operation != REF_NONE)
        text_add(text, ",\"incident\":\"%s\"", world_incident_name(world, request->incident));
    add_time(text, "at", request->at);
}

static void partner_params(struct text *text, enum method method, const struct request *request)
{
    text_add(text, ",\"partner\":\"%s\"", partner_code(request->partner));
    if (method == PARTNER_CREATE)
        text_add(text, ",\"name\":\"A company\",\"region\":\"us\",\"calendar\":\"office\"");
    if (request->zone != NOT_GIVEN)
        text_add(text, ",\"time_zone\":\"%s\"", request->zone < ZONES ? zone_name(request->zone) : "Mars/Olympus");
    if (request->disabled != NOT_GIVEN)
        text_add(text, ",\"disabled\":%s", request->disabled ? "true" : "false");
}

void operation_params(struct text *text, const struct world *world, enum method method,
                      const struct request *request)
{
    size_t start = text->length;

    if (method != INCIDENT_CHECK)
        text_add(text, "{\"key\":\"key-%d\"", request->key);
    else
        text_add(text, "{");
    switch (method) {
    case PARTNER_CREATE:
    case PARTNER_UPDATE:
        partner_params(text, method, request);
        break;
    case INCIDENT_OPEN:
    case INCIDENT_CHECK:
        open_params(text, request);
        break;
    case INCIDENT_CREDIT:
    case INCIDENT_RESOLVE:
    case INCIDENT_CLOSE:
    case INCIDENT_REOPEN:
        incident_params(text, world, method, request);
        break;
    case USAGE_RECORD:
        usage_params(text, world, request);
        break;
    case CATALOGUE_APPLY:
        text_add(text, ",\"document\":");
        catalogue_document(text, request->version);
        break;
    default:
        contract_params(text, world, method, request);
    }
    text_add(text, "}");
    if (method == INCIDENT_CHECK && text->data[start + 1] == ',')
        text->data[start + 1] = ' ';
}
