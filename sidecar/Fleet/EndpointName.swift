/// What all sidecars call an endpoint: its deployment's identifier and its address.
package struct EndpointName: Hashable, Sendable {
    /// The deployment's identifier as people see it.
    package let deploymentID: String
    /// Address and port; empty for a deployment with one endpoint.
    package let endpoint: String

    /// A longer name is not shared: it would be in every answer of Redis.
    package static let bytesMax = 512

    /// Nil for a name that is too long.
    package init?(deploymentID: String, endpoint: String) {
        guard deploymentID.utf8.count + endpoint.utf8.count < Self.bytesMax else { return nil }
        self.deploymentID = deploymentID
        self.endpoint = endpoint
    }

    /// As it stands in Redis: `DEPLOYMENT@ADDRESS`. An address has no `@`, an identifier may.
    package var text: String { "\(deploymentID)@\(endpoint)" }

    /// What `text` says; nil for a text that no sidecar writes.
    package init?(parsing text: String) {
        guard let place = text.lastIndex(of: "@") else { return nil }
        self.init(
            deploymentID: String(text[..<place]),
            endpoint: String(text[text.index(after: place)...])
        )
    }
}
