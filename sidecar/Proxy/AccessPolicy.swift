internal import Cryptography
internal import OpenAI
internal import RouteTable
internal import Routing

/// Who calls.
enum Caller: Hashable, Sendable {
    /// No key is configured, or the path is public.
    case anonymous
    /// Has every model.
    case master
    /// A place among the table's virtual keys.
    case key(Int)
}

/// Which keys are good (LiteLLM §3.6, §3.7). Only digests are kept.
struct AccessPolicy: Sendable {
    private let table: RouteTable
    private let masterDigests: [[UInt8]]
    /// A header of the configuration's own that may carry the key (`litellm_key_header_name`).
    let keyHeaderName: String?

    /// - Parameter masterKey: the resolved value where the table has only a reference.
    init(table: RouteTable, masterKey: String?) {
        self.table = table
        var digests: [[UInt8]] = []
        if let digest = table.settings.digest(.masterKeyDigest) { digests.append(digest) }
        if let masterKey, !masterKey.isEmpty { digests.append(SHA256.hash(masterKey)) }
        masterDigests = digests
        if let text = table.settings.text(.keyHeaderName), case .literal(let id) = text.kind {
            keyHeaderName = table.string(id)
        } else {
            keyHeaderName = nil
        }
    }

    /// Whether no key is configured at all, so that everybody may call.
    var isOpen: Bool { masterDigests.isEmpty && table.counts.virtualKeys == 0 }

    /// - Parameters:
    ///   - key: what the client sent, nil for nothing.
    ///   - now: seconds since 1970.
    func caller(key: [UInt8]?, now: Int) throws(OpenAIError) -> Caller {
        if isOpen { return .anonymous }
        guard let key, !key.isEmpty else { throw .unauthorized(.missing) }
        let digest = SHA256.hash(key)
        for master in masterDigests where isEqualInConstantTime(master, digest) { return .master }
        guard let place = table.virtualKey(digest: digest) else {
            throw .unauthorized(.unknown(hint: AccessPolicy.hint(key)))
        }
        let parameters = table.virtualKeyParameters(at: place)
        if parameters.bool(.keyIsBlocked) == true { throw .unauthorized(.blocked) }
        if let expiry = parameters.integer(.keyExpiry), expiry <= now {
            throw .unauthorized(.expired)
        }
        return .key(place)
    }

    /// Whether the caller may use a model by the name the client gave it.
    func authorise(
        _ caller: Caller,
        model: String,
        groups: [String]
    ) throws(OpenAIError) {
        guard case .key(let place) = caller,
            let allowed = table.virtualKeyParameters(at: place).list(.keyModels), !allowed.isEmpty
        else { return }
        for text in allowed {
            guard case .literal(let id) = text.kind else { continue }
            let name = table.string(id)
            if name == model || name == "all-proxy-models" || groups.contains(name) { return }
            if matches(model, pattern: name) { return }
        }
        throw .modelAccessDenied(model: model)
    }

    private func matches(_ model: String, pattern: String) -> Bool {
        guard pattern.utf8.contains(UInt8(ascii: "*")) else { return false }
        let captures = WildcardMatch.captures(
            of: model.utf8Span.span,
            pattern: pattern.utf8Span.span
        )
        return captures != nil
    }

    /// As LiteLLM abbreviates a key: enough to find the wrong one, not enough to use it.
    private static func hint(_ key: [UInt8]) -> String {
        guard key.count >= 12 else { return "sk-..." }
        return "sk-..." + String(decoding: key.suffix(4), as: UTF8.self)
    }

    /// What metrics call a caller: the digest, never the key (LiteLLM §8).
    func label(_ caller: Caller) -> (hash: String?, alias: String?) {
        switch caller {
        case .anonymous: return (nil, nil)
        case .master: return ("litellm_proxy_master_key", nil)
        case .key(let place):
            let parameters = table.virtualKeyParameters(at: place)
            var alias: String?
            if let text = parameters.text(.keyAlias), case .literal(let id) = text.kind {
                alias = table.string(id)
            }
            return (Hex.encode(table.virtualKeyDigest(at: place)), alias)
        }
    }
}
