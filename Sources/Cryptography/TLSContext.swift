internal import COpenSSL

/// What TLS connections to one kind of server have in common: whom they trust, what they show.
@safe
package final class TLSContext {
    let pointer: OpaquePointer
    /// Whether the server's certificate is checked.
    let verifies: Bool

    /// A client's context for TLS 1.2 and later. Reads files.
    /// - Parameters:
    ///   - caFile: PEM certificates to trust; with `caDirectory` nil, too, the system's.
    ///   - caDirectory: a directory of hashed certificates to trust.
    ///   - certificateFile: a PEM certificate to show, chain included.
    ///   - keyFile: its private key; nil: in `certificateFile`.
    package init(
        verifies: Bool,
        caFile: String? = nil,
        caDirectory: String? = nil,
        certificateFile: String? = nil,
        keyFile: String? = nil
    ) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw TLSError("no context: \(TLSError.queuedText)")
        }
        unsafe self.pointer = pointer
        self.verifies = verifies
        guard unsafe sg_tls_require_1_2(pointer) == 1 else {
            throw TLSError("OpenSSL does not offer TLS 1.2: \(TLSError.queuedText)")
        }
        unsafe SSL_CTX_set_verify(pointer, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        if verifies { try trust(caFile, caDirectory) }
        if let certificateFile { try show(certificateFile, keyFile ?? certificateFile) }
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    private func trust(_ file: String?, _ directory: String?) throws(TLSError) {
        if file == nil, directory == nil {
            _ = unsafe SSL_CTX_set_default_verify_paths(pointer)
            return
        }
        if let file, unsafe SSL_CTX_load_verify_file(pointer, file) != 1 {
            throw TLSError("the CA file \(file) cannot be read: \(TLSError.queuedText)")
        }
        if let directory, unsafe SSL_CTX_load_verify_dir(pointer, directory) != 1 {
            throw TLSError("the CA directory \(directory) cannot be used: \(TLSError.queuedText)")
        }
    }

    private func show(_ certificate: String, _ key: String) throws(TLSError) {
        guard unsafe SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw TLSError("the certificate \(certificate) cannot be read: \(TLSError.queuedText)")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1,
            unsafe SSL_CTX_check_private_key(pointer) == 1
        else {
            throw TLSError("the key \(key) does not fit \(certificate): \(TLSError.queuedText)")
        }
    }
}

/// Why a TLS connection cannot be, or go on.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// OpenSSL's reasons since the last call, none left behind.
    static var queuedText: String {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            if let reason = unsafe ERR_reason_error_string(code) {
                reasons.append(unsafe String(cString: reason))
            }
        }
        return reasons.isEmpty ? "no reason given" : reasons.joined(separator: ", ")
    }
}
