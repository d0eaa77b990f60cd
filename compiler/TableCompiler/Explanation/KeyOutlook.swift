internal import Cryptography
internal import JSON
internal import RouteTable
internal import Routing

/// What a table says of one virtual key.
struct KeyOutlook {
    /// Its alias, or the beginning of its digest.
    let label: String
    /// Those of its metadata (LiteLLM §5.8).
    let tags: [String]

    private let access: ModelAccess
    private let isBlocked: Bool
    private let expiry: Int?

    /// Nil when no key has this alias, or this SHA-256 in hexadecimal.
    init?(_ wanted: String, table: RouteTable, values: ReferenceValues) {
        var place = (0..<table.counts.virtualKeys).first { place in
            table.virtualKeyParameters(at: place).string(.keyAlias, using: values) == wanted
        }
        if place == nil, wanted.utf8.count == 64, let digest = Hex.decode(wanted) {
            place = table.virtualKey(digest: digest)
        }
        guard let place else { return nil }
        let parameters = table.virtualKeyParameters(at: place)
        label =
            parameters.string(.keyAlias, using: values)
            ?? MaskedText.digest(table.virtualKeyDigest(at: place))
        access = ModelAccess(table: table, key: place, values: values)
        // A key whose parameters say nothing that can be understood is not good for anything.
        isBlocked =
            parameters.bool(.keyIsBlocked, using: values) ?? parameters.contains(.keyIsBlocked)
        expiry = parameters.integer(.keyExpiry, using: values)
        let metadata = parameters.json(.keyMetadata)
            .flatMap { table.resolve(json: $0, using: values) }
            .flatMap { try? JSONValue(parsing: $0) }
        guard case .array(let elements)? = metadata?["tags"] else {
            tags = []
            return
        }
        tags = elements.compactMap { if case .string(let tag) = $0 { tag } else { nil } }
    }

    /// Why it may not use a model; nil when it may.
    /// - Parameter now: seconds since 1970.
    func refusal(_ model: String, accessGroups: [String], now: Int) -> String? {
        if isBlocked { return "it is blocked" }
        if let expiry, expiry <= now { return "it has expired" }
        if !access.allows(model, accessGroups: accessGroups) {
            return "its models do not include it"
        }
        return nil
    }
}
