/// The tags of a request (LiteLLM §5.8): `!tag` excludes deployments, `&tag` must be among theirs.
package struct RequestTags: Hashable, Sendable {
    package let wanted: Set<String>
    package let required: Set<String>
    package let excluded: Set<String>

    /// Sorts tags by their first character; empty ones are nothing.
    package init(_ tags: some Sequence<String>) {
        var wanted: Set<String> = []
        var required: Set<String> = []
        var excluded: Set<String> = []
        for tag in tags where !tag.isEmpty {
            switch tag.first {
            case "!": excluded.insert(String(tag.dropFirst()))
            case "&": required.insert(String(tag.dropFirst()))
            default: wanted.insert(tag)
            }
        }
        self.wanted = wanted
        self.required = required
        self.excluded = excluded
    }

    /// Whether there is nothing to match by.
    package var isEmpty: Bool { wanted.isEmpty && required.isEmpty }

    /// Whether a deployment with these tags serves the request.
    package func match(_ tags: Set<String>, matchesAny: Bool) -> Bool {
        guard required.isSubset(of: tags), excluded.isDisjoint(with: tags) else { return false }
        if wanted.isEmpty { return true }
        return matchesAny ? !wanted.isDisjoint(with: tags) : wanted.isSubset(of: tags)
    }

    /// The tag of deployments for requests without tags.
    package static let defaultTag = "default"
}
