package import RouteTable

/// Which models a virtual key may use (LiteLLM §3.7).
package struct ModelAccess: Sendable {
    private let table: RouteTable
    private let values: ReferenceValues
    /// Names, patterns and access groups; nil or empty for everything.
    private let allowed: TextList?

    /// The key at a place of the table's.
    package init(table: RouteTable, key place: Int, values: ReferenceValues) {
        self.table = table
        self.values = values
        allowed = table.virtualKeyParameters(at: place).list(.keyModels)
    }

    /// Whether it may use a model.
    /// - Parameters:
    ///   - model: as the client called it.
    ///   - accessGroups: of the deployments that the name leads to.
    package func allows(_ model: String, accessGroups: [String]) -> Bool {
        guard let allowed, !allowed.isEmpty else { return true }
        return allowed.contains { text in
            // A reference without a value allows nothing.
            guard let name = table.resolve(text, using: values) else { return false }
            return name == model || name == "all-proxy-models" || accessGroups.contains(name)
                || matches(model, pattern: name)
        }
    }

    private func matches(_ model: String, pattern: String) -> Bool {
        guard pattern.utf8.contains(UInt8(ascii: "*")) else { return false }
        let captures = WildcardMatch.captures(
            of: model.utf8Span.span,
            pattern: pattern.utf8Span.span
        )
        return captures != nil
    }

    /// The access groups of all deployments of some models.
    package static func groups(
        ofModels models: some Sequence<Int>,
        table: RouteTable,
        values: ReferenceValues
    ) -> [String] {
        models.flatMap { model in
            table.model(at: model).deployments.flatMap { index in
                let names = table.deployment(at: index).parameters.list(.accessGroups)
                return names.flatMap { table.resolve($0, using: values) } ?? []
            }
        }
    }
}
