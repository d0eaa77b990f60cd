package import AWS
internal import JSON
internal import ProviderData
package import RouteTable

/// What a table's deployments on Bedrock need before anybody asks: what they need may stand in the
/// environment, where no compiler can look for it.
package struct BedrockOverview {
    /// Why deployments cannot be used, each reason once, without the values of credentials.
    package private(set) var problems: [String] = []
    /// Where credentials come from that have to be fetched. Deployments that leave their provider
    /// to the request are not looked at.
    package private(set) var sources: Set<CredentialSource> = []

    /// Reads every deployment on Bedrock.
    package init(
        table: RouteTable,
        values: ReferenceValues,
        environment: @escaping (String) -> String?
    ) {
        let scanner = JSONScanner()
        let files = SharedFilesOnce(environment: environment)
        for index in 0..<table.counts.deployments {
            let record = table.deployment(at: index)
            guard Provider.coded(record.provider)?.dialect == .bedrock else { continue }
            let reader = DeploymentReader(
                DeploymentSource(
                    index: index,
                    table: table,
                    values: values,
                    environment: environment,
                    scanner: scanner,
                    files: files
                )
            )
            switch reader.readiness() {
            case .invalid(let text):
                if !problems.contains(text) { problems.append(text) }
            case .ready:
                if case .source(let source)? = reader.bedrock?.identity { sources.insert(source) }
            default: break
            }
        }
    }
}
