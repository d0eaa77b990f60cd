package import JSON
package import OpenAI

/// A failure that Bedrock answered, or an answer of its that is none: what the client is told, and
/// what retries, fallbacks and cooldowns are to make of it.
package struct BedrockFailure: Error, Hashable, Sendable {
    /// What routing goes by; the names are those of its own kinds of failure.
    package enum Kind: CaseIterable, Hashable, Sendable {
        case badRequest, contextWindow, contentPolicy
        /// The credential is not good, or a clock is wrong.
        case authentication
        /// The account's quota is spent: no retry helps, another deployment may.
        case paymentRequired
        case forbidden
        /// The model is not there for this account or region.
        case modelNotFound
        /// A 404 that is not about a model: the endpoint is wrong.
        case pathNotFound
        case rateLimited, timeout
        case internalServer, badGateway, serviceUnavailable
        /// This deployment cannot serve the request and never will; another may.
        case notImplemented

        /// Whether another attempt may come to something else.
        package var isTransient: Bool {
            switch self {
            case .rateLimited, .timeout, .internalServer, .badGateway, .serviceUnavailable: true
            default: false
            }
        }
    }

    /// AWS' name, with a capital: `ThrottlingException`. Empty when it gave none.
    package let name: String
    package let kind: Kind
    /// The client's answer.
    package private(set) var error: OpenAIError
    /// What AWS asked for before another attempt, in milliseconds.
    package private(set) var retryAfterMS: UInt64?

    /// Whether fresh credentials, or a corrected clock, may mend it: to be tried once.
    package var isWorthFreshCredentials: Bool { kind == .authentication }

    /// Reads an error answer.
    ///
    /// - Parameters:
    ///   - status: of AWS' answer.
    ///   - errorType: its header `x-amzn-ErrorType`, nil when it has none.
    ///   - body: its body, which is not always JSON: load balancers answer in HTML, or nothing.
    ///   - retryAfterMS: what `Retry-After` or `x-amz-retry-after` asks for, in milliseconds.
    package init(
        status: Int,
        errorType: String?,
        body: RawSpan,
        scanner: JSONScanner,
        retryAfterMS: UInt64? = nil
    ) {
        let said = ErrorText(body, scanner: scanner)
        self.init(
            named: Self.cleaned(errorType ?? "") ?? Self.cleaned(said.name) ?? "",
            status: (400..<600).contains(status) ? status : 502,
            message: said.message
        )
        self.retryAfterMS = retryAfterMS
        error.retryAfter = retryAfterMS.map { Int(clamping: ($0 / 1000) + ($0 % 1000 > 0 ? 1 : 0)) }
    }

    /// Reads an exception of an event stream: its `:exception-type` and payload.
    package init(exception type: String, payload: RawSpan, scanner: JSONScanner) {
        let said = ErrorText(payload, scanner: scanner)
        self.init(named: Self.cleaned(type) ?? "", status: nil, message: said.message)
    }

    /// An unmodelled failure of an event stream: its `:error-code` and `:error-message`.
    package init(errorCode: String, message: String) {
        self.init(named: Self.cleaned(errorCode) ?? "", status: nil, message: message)
    }

    /// An answer with status 200 that is not what the operation answers. `reason` completes the
    /// sentence "the answer…".
    static func invalidAnswer(_ reason: String) -> BedrockFailure {
        BedrockFailure(
            name: "",
            rule: .badGateway(.badGateway, "upstream_invalid_response"),
            message: "The upstream's answer \(reason)."
        )
    }

    /// A 200 of AWS' framework, not of Bedrock: the URL is wrong, and no retry mends that.
    static let noOutput = BedrockFailure(
        name: "",
        rule: .badGateway(.notImplemented, "upstream_invalid_response"),
        message: "The upstream's answer has no output; check the endpoint and the model's name."
    )

    /// A stream that ended before it had said why.
    package static let streamTruncated = BedrockFailure(
        name: "",
        rule: .badGateway(.badGateway, "upstream_stream_truncated"),
        message: "The upstream ended the stream before it was complete."
    )

    init(name: String, rule: Rule, message: String) {
        self.name = name
        kind = rule.kind
        let shown = name.isEmpty ? message : "\(name): \(message)"
        var error = OpenAIError(
            status: rule.status,
            type: rule.type,
            message: "litellm.\(rule.errorClass.rawValue): BedrockException - \(shown)",
            errorClass: rule.errorClass
        )
        error.reason = rule.reason
        self.error = error
    }

    /// `status` is nil in a stream, where a name that is not known is a failure of the server.
    private init(named name: String, status: Int?, message: String) {
        let message = Self.withoutSignedStrings(message)
        self.init(
            name: name,
            rule: Rule(name: name, status: status, message: message),
            message: message.isEmpty ? "The upstream gave no reason." : message
        )
    }

    /// AWS repeats what was signed to one whose signature is wrong, and the session's token is part
    /// of it.
    private static func withoutSignedStrings(_ message: String) -> String {
        let starts = ["The Canonical String", "The String-to-Sign"].compactMap {
            message.firstRange(of: $0)?.lowerBound
        }
        guard let start = starts.min() else { return message }
        var text = message[..<start]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// A name without the address behind it, the namespace before it, and with a capital; nil when
    /// there is nothing left.
    private static func cleaned(_ type: String) -> String? {
        let untilColon = type.prefix { $0 != ":" }
        let name = untilColon.split(separator: "#").last ?? ""
        let text = name.trimmingSpaces.prefix(nameCharactersMax)
        guard let first = text.first else { return nil }
        return first.uppercased() + text.dropFirst()
    }

    /// Longer than any name that AWS has.
    private static let nameCharactersMax = 128
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
