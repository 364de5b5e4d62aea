/* The subcommands of principals. */
#include "client/command_principal.h"
#include "client/text.h"
#include "common/tls.h"
#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static const struct column principal_columns[] = {
    {"name", "name", CELL_TEXT},        {"role", "role", CELL_TEXT},
    {"partner", "partner", CELL_TEXT},  {"fingerprint", "fingerprint", CELL_TEXT},
    {"disabled", "disabled", CELL_YES}, {NULL, NULL, CELL_TEXT},
};

static const struct column list_columns[] = {
    {"NAME", "name", CELL_TEXT},
    {"ROLE", "role", CELL_TEXT},
    {"PARTNER", "partner", CELL_TEXT},
    {"DISABLED", "disabled", CELL_YES},
    {"FINGERPRINT", "fingerprint", CELL_TITLE},
    {NULL, NULL, CELL_TEXT},
};

static void principal_render(struct render *render, const json_t *result)
{
    render_facts(render, principal_columns, render_member(result, "principal"));
}

static void list_render(struct render *render, const json_t *result)
{
    render_rows(render, list_columns, render_member(result, "principals"));
}

/* The fingerprint of the first certificate in a PEM file. */
static bool fingerprint_read(const char *path, char hex[TLS_FINGERPRINT_MAX], char *why, size_t why_size)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return false;
    }
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    bool done = certificate != NULL && tls_fingerprint(certificate, hex);
    if (!done)
        snprintf(why, why_size, "%s: there is no certificate (PEM) in it", path);
    X509_free(certificate);
    fclose(file);
    return done;
}

static enum status create_run(struct session *session, const struct command *command)
{
    const char *path = session_value(session, "certificate-of");
    char hex[TLS_FINGERPRINT_MAX], why[COMMAND_WHY_MAX] = "";

    if (path != NULL) {
        if (!fingerprint_read(path, hex, why, sizeof why)) {
            text_complain("%s", why);
            return STATUS_FAILED;
        }
        json_object_set_new(session->params, "fingerprint", json_string(hex));
    }
    return command_ask(session, command);
}

static const struct option_spec create_options[] = {
    {"certificate-of", 'f', "FILE", "the certificate to enrol (PEM), instead of --fingerprint"},
    {NULL, 0, NULL, NULL},
};

const struct command command_principal_create = {
    .name = "principal create",
    .method = METHOD_PRINCIPAL_CREATE,
    .words = "name",
    .letters = "r=role p=partner",
    .options = create_options,
    .example = "entitle principal create anna --role coordinator --certificate-of anna.pem",
    .render = principal_render,
    .run = create_run,
};

const struct command command_principal_disable = {
    .name = "principal disable",
    .method = METHOD_PRINCIPAL_DISABLE,
    .words = "name",
    .example = "entitle principal disable anna",
    .render = principal_render,
};

const struct command command_principal_enable = {
    .name = "principal enable",
    .method = METHOD_PRINCIPAL_ENABLE,
    .words = "name",
    .example = "entitle principal enable anna",
    .render = principal_render,
};

const struct command command_principal_list = {
    .name = "principal list",
    .method = METHOD_PRINCIPAL_LIST,
    .letters = "r=role",
    .example = "entitle principal list --role coordinator",
    .render = list_render,
};
