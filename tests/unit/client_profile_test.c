/* profile and connection_address_split: files, overrides, defaults, addresses. */
#include "client/connection.h"
#include "client/profile.h"
#include "tests/unit/suites.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/entitle-profile-XXXXXX";
static char path[256], why[512];

/* Writes a file under the folder of these tests. */
static void file_write(const char *name, const char *text)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/entitle", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/entitle/profiles", folder);
    mkdir(path, 0700);
    unsetenv("ENTITLE_PROFILE");
    return setenv("XDG_CONFIG_HOME", folder, 1);
}

static int tear_down(void)
{
    static const char *const names[] = {"/entitle/profiles/a.conf",
                                        "/entitle/profiles/b.conf",
                                        "/entitle/profiles/bad.conf",
                                        "/entitle/profiles/in.conf",
                                        "/entitle/config.conf",
                                        "/entitle/profiles",
                                        "/entitle",
                                        ""};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s%s", folder, names[i]);
        remove(path);
    }
    return unsetenv("XDG_CONFIG_HOME");
}

static void read_file(void)
{
    char expected[256];
    struct profile profile;

    file_write("entitle/profiles/a.conf", "# a comment\naddress = \"127.0.0.1:20040\"\nca = \"tls/ca.pem\"\n"
                                          "certificate = '/etc/c.pem'\nkey = c.key\n");
    CU_ASSERT_TRUE_FATAL(profile_read(&profile, path, why, sizeof why));
    CU_ASSERT_STRING_EQUAL(profile.address, "127.0.0.1:20040");
    snprintf(expected, sizeof expected, "%s/entitle/profiles/tls/ca.pem", folder);
    CU_ASSERT_STRING_EQUAL(profile.ca, expected);
    CU_ASSERT_STRING_EQUAL(profile.certificate, "/etc/c.pem");
    snprintf(expected, sizeof expected, "%s/entitle/profiles/c.key", folder);
    CU_ASSERT_STRING_EQUAL(profile.key, expected);
    CU_ASSERT_PTR_NULL(profile.server_name);
    profile_release(&profile);
}

static void wrong_file(void)
{
    struct profile profile;

    file_write("entitle/profiles/bad.conf", "address = \"x\"\ncertifcate = \"y\"\n");
    CU_ASSERT_FALSE(profile_read(&profile, path, why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "bad.conf:2: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "certifcate"));
    snprintf(path, sizeof path, "%s/none.conf", folder);
    CU_ASSERT_FALSE(profile_read(&profile, path, why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "No such file"));
}

static void address_is(const struct profile_choice *choice, const char *expected)
{
    struct profile profile;

    CU_ASSERT_TRUE_FATAL(profile_load(&profile, choice, why, sizeof why));
    CU_ASSERT_STRING_EQUAL(profile.address, expected);
    profile_release(&profile);
}

/* The flag goes before the environment, that before config.conf, that before "default". */
static void choose(void)
{
    static const char rest[] = "ca = c\ncertificate = c\nkey = c\n";
    char text[256];
    struct profile profile;

    for (const char *name = "ab"; *name != '\0'; name++) {
        char file[64];
        snprintf(file, sizeof file, "entitle/profiles/%c.conf", *name);
        snprintf(text, sizeof text, "address = \"%c.example\"\n%s", *name, rest);
        file_write(file, text);
    }
    CU_ASSERT_FALSE(profile_load(&profile, &(struct profile_choice){0}, why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "profiles/default.conf"));
    file_write("entitle/config.conf", "profile = \"a\"\n");
    address_is(&(struct profile_choice){0}, "a.example");
    setenv("ENTITLE_PROFILE", "b", 1);
    address_is(&(struct profile_choice){0}, "b.example");
    address_is(&(struct profile_choice){.name = "a"}, "a.example");
    snprintf(text, sizeof text, "%s/entitle/profiles/a.conf", folder);
    address_is(&(struct profile_choice){.name = text}, "a.example");
    address_is(&(struct profile_choice){.name = "a", .over = {.address = (char[]){"c.example"}}}, "c.example");
    unsetenv("ENTITLE_PROFILE");
}

/* All on the command line: no file is looked for. A file that lacks something: it is named. */
static void without_file(void)
{
    char word[] = "x";
    struct profile profile;

    address_is(&(struct profile_choice){.over = {.address = word, .ca = word, .certificate = word, .key = word}},
               "x");
    file_write("entitle/profiles/in.conf", "address = \"x\"\nca = c\n");
    CU_ASSERT_FALSE(profile_load(&profile, &(struct profile_choice){.name = "in"}, why, sizeof why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "certificate is missing"));
}

static void split_is(const char *address, const char *host, const char *port)
{
    char *its_host = NULL, *its_port = NULL;

    CU_ASSERT_TRUE_FATAL(connection_address_split(address, &its_host, &its_port, why, sizeof why));
    CU_ASSERT_STRING_EQUAL(its_host, host);
    CU_ASSERT_STRING_EQUAL(its_port, port);
    free(its_host);
    free(its_port);
}

static void addresses(void)
{
    static const char *const wrong[] = {"", ":20040", "host:", "host:port", "[]:1", "host:-1"};
    char *host, *port;

    split_is("127.0.0.1:1", "127.0.0.1", "1");
    split_is("desk.example", "desk.example", CONNECTION_PORT);
    split_is("[::1]:443", "::1", "443");
    split_is("[::1]", "::1", CONNECTION_PORT);
    split_is("fe80::1", "fe80::1", CONNECTION_PORT);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(connection_address_split(wrong[i], &host, &port, why, sizeof why));
}

CU_ErrorCode client_profile_register(void)
{
    static CU_TestInfo tests[] = {{"read", read_file},      {"a wrong file", wrong_file},
                                  {"choose", choose},       {"without a file", without_file},
                                  {"addresses", addresses}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"client_profile", set_up, tear_down, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites);
}
