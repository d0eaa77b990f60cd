/// Whose use is limited (LiteLLM §6.1).
package enum LimitScope: UInt8, CaseIterable, Hashable, Sendable {
    case key
    case user
    case team
    case modelPerKey
    case deployment

    /// LiteLLM's word for it, in headers and errors.
    package var name: String {
        switch self {
        case .key: "api_key"
        case .user: "user"
        case .team: "team"
        case .modelPerKey: "model_per_key"
        case .deployment: "deployment"
        }
    }
}

/// What is counted.
package enum LimitKind: UInt8, CaseIterable, Hashable, Sendable {
    case requests
    case tokens
    case parallelRequests

    /// LiteLLM's word for it, in headers and errors.
    package var name: String {
        switch self {
        case .requests: "requests"
        case .tokens: "tokens"
        case .parallelRequests: "max_parallel_requests"
        }
    }
}

/// One whose use is counted, the same in every process.
package struct LimitSubject: Hashable, Sendable {
    package let scope: LimitScope
    /// A key's digest, a user's or team's name, digest and model, or a deployment's identifier.
    package let id: String
    /// Both as one text.
    let text: String
    /// Worked out once: windows are looked up by subject several times a request.
    private let hash: Int

    package init(_ scope: LimitScope, _ id: String) {
        self.scope = scope
        self.id = id
        text = "\(scope.name):\(id)"
        hash = text.hashValue
    }

    package static func == (left: LimitSubject, right: LimitSubject) -> Bool {
        left.hash == right.hash && left.scope == right.scope && left.id == right.id
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}

/// What a subject may use; nil is no limit. Made once for a table and never changed: what requests
/// wish and have taken refers to it.
package final class LimitRule: Sendable {
    package let subject: LimitSubject
    /// In 60 seconds.
    package let requests: Int64?
    /// In 60 seconds.
    package let tokens: Int64?
    /// At one time.
    package let parallelRequests: Int64?
    /// What is limited, in the scripts' order.
    package let kinds: [LimitKind]
    /// What the counters of `kinds` are called behind the prefix of `LimitKeys`.
    let counters: [String]

    /// - Returns: nil when nothing is limited.
    package init?(
        _ subject: LimitSubject,
        requests: Int64? = nil,
        tokens: Int64? = nil,
        parallelRequests: Int64? = nil
    ) {
        if requests == nil, tokens == nil, parallelRequests == nil { return nil }
        self.subject = subject
        let bounds = { (limit: Int64) in min(max(1, limit), Self.most) }
        self.requests = requests.map(bounds)
        self.tokens = tokens.map(bounds)
        self.parallelRequests = parallelRequests.map(bounds)
        kinds = zip(LimitKind.allCases, [requests, tokens, parallelRequests])
            .compactMap { kind, limit in limit == nil ? nil : kind }
        counters = kinds.map { subject.counter($0) }
    }

    /// The largest limit: what Redis' scripts count without losing digits, with room for what is
    /// used beyond it. Who gives a larger one means none.
    package static let most: Int64 = 1_000_000_000_000_000

    /// The limit on one kind of use.
    package func limit(_ kind: LimitKind) -> Int64? {
        switch kind {
        case .requests: requests
        case .tokens: tokens
        case .parallelRequests: parallelRequests
        }
    }
}

extension LimitRule: Hashable {
    package static func == (left: LimitRule, right: LimitRule) -> Bool {
        if left === right { return true }
        return left.subject == right.subject && left.requests == right.requests
            && left.tokens == right.tokens && left.parallelRequests == right.parallelRequests
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(subject)
        hasher.combine(requests)
        hasher.combine(tokens)
        hasher.combine(parallelRequests)
    }
}

extension LimitSubject {
    /// What its counter is called in Redis, behind the prefix of `LimitKeys`.
    func counter(_ kind: LimitKind) -> String {
        switch kind {
        case .requests: "r:\(text)"
        case .tokens: "t:\(text)"
        case .parallelRequests: "p:\(text)"
        }
    }
}
