// OpenSSL's digest, HMAC, Ed25519 and TLS calls; macros made functions.
#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

// OPENSSL_INIT_NO_ATEXIT is a macro with a cast that Swift does not import. Without it OpenSSL's exit
// handler races the runtime's own clean-up.
static inline int sg_openssl_init_no_atexit(void) {
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
