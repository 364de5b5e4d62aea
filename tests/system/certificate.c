/* Owns the making of keys and certificates (P-256, OpenSSL's own API: no shelling out). */
#include "tests/system/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define DAY_S 86400L

static bool key_write(const char *dir, const char *name, EVP_PKEY *key)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.key", dir, name);
    FILE *file = fopen(path, "we");
    bool good = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;

    return file && fclose(file) == 0 && good;
}

static bool certificate_write(const char *dir, const char *name, X509 *certificate)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.pem", dir, name);
    FILE *file = fopen(path, "we");
    bool good = file && PEM_write_X509(file, certificate) == 1;

    return file && fclose(file) == 0 && good;
}

static bool issuer_read(const char *dir, const char *name, X509 **certificate, EVP_PKEY **key)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.pem", dir, name);
    FILE *file = fopen(path, "re");
    *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    if (file)
        fclose(file);
    snprintf(path, sizeof path, "%s/%s.key", dir, name);
    file = fopen(path, "re");
    *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (file)
        fclose(file);
    return *certificate && *key;
}

static bool extension_add(X509 *certificate, X509 *issuer, int what, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool added;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, what, value);
    added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool extensions_add(X509 *certificate, X509 *issuer, enum certificate_kind kind)
{
    if (kind == CERTIFICATE_CA)
        return extension_add(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
               extension_add(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    return extension_add(certificate, issuer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1") &&
           extension_add(certificate, issuer, NID_ext_key_usage,
                         kind == CERTIFICATE_SERVER_ONLY ? "serverAuth" : "serverAuth,clientAuth");
}

static X509 *certificate_new(const char *name, enum certificate_kind kind, EVP_PKEY *key, X509 *issuer,
                             EVP_PKEY *issuer_key)
{
    X509 *certificate = X509_new();
    long from = kind == CERTIFICATE_FUTURE ? DAY_S : -30 * DAY_S;
    long until = kind == CERTIFICATE_EXPIRED ? -DAY_S : 30 * DAY_S;
    X509_NAME *subject = certificate ? X509_get_subject_name(certificate) : NULL;
    BIGNUM *serial = BN_new();

    if (subject && serial && BN_rand(serial, 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
        BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) &&
        X509_set_version(certificate, X509_VERSION_3) == 1 &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 &&
        X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), from) &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), until) && X509_set_pubkey(certificate, key) == 1 &&
        extensions_add(certificate, issuer ? issuer : certificate, kind) &&
        X509_sign(certificate, issuer ? issuer_key : key, EVP_sha256()) > 0) {
        BN_free(serial);
        return certificate;
    }
    BN_free(serial);
    X509_free(certificate);
    return NULL;
}

bool certificate_make(const char *dir, const char *name, enum certificate_kind kind, const char *issuer,
                      char fingerprint[TLS_FINGERPRINT_MAX])
{
    EVP_PKEY *key = EVP_EC_gen("P-256"), *issuer_key = NULL;
    X509 *certificate = NULL, *issuer_certificate = NULL;
    bool good = false;

    if (!key || (issuer && !issuer_read(dir, issuer, &issuer_certificate, &issuer_key)))
        goto out;
    certificate = certificate_new(name, kind, key, issuer_certificate, issuer_key);
    good = certificate && key_write(dir, name, key) && certificate_write(dir, name, certificate) &&
           (!fingerprint || tls_fingerprint(certificate, fingerprint));
out:
    X509_free(certificate);
    X509_free(issuer_certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_free(issuer_key);
    return good;
}
