internal import JSON
internal import YAML

/// What a server said at `/v1/models`.
package struct ModelAnswer: Hashable, Sendable {
    /// The entries, in the server's order.
    package var models: [DiscoveredModel]
    /// Models that cannot be entries, and why, each as part of a sentence.
    package var refused: [String]

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - apiKey: The reference to write into the entries.
    ///   - version: The server's version, where it told one.
    package init(
        _ body: [UInt8],
        from address: ServerAddress,
        apiKey: String?,
        version: String?
    ) throws(DiscoveryError) {
        models = []
        refused = []
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(parsing: body, depthMax: 32)
        } catch {
            throw .badAnswer("the answer is not JSON: \(error.description)")
        }
        guard case .array(let cards)? = document["data"] else {
            throw .badAnswer("the answer is no list of models: data is missing")
        }
        var lengths: [String: Int64] = [:]
        for card in cards {
            guard case .string(let id)? = card["id"] else {
                refused.append("a model without an id")
                continue
            }
            if let reason = Self.reason(against: id) {
                refused.append("\(Self.shown(id)): \(reason)")
                continue
            }
            guard lengths[id] == nil else { continue }
            let parent = Self.parent(of: card)
            // An adapter is as long as its model, and says nothing of it.
            let length = Self.length(of: card) ?? parent.flatMap { lengths[$0] }
            lengths[id] = length ?? 0
            models.append(
                DiscoveredModel(
                    name: id,
                    model: "hosted_vllm/" + id,
                    apiBase: address.base,
                    apiKey: apiKey,
                    contextTokens: length.flatMap { $0 > 0 ? $0 : nil },
                    parent: parent,
                    server: version.map { "vLLM \($0)" }
                )
            )
        }
    }

    private static func parent(of card: JSONValue) -> String? {
        guard case .string(let parent)? = card["parent"], reason(against: parent) == nil else {
            return nil
        }
        return parent
    }

    private static func length(of card: JSONValue) -> Int64? {
        guard case .integer(let length)? = card["max_model_len"], length > 0 else { return nil }
        return length
    }

    /// A server does not get to say what is not a model's name: to name a secret of ours, or to
    /// answer for every model there is.
    private static func reason(against id: String) -> String? {
        if id.isEmpty { return "an empty name" }
        if id.utf8.count > nameBytesMax { return "a name of more than \(nameBytesMax) bytes" }
        if !id.unicodeScalars.allSatisfy(YAMLText.isPrintable) {
            return "a name with odd characters"
        }
        if id.contains("*") { return "a name with * would be a pattern" }
        if id.hasPrefix("os.environ/") || id.hasPrefix("file:/") {
            return "a name that would be a reference to a secret"
        }
        return nil
    }

    private static let nameBytesMax = 256

    private static func shown(_ id: String) -> String {
        "\"" + YAMLText.escaped(String(id.prefix(60))) + "\""
    }

    /// What a server said at `/version`, if it is the version of something.
    package static func version(_ body: [UInt8]) -> String? {
        guard let document = try? JSONValue(parsing: body, depthMax: 32),
            case .string(let version)? = document["version"], !version.isEmpty,
            version.utf8.count <= 64, version.utf8.allSatisfy({ versionBytes.contains($0) })
        else { return nil }
        return version
    }

    private static let versionBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_".utf8
    )
}
