internal import COpenSSL

/// OpenSSL's initialisation.
package enum CryptographyStartup {
    /// Initialises OpenSSL without its exit handler, which would race the runtime's own clean-up.
    /// Must run before libcurl is initialised, since that initialises OpenSSL in its own way.
    package static func run() {
        _ = sg_openssl_init_no_atexit()
    }
}
