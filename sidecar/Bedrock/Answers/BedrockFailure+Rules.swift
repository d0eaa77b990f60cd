internal import OpenAI

extension BedrockFailure {
    /// One row of the table from AWS' exceptions to OpenAI's errors.
    struct Rule {
        var status: Int
        var type: String
        /// The envelope's `code`; nil for the status.
        var reason: String?
        var errorClass: OpenAIError.Class
        var kind: Kind

        private init(
            _ status: Int,
            _ type: String,
            _ reason: String?,
            _ errorClass: OpenAIError.Class,
            _ kind: Kind
        ) {
            self.status = status
            self.type = type
            self.reason = reason
            self.errorClass = errorClass
            self.kind = kind
        }

        /// The rule for an exception; the name decides, since AWS' pages disagree on statuses, and
        /// the status only where there is no name, or none that is known.
        init(name: String, status: Int?, message: String) {
            if let rule = Self.byName[name] {
                self = rule
            } else if name.hasPrefix("IncompleteSignature") || name.hasPrefix("MissingAuth") {
                self = .badCredential
            } else {
                self = .byStatus(status ?? 500, message: message)
            }
            let mayBeTooLong = name == "ValidationException" || name.isEmpty
            if self.status == 400, mayBeTooLong { refine(message) }
        }

        /// An answer or a stream that is broken, with status 502.
        static func badGateway(_ kind: Kind, _ reason: String) -> Rule {
            Rule(502, "server_error", reason, .badGateway, kind)
        }

        /// Bedrock has one exception for all that is wrong with a request; the text tells these
        /// from each other. Only here: throttling speaks of tokens, too.
        private mutating func refine(_ message: String) {
            let text = message.lowercased()
            if Self.tooLongTexts.contains(where: text.contains) {
                self = .tooLong
            } else if text.contains("on-demand throughput isn") {
                // The account must name an inference profile: another deployment may have one.
                self = Rule(
                    400,
                    "invalid_request_error",
                    "model_not_available",
                    .badRequest,
                    .notImplemented
                )
            } else {
                refineGenerally(text)
            }
        }

        private mutating func refineGenerally(_ text: String) {
            switch OpenAIError.errorClass(ofStatus: 400, text: text) {
            case .contextWindowExceeded: self = .tooLong
            case .contentPolicyViolation:
                self = Rule(
                    400,
                    "invalid_request_error",
                    "content_policy_violation",
                    .contentPolicyViolation,
                    .contentPolicy
                )
            default: break
            }
        }

        private static let tooLongTexts = [
            "input is too long", "prompt is too long", "too many tokens", "too many input tokens",
            "expected maxlength",
        ]

        private static let tooLong = Rule(
            400,
            "invalid_request_error",
            "context_length_exceeded",
            .contextWindowExceeded,
            .contextWindow
        )
        private static let badCredential = Rule(
            401,
            "authentication_error",
            "upstream_authentication_failed",
            .authentication,
            .authentication
        )
        private static let throttled = Rule(
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
            .rateLimit,
            .rateLimited
        )
        private static let badRequest = Rule(
            400,
            "invalid_request_error",
            "invalid_request_error",
            .badRequest,
            .badRequest
        )
        private static let accessDenied = Rule(
            403,
            "permission_error",
            "access_denied",
            .permissionDenied,
            .forbidden
        )
        private static let notFound = Rule(
            404,
            "not_found_error",
            "model_not_found",
            .notFound,
            .modelNotFound
        )
        private static let timedOut = Rule(
            408,
            "timeout_error",
            "model_timeout",
            .timeout,
            .timeout
        )
        private static let internalError = Rule(
            500,
            "server_error",
            "internal_error",
            .internalServer,
            .internalServer
        )
        private static let unavailable = Rule(
            503,
            "server_error",
            "service_unavailable",
            .serviceUnavailable,
            .serviceUnavailable
        )

        private static let byName: [String: Rule] = {
            var rules: [String: Rule] = [
                "ModelNotReadyException": Rule(
                    503,
                    "server_error",
                    "model_not_ready",
                    .serviceUnavailable,
                    .serviceUnavailable
                ),
                "ServiceQuotaExceededException": Rule(
                    429,
                    "insufficient_quota",
                    "insufficient_quota",
                    .rateLimit,
                    .paymentRequired
                ),
                "ModelErrorException": badGateway(.badGateway, "model_error"),
                "ModelStreamErrorException": badGateway(.badGateway, "model_stream_error"),
                "UnknownOperationException": badGateway(
                    .notImplemented,
                    "upstream_invalid_response"
                ),
                "ModelTimeoutException": timedOut,
                "ValidationException": badRequest,
                "AccessDeniedException": accessDenied,
                "FTUFormNotFilled": notFound,
                "ResourceNotFoundException": notFound,
            ]
            for (rule, names) in groups {
                for name in names { rules[name] = rule }
            }
            return rules
        }()

        private static let groups: [(Rule, [String])] = [
            (
                throttled,
                [
                    "ThrottlingException", "Throttling", "ThrottledException",
                    "TooManyRequestsException", "RequestLimitExceeded",
                ]
            ),
            (
                badCredential,
                [
                    "UnrecognizedClientException", "InvalidSignatureException",
                    "SignatureDoesNotMatch", "InvalidClientTokenId", "ExpiredTokenException",
                    "ExpiredToken", "RequestExpired", "RequestTimeTooSkewed",
                ]
            ),
            (
                Rule(400, "invalid_request_error", nil, .badRequest, .badRequest),
                ["SerializationException", "MalformedHttpRequestException"]
            ),
            (internalError, ["InternalServerException", "InternalFailure", "InternalServerError"]),
            (unavailable, ["ServiceUnavailableException", "ServiceUnavailable"]),
        ]
    }
}

extension BedrockFailure.Rule {
    /// A status without a name that is known is kept.
    private static func byStatus(_ status: Int, message: String) -> Self {
        switch status {
        case 400: return badRequest
        case 401: return badCredential
        case 403:
            // A bad bearer token has no exception's name.
            let text = message.lowercased()
            let isCredential = credentialTexts.contains(where: text.contains)
            return isCredential ? badCredential : accessDenied
        case 404:
            // Without a name of AWS' it is more likely the endpoint that is wrong.
            var rule = notFound
            if !message.lowercased().contains("model") { rule.kind = .pathNotFound }
            return rule
        case 408: return timedOut
        case 429: return throttled
        case 500: return internalError
        case 502, 504:
            var rule = badGateway(.badGateway, "upstream_unreachable")
            rule.status = status
            return rule
        case 503: return unavailable
        case 400..<500:
            return Self(
                status,
                "invalid_request_error",
                nil,
                OpenAIError.errorClass(ofStatus: status),
                .badRequest
            )
        default: return Self(status, "server_error", nil, .internalServer, .internalServer)
        }
    }

    private static let credentialTexts = [
        "authentication failed", "api key", "security token",
    ]
}
