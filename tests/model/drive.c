/*
 * The model and PostgreSQL side by side.  A sequence of operations is one transaction that is rolled back: so
 * worlds are cheap, and nothing is kept.
 */
#include "tests/model/drive.h"
#include "tests/model/model_state.h"
#include "tests/model/reply.h"
#include "tests/model/zone.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an operation concerns, and of it what PostgreSQL is asked for. */
struct touched {
    bool partners[PARTNERS];
    struct view view;
    struct text contracts, incidents; /* arrays of their numbers, as far as they have one */
    int last_contract, last_incident; /* what is made now has higher numbers */
};

static const char *const state_query = "SELECT model.state($1, $2, $3, $4, $5, $6)";

static bool fail(struct drive *drive, const char *what, const char *why)
{
    text_add(&drive->difference, "%s: %s\n", what, why);
    return false;
}

/* What PostgreSQL says is wrong, without where. */
static const char *message(const PGresult *result)
{
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    return primary ? primary : PQresultErrorMessage(result);
}

/* Runs a statement without parameters. */
static bool command(struct drive *drive, const char *sql)
{
    PGresult *result = PQexec(drive->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (!ok)
        fail(drive, sql, message(result));
    PQclear(result);
    return ok;
}

static bool prepare(struct drive *drive, const char *name, const char *sql)
{
    PGresult *result = PQprepare(drive->connection, name, sql, 0, NULL);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;

    if (!ok)
        fail(drive, sql, message(result));
    PQclear(result);
    return ok;
}

/* The name of the statement of a method with so many requests. */
static const char *statement_name(enum method method, int count)
{
    static char name[32];

    snprintf(name, sizeof name, "m%d-%d", (int)method, count);
    return name;
}

static bool prepare_method(struct drive *drive, enum method method, int count)
{
    struct text sql = {NULL, 0, 0};
    bool ok;

    text_add(&sql, "SELECT ordinal, ok, body FROM api.%s(ARRAY[", method_names[method]);
    *strchr(strchr(sql.data, '.') + 1, '.') = '_';
    for (int i = 0; i < count; i++)
        text_add(&sql, "%s$%d::bigint", i ? "," : "", 2 * i + 1);
    text_add(&sql, "], ARRAY[");
    for (int i = 0; i < count; i++)
        text_add(&sql, "%s$%d::jsonb", i ? "," : "", 2 * i + 2);
    text_add(&sql, "])");
    ok = prepare(drive, statement_name(method, count), sql.data);
    text_release(&sql);
    return ok;
}

static bool callers_find(struct drive *drive)
{
    for (int i = 0; i < PEOPLE; i++) {
        PGresult *result =
            PQexecParams(drive->connection, "SELECT model.principal($1)", 1, NULL, &caller_names[i], NULL, NULL, 0);
        bool ok = PQntuples(result) == 1;

        if (ok)
            drive->callers[i] = atol(PQgetvalue(result, 0, 0));
        else
            fail(drive, caller_names[i], PQresultErrorMessage(result));
        PQclear(result);
        if (!ok)
            return false;
    }
    return true;
}

bool drive_open(struct drive *drive, const char *conninfo)
{
    memset(drive, 0, sizeof *drive);
    drive->world = world_new();
    drive->connection = PQconnectdb(conninfo);
    if (PQstatus(drive->connection) != CONNECTION_OK)
        return fail(drive, "connect", PQerrorMessage(drive->connection));
    for (int method = 0; method < METHODS; method++)
        for (int count = 1; count <= (method == INCIDENT_OPEN ? BATCH_MAX : 1); count++)
            if (!prepare_method(drive, (enum method)method, count))
                return false;
    return prepare(drive, "state", state_query) &&
           prepare(drive, "now", "SELECT set_config('entitled.now', $1, false)") && callers_find(drive);
}

void drive_close(struct drive *drive)
{
    for (int i = 0; i < BATCH_MAX; i++) {
        text_release(&drive->expected[i].facts);
        text_release(&drive->actual[i].facts);
    }
    text_release(&drive->params);
    text_release(&drive->said);
    text_release(&drive->known);
    text_release(&drive->difference);
    PQfinish(drive->connection);
    world_free(drive->world);
}

bool drive_begin(struct drive *drive, bool from_one)
{
    text_clear(&drive->difference);
    world_clear(drive->world);
    if (from_one && !command(drive, "SELECT model.restart()"))
        return false;
    return command(drive, "BEGIN");
}

bool drive_end(struct drive *drive)
{
    return command(drive, "ROLLBACK");
}

/* ---------------------------------------------------------------- PostgreSQL's side */

/* Queues the call of a method with the requests first … last; their parameters stand in `starts` of params. */
static bool call_send(struct drive *drive, const struct operation *operation, const size_t *starts, int first,
                      int last)
{
    char ids[BATCH_MAX][24];
    const char *values[2 * BATCH_MAX];
    int count = last - first + 1;

    for (int i = 0; i < count; i++) {
        snprintf(ids[i], sizeof ids[i], "%ld", drive->callers[operation->requests[first + i].caller]);
        values[2 * i] = ids[i];
        values[2 * i + 1] = drive->params.data + starts[first + i];
    }
    return PQsendQueryPrepared(drive->connection, statement_name(operation->method, count), 2 * count, values, NULL,
                               NULL, 0) == 1;
}

static void now_send(struct drive *drive, int64_t now)
{
    char instant[32];
    const char *value = instant_text(now, instant);

    PQsendQueryPrepared(drive->connection, "now", 1, &value, NULL, NULL, 0);
}

/* Takes the replies of a call to the requests from `first` on. */
static bool call_take(struct drive *drive, const struct operation *operation, const PGresult *result, int first)
{
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return fail(drive, method_names[operation->method], message(result));
    for (int row = 0; row < PQntuples(result); row++) {
        int place = first + atoi(PQgetvalue(result, row, 0)) - 1;

        if (place < 0 || place >= operation->count)
            return fail(drive, "a reply has the number", PQgetvalue(result, row, 0));
        if (!reply_read(operation->method, PQgetvalue(result, row, 1)[0] == 't', PQgetvalue(result, row, 2),
                        &drive->actual[place], &drive->made[place]))
            return fail(drive, "reply", text_of(&drive->actual[place].facts));
    }
    return true;
}

/* The next result of the pipeline, after the NULL that ends the one before; NULL: there is none. */
static PGresult *pipeline_next(struct drive *drive, bool *first)
{
    PGresult *result;

    if (!*first)
        while ((result = PQgetResult(drive->connection)) != NULL)
            PQclear(result);
    *first = false;
    return PQgetResult(drive->connection);
}

/* One statement at a time, after a batch was undone: as the daemon then asks. */
static bool call_singly(struct drive *drive, const struct operation *operation, const size_t *starts)
{
    bool ok = command(drive, "ROLLBACK TO one_call");

    for (int i = 0; ok && i < operation->count; i++) {
        PGresult *result;

        call_send(drive, operation, starts, i, i);
        result = PQgetResult(drive->connection);
        ok = call_take(drive, operation, result, i);
        while (result) {
            PQclear(result);
            result = PQgetResult(drive->connection);
        }
    }
    return ok;
}

/* Queues the question for the state of what is touched. */
static void state_send(struct drive *drive, const struct touched *touched)
{
    char codes[100] = "{", contract[16], incident[16];
    const char *values[6] = {codes,    touched->view.whole ? "t" : "f", touched->contracts.data,
                             contract, touched->incidents.data,         incident};

    for (int i = 0; i < PARTNERS; i++)
        if (touched->partners[i])
            snprintf(codes + strlen(codes), sizeof codes - strlen(codes), "%s%s", codes[1] ? "," : "",
                     partner_code(i));
    strcat(codes, "}");
    snprintf(contract, sizeof contract, "%d", touched->last_contract);
    snprintf(incident, sizeof incident, "%d", touched->last_incident);
    PQsendQueryPrepared(drive->connection, "state", 6, values, NULL, NULL, 0);
}

static bool state_take(struct drive *drive, const PGresult *result)
{
    text_clear(&drive->said);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return fail(drive, "state", message(result));
    text_add(&drive->said, "%s", PQgetvalue(result, 0, 0));
    return true;
}

/* Whether two requests of a batch have the same key: then it may be undone and asked singly. */
static bool keys_repeat(const struct operation *operation)
{
    for (int i = 0; i < operation->count; i++)
        for (int j = 0; j < i; j++)
            if (operation->requests[i].key == operation->requests[j].key)
                return true;
    return false;
}

/* A batch with a repeated key, under a savepoint, and its state after it. */
static bool batch_ask(struct drive *drive, const struct operation *operation, const size_t *starts,
                      const struct touched *touched)
{
    PGresult *result;
    bool ok, undone;

    now_send(drive, operation->now);
    while ((result = PQgetResult(drive->connection)) != NULL)
        PQclear(result);
    ok = command(drive, "SAVEPOINT one_call");
    call_send(drive, operation, starts, 0, operation->count - 1);
    result = PQgetResult(drive->connection);
    undone = PQresultStatus(result) == PGRES_FATAL_ERROR;
    if (!undone)
        ok = call_take(drive, operation, result, 0) && ok;
    while (result) {
        PQclear(result);
        result = PQgetResult(drive->connection);
    }
    if (undone)
        ok = call_singly(drive, operation, starts) && ok;
    state_send(drive, touched);
    result = PQgetResult(drive->connection);
    ok = ok && state_take(drive, result);
    while (result) {
        PQclear(result);
        result = PQgetResult(drive->connection);
    }
    return ok;
}

/* The time, the call and the state after it, in one pipeline. */
static bool pipeline_ask(struct drive *drive, const struct operation *operation, const size_t *starts,
                         const struct touched *touched)
{
    bool first = true, ok = true;
    PGresult *result;

    PQenterPipelineMode(drive->connection);
    now_send(drive, operation->now);
    call_send(drive, operation, starts, 0, operation->count - 1);
    state_send(drive, touched);
    PQpipelineSync(drive->connection);
    for (int i = 0; i < 3; i++) {
        result = pipeline_next(drive, &first);
        if (i == 1)
            ok = call_take(drive, operation, result, 0);
        if (i == 2 && ok)
            ok = state_take(drive, result);
        PQclear(result);
    }
    while ((result = pipeline_next(drive, &first)) != NULL && PQresultStatus(result) != PGRES_PIPELINE_SYNC)
        PQclear(result);
    PQclear(result);
    while ((result = PQgetResult(drive->connection)) != NULL)
        PQclear(result);
    return PQexitPipelineMode(drive->connection) == 1 && ok;
}

/* ---------------------------------------------------------------- both sides */

static void touch(struct text *numbers, bool *shown, int number)
{
    if (!*shown && number > 0)
        text_add(numbers, "%s%d", numbers->length > 1 ? "," : "", number);
    *shown = true;
}

static void touch_incident(struct touched *touched, const struct world *world, struct ref ref)
{
    int index = world_incident(world, ref);

    if (index != NONE) {
        touched->partners[world->incidents[index].partner] = true;
        touch(&touched->incidents, &touched->view.incidents[index], world->incidents[index].number);
    }
}

/* After the model did the operation, which had so many entries before. */
static void touched_find(struct touched *touched, const struct world *world, const struct operation *operation,
                         int entries_before)
{
    for (int i = 0; i < world->incident_count; i++) {
        touched->view.incidents[i] = world->incidents[i].number == 0; /* just made */
        if (world->incidents[i].number > touched->last_incident)
            touched->last_incident = world->incidents[i].number;
    }
    for (int i = 0; i < world->contract_count; i++) {
        touched->view.contracts[i] = world->contracts[i].number == 0;
        if (world->contracts[i].number > touched->last_contract)
            touched->last_contract = world->contracts[i].number;
    }
    for (int i = entries_before; i < world->entry_count; i++) {
        int contract = world->grants[world->entries[i].grant].contract;

        touch(&touched->contracts, &touched->view.contracts[contract], world->contracts[contract].number);
    }
    for (int i = 0; i < operation->count; i++) {
        const struct request *request = &operation->requests[i];
        int contract = world_contract(world, request->contract);

        if (request->partner >= 0 && request->partner < PARTNERS)
            touched->partners[request->partner] = true;
        if (contract != NONE)
            touched->partners[world->contracts[contract].partner] = true;
        touch_incident(touched, world, request->incident);
        touch_incident(touched, world, request->duplicate_of);
    }
    text_add(&touched->contracts, "}");
    text_add(&touched->incidents, "}");
    for (int i = 0; touched->view.whole && i < PARTNERS; i++)
        touched->partners[i] = true;
}

/* The model learns what PostgreSQL called what it made; what was made before has its name already. */
static bool names_bind(struct drive *drive, const struct operation *operation, int place)
{
    struct world *world = drive->world;
    const struct reply *reply = &drive->expected[place];
    int contract = reply->contract, *number = NULL;

    if (reply->reason != OK)
        return true;
    if (contract == NONE && operation->method > CONTRACT_CREATE && operation->method <= CONTRACT_UPGRADE)
        return operation->requests[place].dry_run ||
               drive->made[place] ==
                   world->contracts[world_contract(world, operation->requests[place].contract)].number;
    if (contract != NONE)
        number = &world->contracts[contract].number;
    else if (reply->incident != NONE)
        number = &world->incidents[reply->incident].number;
    if (number && *number == 0)
        *number = drive->made[place];
    return !number || *number == drive->made[place];
}

static void reply_text(struct text *text, const struct reply *reply)
{
    if (reply->reason == REASONS)
        text_add(text, "an unknown reason");
    else
        text_add(text, "%s%s", reason_names[reply->reason], reply->replayed ? ", replayed" : "");
    if (reply->reason == OK)
        text_add(text, ": %s", text_of(&reply->facts));
}

static bool replies_agree(struct drive *drive, const struct operation *operation)
{
    bool all = true;

    for (int i = 0; i < operation->count; i++) {
        const struct reply *expected = &drive->expected[i], *actual = &drive->actual[i];
        bool same = expected->reason == actual->reason && expected->replayed == actual->replayed &&
                    (expected->reason != OK || strcmp(text_of(&expected->facts), text_of(&actual->facts)) == 0);

        if (same && !names_bind(drive, operation, i)) {
            text_add(&drive->difference, "request %d: it names number %d, which is another\n", i + 1,
                     drive->made[i]);
            all = false;
        }
        if (same)
            continue;
        all = false;
        text_add(&drive->difference, "request %d\n  expected ", i + 1);
        reply_text(&drive->difference, expected);
        text_add(&drive->difference, "\n  got      ");
        reply_text(&drive->difference, actual);
        text_add(&drive->difference, "\n");
    }
    return all;
}

/* Adds the lines of one text that are not in the other. */
static void lines_missing(struct text *to, const char *mark, const char *lines, const char *others)
{
    char line[600];

    while (*lines) {
        size_t length = strcspn(lines, "\n");

        snprintf(line, sizeof line, "%.*s\n", (int)length, lines);
        if (!strstr(others, line))
            text_add(to, "  %s %s", mark, line);
        lines += length + (lines[length] == '\n');
    }
}

static bool states_agree(struct drive *drive, const struct touched *touched)
{
    text_clear(&drive->known);
    for (int i = 0; i < PARTNERS; i++)
        if (touched->partners[i])
            state_add(&drive->known, drive->world, i, &touched->view);
    if (strcmp(text_of(&drive->known), text_of(&drive->said)) == 0)
        return true;
    text_add(&drive->difference, "what is stored differs (where no line does: in their order)\n");
    lines_missing(&drive->difference, "expected", text_of(&drive->known), text_of(&drive->said));
    lines_missing(&drive->difference, "got     ", text_of(&drive->said), text_of(&drive->known));
    return false;
}

bool drive_step(struct drive *drive, const struct operation *operation, bool whole)
{
    static struct touched touched; /* its texts keep their memory */
    int entries_before = drive->world->entry_count;
    size_t starts[BATCH_MAX];
    bool ok;

    text_clear(&drive->difference);
    text_clear(&drive->params);
    for (int i = 0; i < operation->count; i++) {
        starts[i] = drive->params.length;
        operation_params(&drive->params, drive->world, operation->method, &operation->requests[i]);
        text_add(&drive->params, "%c", '\0');
        drive->actual[i].reason = REASONS;
    }
    world_apply(drive->world, operation, drive->expected);
    memset(touched.partners, 0, sizeof touched.partners);
    touched.view.whole = whole;
    touched.last_contract = touched.last_incident = 0;
    text_clear(&touched.contracts);
    text_clear(&touched.incidents);
    text_add(&touched.contracts, "{");
    text_add(&touched.incidents, "{");
    touched_find(&touched, drive->world, operation, entries_before);
    ok = keys_repeat(operation) ? batch_ask(drive, operation, starts, &touched)
                                : pipeline_ask(drive, operation, starts, &touched);
    return ok && replies_agree(drive, operation) && states_agree(drive, &touched);
}

bool drive_verify(struct drive *drive)
{
    bool ok = true;

    for (int i = 0; i < PARTNERS && ok; i++) {
        char id[24], params[100];
        const char *values[2] = {id, params};
        PGresult *result;

        if (!drive->world->partners[i].exists)
            continue;
        snprintf(id, sizeof id, "%ld", drive->callers[ADMIN]);
        snprintf(params, sizeof params, "{\"partner\":\"%s\"}", partner_code(i));
        result = PQexecParams(drive->connection,
                              "SELECT ok AND body::jsonb -> 'broken' = '[]', body FROM "
                              "api.ledger_verify(ARRAY[$1::bigint], ARRAY[$2::jsonb])",
                              2, NULL, values, NULL, NULL, 0);
        ok = PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == 't';
        if (!ok)
            fail(drive, "ledger.verify",
                 PQntuples(result) == 1 ? PQgetvalue(result, 0, 1) : PQresultErrorMessage(result));
        PQclear(result);
    }
    return ok;
}
