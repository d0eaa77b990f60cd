internal import CCurl

/// Why a transfer failed, as libcurl says it (libcurl-errors(3)).
package struct CurlFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What part of a transfer a code belongs to.
    package enum Stage: Hashable, Sendable {
        case resolving
        case connecting
        /// Handshake, certificate, or files with certificates.
        case tls
        case timeout
        /// The connection broke, or gave less than it promised.
        case transfer
        /// What came is not HTTP, or a callback refused it.
        case content
        /// The request cannot be made: URL, memory, options.
        case setup
    }

    /// The `CURLcode`.
    package let code: UInt32
    /// The `errno` of the connection, 0 when there is none.
    package let systemCode: CInt
    /// What happened, for a log; without secrets.
    package let detail: String

    init(code: UInt32, systemCode: CInt, detail: String) {
        self.code = code
        self.systemCode = systemCode
        self.detail = detail
    }

    package var stage: Stage {
        switch CURLcode(code) {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolving
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: .connecting
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
            .tls
        case CURLE_OPERATION_TIMEDOUT: .timeout
        // An unsupported protocol is HTTP/0.9, which an answer without a status line is taken for.
        case CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR, CURLE_BAD_CONTENT_ENCODING,
            CURLE_UNSUPPORTED_PROTOCOL:
            .content
        case CURLE_URL_MALFORMAT, CURLE_OUT_OF_MEMORY,
            CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
            CURLE_NOT_BUILT_IN, CURLE_ABORTED_BY_CALLBACK:
            .setup
        default: .transfer
        }
    }

    package var description: String {
        if !detail.isEmpty { return detail }
        guard let text = unsafe curl_easy_strerror(CURLcode(code)) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
