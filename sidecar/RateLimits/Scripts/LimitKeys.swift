/// Names of what limits keep in Redis: `sg:1:{sg:NAMESPACE}:…`, one hash tag and so one slot of a
/// Cluster (`docs/limits.md`).
package struct LimitKeys: Hashable, Sendable {
    private let prefix: String

    /// - Parameter namespace: sidecars of one namespace share their limits.
    package init(namespace: String) {
        prefix = "sg:1:{sg:\(namespace)}:"
    }

    /// A window's or the places' key.
    package func counter(_ subject: LimitSubject, _ kind: LimitKind) -> String {
        let letter =
            switch kind {
            case .requests: "r:"
            case .tokens: "t:"
            case .parallelRequests: "p:"
            }
        var key = prefix
        key.reserveCapacity(prefix.utf8.count + subject.text.utf8.count + 2)
        key += letter
        key += subject.text
        return key
    }
}
