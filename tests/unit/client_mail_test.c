/* report.conf, addresses and headers: what is refused, and what nothing typed by a person gets out of. */
#include "client/mail_config.h"
#include "client/mail_message.h"
#include "client/mailer.h"
#include "tests/unit/suites.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/entitle-mail-XXXXXX";
static char path[128], password[128], why[512];

static void file_write(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/report.conf", folder);
    snprintf(password, sizeof password, "%s/password", folder);
    return 0;
}

static int tear_down(void)
{
    unlink(path);
    unlink(password);
    return rmdir(folder);
}

/* Reads text as report.conf, which must be wrong with this sentence (NULL: right). */
static void config_is(const char *text, const char *sentence)
{
    struct mail_config config;

    why[0] = '\0';
    file_write(path, text);
    bool good = mail_config_read(&config, path, why, sizeof why);
    CU_ASSERT_EQUAL(good, sentence == NULL);
    if (sentence != NULL && strstr(why, sentence) == NULL) {
        fprintf(stderr, "%s: \"%s\" is not in \"%s\"\n", text, sentence, why);
        CU_FAIL("another sentence");
    }
    if (good)
        mail_config_release(&config);
}

static void config_read(void)
{
    struct mail_config config;

    file_write(password, "a word of several words \r\nanother line\n");
    chmod(password, 0640);
    file_write(path, "server = \"smtp.example.com\" # ours\nport = 465\ntls = implicit\nuser = u\n"
                     "password_file = password\nfrom = \"a@b.test\"\nmanagers = {\"c@d.test\", 'e@f.test'}\n");
    CU_ASSERT_TRUE_FATAL(mail_config_read(&config, path, why, sizeof why));
    CU_ASSERT_STRING_EQUAL(config.server, "smtp.example.com");
    CU_ASSERT_EQUAL(config.port, 465);
    CU_ASSERT_EQUAL(config.tls, MAIL_TLS_IMPLICIT);
    CU_ASSERT_STRING_EQUAL(config.password, "a word of several words ");
    CU_ASSERT_EQUAL(config.manager_count, 2);
    CU_ASSERT_STRING_EQUAL(config.managers[1], "e@f.test");
    CU_ASSERT_EQUAL(config.timeout_s, 600);
    struct mailer *mailer = mailer_new(&config, why, sizeof why);
    CU_ASSERT_PTR_NOT_NULL(mailer);
    mailer_free(mailer);
    mail_config_release(&config);
}

static void config_wrong(void)
{
    config_is("", "report.conf: from is missing");
    config_is("from = \"a@b.test\"\n", NULL);
    config_is("# one\n\nfrom = \"nobody\"\n", "report.conf:3: from: \"nobody\" is no mail address");
    config_is("from = \"a@b.test\"\nmanagers = {\"c@d.test\", \"e@f.test\\r\\nBcc: x@y.test\"}",
              "report.conf:2: managers:");
    config_is("port = 0", "report.conf:1: port is 0; it must be 1 to 65535 port");
    config_is("timeout = 4000", "it must be 5 to 3600 seconds");
    config_is("tls = perhaps", "report.conf:1: tls is \"perhaps\"; it must be one of starttls|implicit|none");
    config_is("server = \"a/b@c\"", "report.conf:1: server: \"a/b@c\" is neither a name nor an address");
    config_is("colour = red", "report.conf:1: ");
    config_is("from = \"a@b.test\"\ntls = none\nserver = \"127.example.test\"\n",
              "for a server on this machine only");
    config_is("from = \"a@b.test\"\ntls = none\nserver = \"127.0.0.1\"\n", NULL);
    config_is("from = \"a@b.test\"\ntls = none\nserver = \"::1\"\n", NULL);
    config_is("from = \"a@b.test\"\nuser = u\n", "password_file is missing");
    config_is("from = \"a@b.test\"\nca = \"not-there.pem\"\n", "not-there.pem: No such file");
}

static void password_wrong(void)
{
    static const char config[] = "from = \"a@b.test\"\nuser = u\npassword_file = password\n";

    file_write(password, "secret\n");
    chmod(password, 0644);
    config_is(config, "others may read or change it (mode 644)");
    chmod(password, 0660);
    config_is(config, "others may read or change it (mode 660)");
    chmod(password, 0600);
    config_is(config, NULL);
    file_write(password, "\nsecret\n");
    config_is(config, "its first line is no password of 1 to 256 bytes");
    unlink(password);
    config_is(config, "password: No such file");
    CU_ASSERT_EQUAL(mkfifo(password, 0600), 0);
    config_is(config, "others may read or change it");
    unlink(password);
}

/* What is shipped has every option, at its default, with its range; the manual has every option. */
static void shipped(void)
{
    static const struct {
        const char *line, *text;
    } options[] = {
#define MAIL_TEXT(name, otherwise, words, text) {"\n#" #name " = \"" otherwise "\"\n", text},
#define MAIL_INTEGER(name, otherwise, min, max, unit, text) {"\n#" #name " = " #otherwise "\n", text},
#define MAIL_LIST(name, text) {"\n#" #name " = {}\n", text},
#include "client/mail_options.def"
#undef MAIL_TEXT
#undef MAIL_INTEGER
#undef MAIL_LIST
    };
    static char conf[16384], manual[16384];
    FILE *file = fopen(TEST_SOURCE_DIR "/conf/report.conf", "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    conf[fread(conf, 1, sizeof conf - 1, file)] = '\0';
    fclose(file);
    file = fopen(TEST_SOURCE_DIR "/doc/report.conf.5", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    manual[fread(manual, 1, sizeof manual - 1, file)] = '\0';
    fclose(file);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char item[64];
        snprintf(item, sizeof item, ".It Ic %.*s\n", (int)strcspn(options[i].line + 2, " "), options[i].line + 2);
        CU_ASSERT_PTR_NOT_NULL(strstr(conf, options[i].line));
        CU_ASSERT_PTR_NOT_NULL(strstr(conf, options[i].text));
        CU_ASSERT_PTR_NOT_NULL(strstr(manual, item));
    }
}

static void addresses(void)
{
    static const char *const good[] = {"a@b", "ada.lovelace+x@mail.example.com", "it's@x.test",
                                       "a!#$%&*/=?^_`{|}~-b@c.test"};
    static const char *const bad[] = {
        "",        "a",           "@b",         "a@",          "a@@b",        "a b@c.test",
        "a@b c",   "<a@b.test>",  "a@b.test\n", "a\r\n@b",     "a,b@c.test",  "a@b.test,c@d.test",
        "\"a\"@b", "a@[1.2.3.4]", "-a@b.test",  "b\xc3\xbc@b", "a@b\xc3\xbc", ".a@b",
        "a..b@c",  "a.@b"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT_TRUE(mail_address_good(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(mail_address_good(bad[i]));
    CU_ASSERT_FALSE(mail_address_good(NULL));
}

static void header_is(const char *text, bool phrase, const char *wanted)
{
    char *value = mail_header_text(text, phrase);

    CU_ASSERT_STRING_EQUAL(value, wanted);
    free(value);
}

/* Of any text: lines of at most 76 characters of printable ASCII, each but the first begun with a blank. */
static void header_safe(const char *text)
{
    char *value = mail_header_text(text, false);

    for (char *at = value; *at != '\0'; at++) {
        bool end = strncmp(at, "\r\n ", 3) == 0;
        CU_ASSERT_TRUE(end || (*at >= ' ' && *at <= '~'));
        at += end ? 2 : 0;
    }
    for (const char *line = value; line != NULL; line = strstr(line + 1, "\r\n "))
        CU_ASSERT_TRUE(strcspn(line + 3, "\r") <= 76);
    free(value);
}

static void headers(void)
{
    char text[512] = "";

    header_is("A report", false, "A report");
    header_is("80 % used: \"x\" <y>", false, "80 % used: \"x\" <y>");
    header_is("Contoso Ltd", true, "Contoso Ltd");
    header_is("Contoso, Ltd", true, "=?UTF-8?B?Q29udG9zbywgTHRk?=");
    header_is("a\r\nBcc: b@c.test", false, "a  Bcc: b@c.test");
    header_is("=?UTF-8?Q?x?=", false, "=?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=");
    header_is("S\xc3\xb6hne", false, "=?UTF-8?B?U8O2aG5l?=");
    for (size_t i = 0; i + 4 < sizeof text; i++) {
        snprintf(text + i, sizeof text - i, "%s", i % 3 == 0 ? "\xe2\x82\xac" : "\xc3\xb6");
        header_safe(text);
        text[i] = 'a';
    }
    header_safe("\xff\xfe not \xc3 UTF-8 \x01\x7f");
}

CU_ErrorCode client_mail_register(void)
{
    static CU_TestInfo tests[] = {{"report.conf", config_read},
                                  {"wrong options", config_wrong},
                                  {"password files", password_wrong},
                                  {"what is shipped", shipped},
                                  {"addresses", addresses},
                                  {"headers", headers},
                                  CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_mail", set_up, tear_down, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
