// OpenSSL's digest, HMAC, Ed25519 and TLS calls; macros made functions.
#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// OPENSSL_INIT_NO_ATEXIT is a macro with a cast that Swift does not import. Without it OpenSSL's exit
// handler races the runtime's own clean-up.
static inline int sg_openssl_init_no_atexit(void) {
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

// Macros over SSL_ctrl and SSL_CTX_ctrl: at least TLS 1.2, and the name that the server is asked for.
static inline int sg_tls_require_1_2(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}
static inline int sg_tls_set_server_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}
