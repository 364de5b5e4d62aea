/*
 * Prints entitle-protocol(7): copies the prose (its one argument, an mdoc file) and puts the tables of
 * methods and errors where a line says @METHODS@ or @ERRORS@.  So the manual cannot tell of a method,
 * parameter or error that the programs do not have.  Not installed.
 */
#include "common/error.h"
#include "common/methods.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

/* What a value of a type is called; after it come the bounds. */
static const char *const type_texts[] = {
    [PARAM_CODE] = "code",
    [PARAM_PARTNER] = "code of a partner",
    [PARAM_INCIDENT] = "name of an incident",
    [PARAM_CONTRACT] = "name of a contract",
    [PARAM_ESCALATION] = "name of an escalation",
    [PARAM_TEXT] = "text",
    [PARAM_CHOICE] = "one word",
    [PARAM_BOOLEAN] = "true or false",
    [PARAM_INTEGER] = "integer",
    [PARAM_TIME] = "time",
    [PARAM_DATE] = "date",
    [PARAM_KEY] = "key",
    [PARAM_MONEY] = "money",
    [PARAM_FINGERPRINT] = "64 hexadecimal digits",
    [PARAM_OBJECT] = "object",
};

/* Prints text so that mdoc takes none of it as a macro, an escape or an end of sentence. */
static void print_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '"')
            fputs("\\(dq", stdout);
        else if (*text == '`')
            fputs("\\(ga", stdout);
        else if (*text == '\'')
            fputs("\\(aq", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

/* The same, as the beginning of a sentence. */
static void print_sentence(const char *text)
{
    if (*text >= 'a' && *text <= 'z')
        putchar(*text++ - 'a' + 'A');
    print_text(text);
}

/* Prints the words that '|' separates, in bold, with a full stop. */
static void print_choices(const char *choices)
{
    while (*choices != '\0') {
        size_t length = strcspn(choices, "|");
        printf(".Cm %.*s", (int)length, choices);
        choices += length;
        puts(*choices != '\0' ? " ," : " .");
        if (*choices == '|')
            choices++;
    }
}

static void print_param(const struct param_spec *param)
{
    printf(".It Fa %s Pq %s", param->name, type_texts[param->type]);
    if (param->type == PARAM_TEXT)
        printf(" of %ld to %ld characters", param->min, param->max);
    else if (param->min != 0 || param->max != 0)
        printf(" from %ld to %ld", param->min, param->max);
    puts(param->required ? " , required" : " , optional");
    print_sentence(param->help);
    if (param->type == PARAM_CHOICE) {
        puts(":");
        print_choices(param->choices);
    } else {
        puts(".");
    }
}

static void print_roles(unsigned roles)
{
    const char *comma = "";
    for (unsigned bit = 1; role_name(bit) != NULL; bit <<= 1) {
        if (roles & bit) {
            printf("%s%s", comma, role_name(bit));
            comma = ", ";
        }
    }
    puts(".");
}

static void print_method(const struct method_spec *method)
{
    static const char *const access[] = {
        [METHOD_READS] = "Reads.", [METHOD_WRITES] = "Writes.", [METHOD_DAEMON] = "Answered by the daemon itself."};
    printf(".Ss %s\n", method->name);
    print_sentence(method->summary);
    printf(".\n.Pp\n%s\nFor: ", access[method->access]);
    print_roles(method->roles);
    bool writes = method->access == METHOD_WRITES;
    if (!writes && method->params[0].name == NULL) {
        puts("No parameters.");
        return;
    }
    puts(".Bl -tag -width Ds");
    for (const struct param_spec *param = method->params; param->name != NULL; param++)
        print_param(param);
    if (writes)
        puts(".It Fa key Pq key , required\nSee\n.Sx Keys .");
    puts(".El");
}

static void print_errors(void)
{
    puts(".Bl -column \"-32603\" \"entitlement_exhausted\" \"exit\" \"sentence\"");
    puts(".It Sy code Ta Sy reason Ta Sy exit Ta Sy sentence where nothing better is known");
    for (int id = 0; id < ERROR_COUNT; id++) {
        const struct error_spec *error = error_spec((enum error_id)id);
        printf(".It %d Ta %s Ta %d Ta ", error->code, error->reason, error->exit_code);
        print_text(error->text);
        putchar('\n');
    }
    puts(".El");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: methods-doc PROSE >PAGE\n");
        return 2;
    }
    FILE *prose = fopen(argv[1], "r");
    if (prose == NULL) {
        fprintf(stderr, "methods-doc: cannot read %s: %s\n", argv[1], strerror(errno));
        return EXIT_FAILURE;
    }
    char line[LINE_MAX_BYTES];
    while (fgets(line, sizeof line, prose) != NULL) {
        if (strcmp(line, "@METHODS@\n") == 0) {
            for (int id = 0; id < METHOD_COUNT; id++)
                print_method(method_spec((enum method_id)id));
        } else if (strcmp(line, "@ERRORS@\n") == 0) {
            print_errors();
        } else {
            fputs(line, stdout);
        }
    }
    bool failed = ferror(prose) != 0;
    fclose(prose);
    if (failed || fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "methods-doc: cannot copy %s\n", argv[1]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
