internal import EventLoop
internal import HTTP
internal import RateLimits

/// The fields that tell a client of its limits (LiteLLM §4.1). Written for each answer, so into the
/// head itself, with names that are made once.
struct LimitHeaders {
    let buffer: ByteBuffer

    func write(_ receipt: LimitReceipt) {
        // A key may have limits at an alias and at its group: the alias' are told.
        var told: [LimitKind] = []
        for charge in receipt.charges {
            let rule = charge.rule
            let scope = rule.subject.scope
            for kind in rule.kinds {
                guard let limit = rule.limit(kind), let left = charge.left(kind) else { continue }
                if scope == .modelPerKey {
                    if told.contains(kind) { continue }
                    told.append(kind)
                }
                let names = Self.names[Int(scope.rawValue)][Int(kind.rawValue)]
                field(names.limit, limit)
                field(names.remaining, left)
            }
            switch scope {
            case .key:
                if let limit = rule.requests { field(Self.keyRequests, limit) }
                if let limit = rule.tokens { field(Self.keyTokens, limit) }
            case .modelPerKey: writeRemaining(charge)
            case .user, .team, .deployment: break
            }
        }
    }

    private func writeRemaining(_ charge: LimitCharge) {
        let model = Self.fieldName(charge.rule.subject.id)
        for kind in [LimitKind.requests, .tokens] {
            guard let left = charge.left(kind) else { continue }
            field(Array("x-litellm-key-remaining-\(kind.name)-\(model): ".utf8), left)
        }
    }

    /// - Parameter start: the name, and what is before the value.
    private func field(_ start: [UInt8], _ value: Int64) {
        buffer.append(start)
        buffer.append(decimal: Int(value))
        buffer.append("\r\n")
    }

    private static let keyRequests = Array("x-litellm-key-rpm-limit: ".utf8)
    private static let keyTokens = Array("x-litellm-key-tpm-limit: ".utf8)
    /// By scope and kind.
    private static let names = LimitScope.allCases.map { scope in
        LimitKind.allCases.map { kind in
            (
                limit: Array("x-ratelimit-\(scope.name)-limit-\(kind.name): ".utf8),
                remaining: Array("x-ratelimit-\(scope.name)-remaining-\(kind.name): ".utf8)
            )
        }
    }

    /// Whether a field has a name of these.
    static func areOurs(_ field: HeaderBlock.Field, _ fields: HeaderBlock) -> Bool {
        fields.hasPrefix(field, "x-ratelimit-api_key-")
            || fields.hasPrefix(field, "x-ratelimit-user-")
            || fields.hasPrefix(field, "x-ratelimit-team-")
            || fields.hasPrefix(field, "x-ratelimit-model_per_key-")
    }

    /// The model of a key at one, as part of a field's name: what must not stand in one
    /// (RFC 9110 §5.6.2) is a hyphen.
    private static func fieldName(_ id: String) -> String {
        let model = id.drop { $0 != ":" }.dropFirst()
        let bytes = model.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"):
                byte
            default: UInt8(ascii: "-")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
