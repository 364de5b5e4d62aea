/*
 * Prints what people read about the options, from the table in options.def: conf/entitled.conf (every
 * option commented at its default), or with --mdoc the manual page entitled.conf(5).  Not installed.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A row of the table, in the form that a text needs. */
struct row {
    const char *name;
    const char *value; /* a string's default */
    const char *words;
    long number, min, max; /* an integer's */
    const char *unit;
    bool integer, reloadable;
    const char *text;
};

static const struct row rows[] = {
#define OPTION_INTEGER(name, number, min, max, unit, reloadable, text)                                             \
    {#name, NULL, NULL, number, min, max, unit, true, reloadable, text},
#define OPTION_STRING(name, value, words, reloadable, text)                                                        \
    {#name, value, words, 0, 0, 0, NULL, false, reloadable, text},
#include "daemon/options.def"
#undef OPTION_INTEGER
#undef OPTION_STRING
};

static const char conf_head[] =
    "# Configuration of entitled(8); see entitled.conf(5).\n"
    "#\n"
    "# Every option stands here at its default. To change one, remove the # before it.\n"
    "# Check the file with `entitled --check-config`, then `systemctl reload entitled`: options marked\n"
    "# \"restart\" need `systemctl restart entitled` instead.\n";

static const char mdoc_head[] =
    ".\\\" Made by daemon/options-doc --mdoc from daemon/options.def; change it there.\n"
    ".Dd November 23, 2026\n"
    ".Dt ENTITLED.CONF 5\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm entitled.conf\n"
    ".Nd configuration of the incident tracker's daemon\n"
    ".Sh DESCRIPTION\n"
    ".Xr entitled 8\n"
    "reads this file when it starts, and again on\n"
    ".Dv SIGHUP .\n"
    "A line is\n"
    ".Pp\n"
    ".Dl option = value\n"
    ".Pp\n"
    "A text stands in double quotes, a number does not.\n"
    "In double quotes\n"
    ".Ql ${NAME}\n"
    "is replaced by that variable of the environment.\n"
    "What follows\n"
    ".Ql #\n"
    "or\n"
    ".Ql //\n"
    "is a comment; an option that is left out has its default.\n"
    "An option that does not exist, or a value outside its range, is an error\n"
    "that names the line;\n"
    ".Ql entitled --check-config\n"
    "finds it without starting anything.\n"
    "On\n"
    ".Dv SIGHUP\n"
    "a file with an error is logged and changes nothing.\n"
    ".Sh OPTIONS\n"
    "Options marked\n"
    ".Em restart\n"
    "take effect when the daemon is started again, all others also on\n"
    ".Dv SIGHUP ,\n"
    "for what begins after it.\n"
    ".Bl -tag -width indent\n";

static const char mdoc_tail[] = ".El\n"
                                ".Sh FILES\n"
                                ".Bl -tag -width indent\n"
                                ".It Pa /etc/entitled/entitled.conf\n"
                                "The file that is read where no other is named.\n"
                                ".It Pa /etc/entitled/tls/\n"
                                "The authority's certificate, and the daemon's certificate and key.\n"
                                ".El\n"
                                ".Sh EXAMPLES\n"
                                "All addresses, four workers, and two database servers, of which the one that\n"
                                "accepts writes is used:\n"
                                ".Bd -literal -offset indent\n"
                                "listen = \"0.0.0.0:20040 [::]:20040\"\n"
                                "workers = 4\n"
                                "database = \"host=db1,db2 dbname=entitled user=entitled\"\n"
                                ".Ed\n"
                                ".Sh SEE ALSO\n"
                                ".Xr entitle 1 ,\n"
                                ".Xr entitle-protocol 7 ,\n"
                                ".Xr entitled 8\n";

static void row_print_conf(const struct row *row)
{
    printf("\n# %s\n", row->text);
    if (row->integer)
        printf("# %ld to %ld %s", row->min, row->max, row->unit);
    else if (row->words != NULL)
        printf("# one of %s", row->words);
    else
        printf("# a text");
    printf("%s\n", row->reloadable ? "" : "; restart");
    if (row->integer)
        printf("#%s = %ld\n", row->name, row->number);
    else
        printf("#%s = \"%s\"\n", row->name, row->value);
}

/*
 * Text as mdoc: words up to 78 columns a line, each `word` a literal on a line of its own, a full stop
 * at the end.
 */
static void mdoc_print_text(const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        bool last = text[length] == '\0';
        const char *end = *text == '`' ? strchr(text + 1, '`') : NULL;

        if (end != NULL) {
            size_t after = (size_t)(text + length - end) - 1; /* punctuation behind the literal */

            printf("%s.Ql %.*s", column > 0 ? "\n" : "", (int)(end - text - 1), text + 1);
            printf("%s%.*s%s\n", after > 0 ? " " : "", (int)after, end + 1, last ? " ." : "");
            column = 0;
        } else {
            if (column > 0 && column + 1 + length > 78) {
                putchar('\n');
                column = 0;
            }
            printf("%s%.*s", column > 0 ? " " : "", (int)length, text);
            column += length + (column > 0 ? 1 : 0);
            if (last)
                printf(".\n");
        }
        text += length + (last ? 0 : 1);
    }
}

static void row_print_mdoc(const struct row *row)
{
    printf(".It Ic %s\n", row->name);
    mdoc_print_text(row->text);
    if (row->integer)
        printf("%ld to %ld %s; the default is %ld", row->min, row->max, row->unit, row->number);
    else if (row->words != NULL)
        printf("One of %s; the default is\n.Ql %s", row->words, row->value);
    else
        printf("The default is\n.Ql %s", row->value);
    printf("%s\n", row->integer ? "." : " .");
    if (!row->reloadable)
        printf(".Em restart\n");
}

int main(int count, char **words)
{
    bool mdoc = count == 2 && strcmp(words[1], "--mdoc") == 0;

    if (count > 1 && !mdoc) {
        fprintf(stderr, "usage: options-doc [--mdoc]\n");
        return 2;
    }
    fputs(mdoc ? mdoc_head : conf_head, stdout);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (mdoc)
            row_print_mdoc(&rows[i]);
        else
            row_print_conf(&rows[i]);
    }
    if (mdoc)
        fputs(mdoc_tail, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
