internal import Cryptography
internal import JSON
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
    /// Virtual keys that are references: their digests are known only here. One whose reference has
    /// no value, or whose parameters cannot be read, does not exist.
    private let referenced: [(digest: [UInt8], place: Int)]
    private let values: ReferenceValues
    /// A header of the configuration's own that may carry the key (`litellm_key_header_name`).
    let keyHeaderName: String?
    /// What of the virtual keys' references cannot be read.
    let unreadable: [UnreadableParameter]

    /// - Parameter masterKey: the resolved value where the table has only a reference.
    init(table: RouteTable, values: ReferenceValues, masterKey: String?) {
        self.table = table
        self.values = values
        var digests: [[UInt8]] = []
        if let digest = table.settings.digest(.masterKeyDigest) { digests.append(digest) }
        if let masterKey, !masterKey.isEmpty { digests.append(SHA256.hash(masterKey)) }
        masterDigests = digests
        keyHeaderName = table.settings.string(.keyHeaderName, using: values)
        var referenced: [(digest: [UInt8], place: Int)] = []
        var unreadable: [UnreadableParameter] = []
        for place in 0..<table.counts.virtualKeys {
            let parameters = table.virtualKeyParameters(at: place)
            unreadable += parameters.unreadable(using: values)
            guard parameters.text(.apiKey) != nil,
                let key = parameters.string(.apiKey, using: values), !key.isEmpty
            else { continue }
            referenced.append((AccessPolicy.digest(key), place))
        }
        self.referenced = referenced
        self.unreadable = unreadable
    }

    /// As in the configuration: 64 hexadecimal digits are a digest, all else is the key itself.
    private static func digest(_ text: String) -> [UInt8] {
        if text.utf8.count == 64, let digest = Hex.decode(text) { return digest }
        return SHA256.hash(text)
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
        guard let place = place(of: digest) else {
            throw .unauthorized(.unknown(hint: AccessPolicy.hint(key)))
        }
        let parameters = table.virtualKeyParameters(at: place)
        if isBlocked(parameters) { throw .unauthorized(.blocked) }
        if let expiry = parameters.integer(.keyExpiry, using: values), expiry <= now {
            throw .unauthorized(.expired)
        }
        return .key(place)
    }

    private func place(of digest: [UInt8]) -> Int? {
        var found: Int?
        // Every one is compared, so that the time says nothing about the place.
        for key in referenced where isEqualInConstantTime(key.digest, digest) {
            found = found ?? key.place
        }
        return found ?? table.virtualKey(digest: digest)
    }

    /// A key whose parameters say nothing that can be understood is not good for anything.
    private func isBlocked(_ parameters: Parameters) -> Bool {
        parameters.bool(.keyIsBlocked, using: values) ?? parameters.contains(.keyIsBlocked)
    }

    /// Whether the caller may use a model by the name the client gave it.
    func authorise(
        _ caller: Caller,
        model: String,
        groups: [String]
    ) throws(OpenAIError) {
        guard case .key(let place) = caller else { return }
        let access = ModelAccess(table: table, key: place, values: values)
        if !access.allows(model, accessGroups: groups) { throw .modelAccessDenied(model: model) }
    }

    /// The tags of a key's metadata (LiteLLM §5.8).
    func tags(_ caller: Caller) -> [String] {
        guard case .key(let place) = caller,
            let pieces = table.virtualKeyParameters(at: place).json(.keyMetadata),
            let text = table.resolve(json: pieces, using: values),
            case .array(let tags)? = (try? JSONValue(parsing: text))?["tags"]
        else { return [] }
        return tags.compactMap { tag in
            if case .string(let name) = tag { name } else { nil }
        }
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
            let digest =
                referenced.first { $0.place == place }?.digest ?? table.virtualKeyDigest(at: place)
            return (Hex.encode(digest), parameters.string(.keyAlias, using: values))
        }
    }
}
