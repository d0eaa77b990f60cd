package import AWS
internal import JSON
internal import ProviderData
package import RouteTable

/// Where a table's deployments on Bedrock have their credentials from, as far as those are fetched:
/// that begins before anybody asks.
package enum BedrockSources {
    /// Each source once. Deployments that leave their provider to the request are not looked at.
    package static func list(
        table: RouteTable,
        values: ReferenceValues,
        environment: @escaping (String) -> String?
    ) -> Set<CredentialSource> {
        var sources: Set<CredentialSource> = []
        for index in 0..<table.counts.deployments {
            let record = table.deployment(at: index)
            guard Provider.coded(record.provider)?.dialect == .bedrock else { continue }
            let source = DeploymentSource(
                index: index,
                table: table,
                values: values,
                environment: environment,
                scanner: JSONScanner()
            )
            let reader = DeploymentReader(source)
            guard case .ready = reader.readiness() else { continue }
            if case .source(let source)? = reader.bedrock?.identity { sources.insert(source) }
        }
        return sources
    }
}
