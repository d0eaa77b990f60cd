internal import EventLoop
internal import HTTP
internal import RateLimits

/// The fields that tell a client of its limits (LiteLLM §4.1). Written for each answer, so piece by
/// piece into the head itself.
struct LimitHeaders {
    let buffer: ByteBuffer

    func write(_ receipt: LimitReceipt) {
        // A key may have limits at an alias and at its group: the alias' are told.
        var told: [LimitKind] = []
        for charge in receipt.charges {
            let scope = charge.rule.subject.scope
            for kind in LimitKind.allCases {
                guard let limit = charge.rule.limit(kind), let left = charge.left(kind) else {
                    continue
                }
                if scope == .modelPerKey {
                    if told.contains(kind) { continue }
                    told.append(kind)
                }
                field("x-ratelimit-", scope.name, "-limit-", kind.name, limit)
                field("x-ratelimit-", scope.name, "-remaining-", kind.name, left)
            }
            switch scope {
            case .key:
                if let limit = charge.rule.requests {
                    field("x-litellm-key-rpm-limit", "", "", "", limit)
                }
                if let limit = charge.rule.tokens {
                    field("x-litellm-key-tpm-limit", "", "", "", limit)
                }
            case .modelPerKey:
                let model = Self.fieldName(charge.rule.subject.id)
                for kind in [LimitKind.requests, .tokens] {
                    guard let left = charge.left(kind) else { continue }
                    field("x-litellm-key-remaining-", kind.name, "-", model, left)
                }
            case .user, .team, .deployment: break
            }
        }
    }

    private func field(
        _ first: StaticString,
        _ second: String,
        _ third: StaticString,
        _ fourth: String,
        _ value: Int64
    ) {
        buffer.append(first)
        buffer.append(second)
        buffer.append(third)
        buffer.append(fourth)
        buffer.append(": ")
        buffer.append(decimal: Int(value))
        buffer.append("\r\n")
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
