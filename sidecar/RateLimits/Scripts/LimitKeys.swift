/// Names of what limits keep in Redis: `sg:1:{sg:NAMESPACE}:…`, one hash tag and so one slot of a
/// Cluster (`docs/limits.md`).
package struct LimitKeys: Hashable, Sendable {
    private let prefix: String

    /// - Parameter namespace: sidecars of one namespace share their limits.
    package init(namespace: String) {
        prefix = "sg:1:{sg:\(namespace)}:"
    }

    /// A window's or the places' key.
    package func counter(_ subject: LimitSubject, _ kind: LimitKind) -> LimitKey {
        LimitKey(prefix: prefix, name: subject.counter(kind))
    }

    /// The keys of all that a rule limits, in the order of its kinds.
    func counter(_ rule: LimitRule, at place: Int) -> LimitKey {
        LimitKey(prefix: prefix, name: rule.counters[place])
    }
}

/// One of these names. In two parts, which are put together where a command is written.
package struct LimitKey: Hashable, Sendable {
    package let prefix: String
    package let name: String

    /// The whole name.
    package var text: String { prefix + name }
}
