/* conf/report.conf: how the mails of the nightly report go out, and who gets the program's. */
#ifndef CLIENT_MAIL_CONFIG_H
#define CLIENT_MAIL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 5321's longest path, less its brackets. */
#define MAIL_ADDRESS_MAX 254

enum mail_tls { MAIL_TLS_STARTTLS, MAIL_TLS_IMPLICIT, MAIL_TLS_NONE };

struct mail_config {
    char *server;
    int port;
    enum mail_tls tls;
    char *ca;       /* NULL: the system's authorities */
    char *user;     /* NULL: nobody signs in */
    char *password; /* set where user is; overwritten before it is freed */
    char *from;
    char **managers;
    size_t manager_count;
    int timeout_s;
};

/*
 * Reads path; relative files in it are relative to its folder. Fills config (mail_config_release()), or returns
 * false with a sentence that names the file, and the line where one line is at fault. A password file that others
 * may read, and no TLS to another machine, are refused.
 */
bool mail_config_read(struct mail_config *config, const char *path, char *why, size_t why_size);

void mail_config_release(struct mail_config *config);

/*
 * True if text is one address, of printable ASCII, that can stand in a header and in an SMTP command as it is:
 * without quotes, comments, blanks and brackets.
 */
bool mail_address_good(const char *text);

#endif
