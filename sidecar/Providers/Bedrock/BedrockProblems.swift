internal import JSON
internal import ProviderData
package import RouteTable

/// Why deployments on Bedrock cannot be used, for the log: what they need may stand in the
/// environment, where no compiler can look for it.
package enum BedrockProblems {
    /// Each problem once, without the values of credentials.
    package static func list(
        table: RouteTable,
        values: ReferenceValues,
        environment: @escaping (String) -> String?
    ) -> [String] {
        var problems: [String] = []
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
            guard case .invalid(let text) = DeploymentReader(source).readiness() else { continue }
            if !problems.contains(text) { problems.append(text) }
        }
        return problems
    }
}
