internal import RouteTable

/// How rows are written down.
extension KnownKey {
    /// Keys that a parameter set stores: name, where it is stored, form, what it does.
    static func parameters(
        _ section: Section,
        _ rows: [(String, ParameterKey, Form, String)]
    ) -> [KnownKey] {
        rows.map { name, key, form, summary in
            KnownKey(
                section: section,
                name: name,
                fate: .parameter(key, form),
                shape: structures[key] ?? .form(form),
                summary: summary
            )
        }
    }

    /// What is stored as JSON and has a structure all the same.
    private static let structures: [ParameterKey: Shape] = [
        .cache: .section(.cacheParams), .coordinationRedis: .section(.coordinationRedis),
        .cachingGroups: .groups,
    ]

    /// Keys that code of its own decodes: name, what their value may be, what they do.
    static func handled(_ section: Section, _ rows: [(String, Shape, String)]) -> [KnownKey] {
        rows.map { name, shape, summary in
            KnownKey(section: section, name: name, fate: .handled, shape: shape, summary: summary)
        }
    }

    /// Keys that have no effect for the same reason.
    static func inert(_ section: Section, _ reason: String, _ names: String...) -> [KnownKey] {
        names.map { withoutEffect(section, $0, .noEffect(reason)) }
    }

    /// Keys that must not be left out in silence, for the same reason.
    static func guarded(
        _ section: Section,
        _ what: Guarded,
        _ reason: String,
        _ names: String...
    ) -> [KnownKey] {
        names.map { withoutEffect(section, $0, .guarded(what, reason)) }
    }

    /// Keys that LiteLLM stops at.
    static func refused(_ section: Section, _ reason: String, _ names: String...) -> [KnownKey] {
        names.map { withoutEffect(section, $0, .refused(reason)) }
    }

    private static func withoutEffect(_ section: Section, _ name: String, _ fate: Fate) -> KnownKey
    {
        KnownKey(section: section, name: name, fate: fate, shape: .any, summary: "")
    }
}
