internal import COpenSSL

/// A client's side of one TLS connection, in memory alone: encrypted bytes go in and come out, and
/// whoever owns the socket moves them.
@safe
package final class TLSSession {
    private let session: OpaquePointer
    /// What came from the server; owned by `session`, as is `outgoing`.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private let context: TLSContext
    /// Whether the handshake is over, so that bytes can be written.
    package private(set) var isEstablished = false

    /// - Parameters:
    ///   - serverName: what to ask for and, where the context verifies, to find in the certificate:
    ///     a name or a numeric address.
    ///   - verifiesName: whether it must be found there.
    package init(
        _ context: TLSContext,
        serverName: String,
        verifiesName: Bool
    ) throws(TLSError) {
        ERR_clear_error()
        guard let session = unsafe SSL_new(context.pointer),
            let incoming = unsafe BIO_new(BIO_s_mem()), let outgoing = unsafe BIO_new(BIO_s_mem())
        else { fatalError("out of memory: OpenSSL has none for a session") }
        unsafe self.session = session
        unsafe self.incoming = incoming
        unsafe self.outgoing = outgoing
        self.context = context
        unsafe SSL_set_bio(session, incoming, outgoing)
        unsafe SSL_set_connect_state(session)
        // An address has no place in the extension (RFC 6066), and a field of its own in
        // certificates.
        let check = unsafe SSL_get0_param(session)
        let isNumeric =
            serverName.utf8.contains(UInt8(ascii: ":"))
            || serverName.utf8.allSatisfy { $0 == 0x2E || 0x30...0x39 ~= $0 }
        if !isNumeric { _ = unsafe sg_tls_set_server_name(session, serverName) }
        guard context.verifies, verifiesName else { return }
        let isSet =
            isNumeric
            ? unsafe X509_VERIFY_PARAM_set1_ip_asc(check, serverName)
            : unsafe X509_VERIFY_PARAM_set1_host(check, serverName, 0)
        guard isSet == 1 else { throw TLSError("\(serverName) is no name to check") }
    }

    deinit {
        unsafe SSL_free(session)
    }

    /// Takes in bytes from the server; `advance` and `read` make something of them.
    package func receive(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        let count = unsafe BIO_write(incoming, bytes.baseAddress, CInt(bytes.count))
        guard count == bytes.count else { throw TLSError("no memory for what came") }
    }

    /// Goes on with the handshake as far as it can.
    package func advance() throws(TLSError) {
        guard !isEstablished else { return }
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(session)
        if result == 1 {
            isEstablished = true
        } else if unsafe SSL_get_error(session, result) != SSL_ERROR_WANT_READ {
            throw failure("the TLS handshake failed")
        }
    }

    /// What the server said, decrypted.
    /// - Returns: how many bytes; 0 when more must be received first.
    /// - Throws: also at the stream's end.
    package func read(into space: UnsafeMutableRawBufferPointer) throws(TLSError) -> Int {
        ERR_clear_error()
        let count = unsafe SSL_read(session, space.baseAddress, CInt(space.count))
        if count > 0 { return Int(count) }
        switch unsafe SSL_get_error(session, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return 0
        case SSL_ERROR_ZERO_RETURN: throw TLSError("the server ended the TLS connection")
        default: throw failure("TLS failed")
        }
    }

    /// Encrypts bytes; they are then among the output.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        guard unsafe !bytes.isEmpty else { return }
        ERR_clear_error()
        let count = unsafe SSL_write(session, bytes.baseAddress, CInt(bytes.count))
        guard count == bytes.count else { throw failure("TLS cannot write") }
    }

    /// Bytes for the server that wait to be taken.
    package var outputCount: Int { unsafe BIO_ctrl_pending(outgoing) }

    /// Takes bytes for the server.
    /// - Returns: how many.
    package func takeOutput(into space: UnsafeMutableRawBufferPointer) -> Int {
        max(0, Int(unsafe BIO_read(outgoing, space.baseAddress, CInt(space.count))))
    }

    private func failure(_ what: String) -> TLSError {
        let verified = unsafe SSL_get_verify_result(session)
        let reasons = TLSError.queuedText
        guard context.verifies, verified != X509_V_OK,
            let text = unsafe X509_verify_cert_error_string(verified)
        else { return TLSError("\(what): \(reasons)") }
        return TLSError("\(what): the server's certificate: \(unsafe String(cString: text))")
    }
}
