/*
 * Owns the TLS policy of both ends.  Everything is refused that the protocol does not need: versions below
 * 1.3, tickets, renegotiation, compression, peers without a certificate, another ALPN.
 */
#include "common/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define TLS_PEER_CERTIFICATES_BYTES_MAX 16384

static const unsigned char alpn_wire[] = {9, 'e', 'n', 't', 'i', 't', 'l', 'e', '/', '1'};

static int alpn_select(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *in,
                       unsigned int in_length, void *unused)
{
    unsigned char *selected;

    (void)ssl;
    (void)unused;
    if (SSL_select_next_proto(&selected, out_length, alpn_wire, sizeof alpn_wire, in, in_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

/* Says which file could not be used, and what OpenSSL says of it. */
static bool files_fail(const char *what, const char *path, char *why, size_t why_size)
{
    char reason[200];

    tls_error_text(reason, sizeof reason);
    snprintf(why, why_size, "%s %s: %s", what, path, reason);
    return false;
}

static bool context_load(SSL_CTX *context, const struct tls_files *files, char *why, size_t why_size)
{
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(context, files->ca) != 1)
        return files_fail("CA file", files->ca, why, why_size);
    if (SSL_CTX_use_certificate_chain_file(context, files->certificate) != 1)
        return files_fail("certificate file", files->certificate, why, why_size);
    if (SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) != 1)
        return files_fail("key file", files->key, why, why_size);
    if (SSL_CTX_check_private_key(context) != 1)
        return files_fail("the certificate does not belong to key file", files->key, why, why_size);
    return true;
}

static SSL_CTX *context_new(const SSL_METHOD *method, const struct tls_files *files, char *why, size_t why_size)
{
    SSL_CTX *context = SSL_CTX_new(method);

    if (!context) {
        tls_error_text(why, why_size);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_max_cert_list(context, TLS_PEER_CERTIFICATES_BYTES_MAX);
    if (context_load(context, files, why, why_size))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

SSL_CTX *tls_server_context(const struct tls_files *files, char *why, size_t why_size)
{
    SSL_CTX *context = context_new(TLS_server_method(), files, why, why_size);

    if (!context)
        return NULL;
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT);
    SSL_CTX_set_alpn_select_cb(context, alpn_select, NULL);
    return context;
}

SSL_CTX *tls_client_context(const struct tls_files *files, char *why, size_t why_size)
{
    SSL_CTX *context = context_new(TLS_client_method(), files, why, why_size);

    if (!context)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
    if (SSL_CTX_set_alpn_protos(context, alpn_wire, sizeof alpn_wire) != 0) {
        tls_error_text(why, why_size);
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

bool tls_alpn_selected(const SSL *ssl)
{
    const unsigned char *selected;
    unsigned int length;

    SSL_get0_alpn_selected(ssl, &selected, &length);
    return length == sizeof alpn_wire - 1 && memcmp(selected, alpn_wire + 1, length) == 0;
}

bool tls_fingerprint(X509 *certificate, char hex[TLS_FINGERPRINT_MAX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length;

    if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1 || length != 32)
        return false;
    for (unsigned int i = 0; i < length; i++)
        snprintf(hex + (size_t)i * 2, 3, "%02x", digest[i]);
    return true;
}

bool tls_peer_fingerprint(const SSL *ssl, char hex[TLS_FINGERPRINT_MAX])
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);

    return certificate && SSL_get_verify_result(ssl) == X509_V_OK && tls_fingerprint(certificate, hex);
}

/* What an error, such as an alert of the other side, means to a person; NULL where OpenSSL's own words are as good.
 */
static const char *alert_text(unsigned long error)
{
    if (ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH)
        return "it does not belong to the certificate";
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return NULL;
    switch (ERR_GET_REASON(error)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "the other side demands a certificate";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return "the other side does not accept this certificate";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return "this certificate has expired, says the other side";
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return "the other side does not speak " TLS_ALPN;
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
        return "the other side does not speak TLS 1.3";
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return "the other side closed the connection";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
        return "the other side does not speak TLS";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the other side gave no certificate";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return "the other side's certificate is not signed by the CA, or not valid now";
    default:
        return NULL;
    }
}

void tls_error_text(char *why, size_t why_size)
{
    unsigned long error = ERR_peek_error();
    const char *text = error ? alert_text(error) : NULL;

    if (!text && error && (ERR_GET_LIB(error) == ERR_LIB_SYS || ERR_SYSTEM_ERROR(error)))
        text = strerror(ERR_GET_REASON(error));
    if (!text && error)
        text = ERR_reason_error_string(error);
    if (!text)
        text = errno ? strerror(errno) : "the other side closed the connection";
    snprintf(why, why_size, "%s", text);
    ERR_clear_error();
}
