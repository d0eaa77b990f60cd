package import JSON
package import Routing

/// What `explain` is asked: a request, as far as routing goes by it, and the state to route it in.
package struct ExplainQuery: Sendable {
    /// The model as the client would name it.
    package var name: String
    package var isStream = false
    package var tags: [String] = []
    /// A virtual key by its alias or its SHA-256; nil for the master key, or none.
    package var key: String?
    package var inputTokens: Int64 = 0
    /// A request's body, of whose prompt the beginning counts under `prefix-affinity`.
    package var prompt: [UInt8]?
    /// What a sidecar said of its state; nil for one that has just begun.
    package var state: RoutingStateJSON?
    /// Seconds since 1970, for keys that expire.
    package var now = 0

    package init(name: String) {
        self.name = name
    }
}

/// Why there is nothing to explain.
package enum ExplainError: Error, Hashable, Sendable {
    /// No model, alias, identifier or pattern; names that are near, the nearest first.
    case unknownModel(name: String, nearest: [String])
    /// An alias whose targets are all unknown.
    case danglingAlias(name: String)
    /// No virtual key; what was asked for is not said, since it may be a key itself.
    case unknownKey
    case promptNotJSON(JSONError)
}

extension ExplainError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownModel(let name, let nearest):
            "\(name) is no model, alias or identifier here, and no pattern matches it"
                + (nearest.isEmpty ? "" : "; near it: " + nearest.joined(separator: ", "))
        case .danglingAlias(let name):
            "\(name) is an alias, but none of the models that it stands for is here"
        case .unknownKey:
            "no virtual key of the table has this alias or SHA-256"
        case .promptNotJSON(let error):
            "the prompt's file is no request's body: \(error)"
        }
    }
}
