/// Why a message is not acceptable HTTP, with the status that a client gets for it.
package enum HTTPProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// RFC 9112 framing or syntax; the text says which.
    case malformed(String)
    case headTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    case targetTooLong(limit: Int)
    case bodyTooLarge(limit: Int)
    case versionNotSupported
    /// Something of RFC 9110 or 9112 that a gateway need not do; the text names it.
    case notImplemented(String)
    case expectationFailed

    /// RFC 9110 §15.
    package var status: Int {
        switch self {
        case .malformed: 400
        case .headTooLarge, .tooManyFields: 431
        case .targetTooLong: 414
        case .bodyTooLarge: 413
        case .notImplemented: 501
        case .versionNotSupported: 505
        case .expectationFailed: 417
        }
    }

    package var description: String {
        switch self {
        case .malformed(let reason): "Malformed HTTP request: \(reason)."
        case .headTooLarge(let limit): "The request's header section is over \(limit) bytes."
        case .tooManyFields(let limit): "The request has more than \(limit) header fields."
        case .targetTooLong(let limit): "The request's URL is over \(limit) bytes."
        case .bodyTooLarge(let limit): "The request body is over the limit of \(limit) bytes."
        case .notImplemented(let what): "Not implemented here: \(what)."
        case .versionNotSupported: "Only HTTP/1.0 and HTTP/1.1 are served here."
        case .expectationFailed: "The only expectation that can be met is 100-continue."
        }
    }
}
