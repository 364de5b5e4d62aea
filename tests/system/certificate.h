/* Certificates for the tests: made in this process, good ones and each kind of bad one. */
#ifndef TESTS_SYSTEM_CERTIFICATE_H
#define TESTS_SYSTEM_CERTIFICATE_H

#include "common/tls.h"
#include <stdbool.h>

enum certificate_kind {
    CERTIFICATE_CA,          /* signs itself, and others */
    CERTIFICATE_GOOD,        /* for client and server, for localhost and 127.0.0.1 */
    CERTIFICATE_EXPIRED,     /* since yesterday */
    CERTIFICATE_FUTURE,      /* from tomorrow on */
    CERTIFICATE_SELF_SIGNED, /* by nobody else */
    CERTIFICATE_SERVER_ONLY, /* its extended key usage is serverAuth alone */
};

/*
 * Writes DIR/NAME.pem and DIR/NAME.key. issuer: the name of the CA in DIR that signs it (NULL for CA and
 * SELF_SIGNED). fingerprint: where its SHA-256 is put, or NULL. False if OpenSSL or the disk will not.
 */
bool certificate_make(const char *dir, const char *name, enum certificate_kind kind, const char *issuer,
                      char fingerprint[TLS_FINGERPRINT_MAX]);

#endif
