/*
 * TLS as the protocol wants it, for both ends: TLS 1.3 only, certificates on both sides, ALPN
 * "entitle/1", no tickets, no renegotiation; and OpenSSL's errors as sentences.
 */
#ifndef COMMON_TLS_H
#define COMMON_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#define TLS_ALPN "entitle/1"
#define TLS_FINGERPRINT_MAX 65 /* 64 hexadecimal digits and NUL */

struct tls_files {
    const char *ca;          /* PEM: who may sign the other side's certificate */
    const char *certificate; /* PEM: ours, with its chain */
    const char *key;         /* PEM: ours, not encrypted */
};

/* A context for the daemon, or for the client. NULL with a sentence (file and reason) in why. */
SSL_CTX *tls_server_context(const struct tls_files *files, char *why, size_t why_size);
SSL_CTX *tls_client_context(const struct tls_files *files, char *why, size_t why_size);

/* True if the handshake selected our ALPN (a peer that offers none still connects: check). */
bool tls_alpn_selected(const SSL *ssl);

/* SHA-256 of a certificate's DER, in lower-case hexadecimal. False if OpenSSL cannot. */
bool tls_fingerprint(X509 *certificate, char hex[TLS_FINGERPRINT_MAX]);

/* The peer's verified certificate's fingerprint; false if it gave none. */
bool tls_peer_fingerprint(const SSL *ssl, char hex[TLS_FINGERPRINT_MAX]);

/*
 * The oldest queued OpenSSL error (and errno where that is the cause) as one sentence in why; empties
 * the queue. Alerts of TLS 1.3 become what they mean ("the server does not accept this certificate").
 */
void tls_error_text(char *why, size_t why_size);

#endif
