/// Names of what the fleet keeps in Redis: `sg:1:{sg:NAMESPACE}:…`, one hash tag and so one slot of
/// a Cluster (`docs/fleet.md`).
package struct FleetKeys: Hashable, Sendable {
    private let prefix: String

    /// - Parameter namespace: sidecars of one namespace are a fleet.
    package init(namespace: String) {
        prefix = "sg:1:{sg:\(namespace)}:"
    }

    /// The sidecars that are there, by the millisecond at which they are not.
    package var live: String { key("live") }

    /// What a sidecar says of itself.
    package func sidecar(_ instance: String) -> String { key("i:\(instance)") }

    /// Endpoints that the fleet has cool, by the millisecond at which that ends.
    package var cooling: String { key("f:cool") }

    /// Who may try an endpoint that has cooled, and until when: by endpoint.
    package var probes: String { key("f:probe") }

    /// Endpoints that a try has found well, by when that was.
    package var well: String { key("f:well") }

    /// Whom an endpoint has refused, by the millisecond at which that one's own cooldown ends.
    package func reporters(_ endpoint: EndpointName) -> String { key("f:c:\(endpoint.text)") }

    /// Another key of the fleet's.
    func key(_ name: String) -> String { prefix + name }
}
