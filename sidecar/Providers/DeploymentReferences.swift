package import RouteTable

/// Which references of a deployment have no value in this process, or one that cannot be used.
package struct DeploymentReferences {
    private let table: RouteTable
    private let values: ReferenceValues

    package init(table: RouteTable, values: ReferenceValues) {
        self.table = table
        self.values = values
    }

    /// Whether the deployment at this index cannot be used.
    package func disable(_ index: Int) -> Bool {
        let record = table.deployment(at: index)
        return !missing(record).isEmpty || !unreadable(record).isEmpty
    }

    /// Their names, without values.
    func missing(_ record: DeploymentRecord) -> [String] {
        var missing = table.missingReferences(in: [record.upstreamModel], using: values)
        if let base = record.apiBase {
            missing += table.missingReferences(in: [base], using: values)
        }
        for parameters in parameters(record) {
            // What is only shown may be missing.
            for key in ParameterKey.allCases where key != .modelInfo && key != .credentialInfo {
                if let text = parameters.text(key) {
                    missing += table.missingReferences(in: [text], using: values)
                } else if let list = parameters.list(key) ?? parameters.json(key) {
                    missing += table.missingReferences(in: list, using: values)
                }
            }
        }
        return missing.map { table.references[$0].name }
    }

    /// Values that are not the numbers, or the yes or no, that their keys need.
    func unreadable(_ record: DeploymentRecord) -> [UnreadableParameter] {
        parameters(record).flatMap { $0.unreadable(using: values) }
    }

    /// What is wrong with the deployments' values, each said once; missing ones are not said here.
    package func unreadable() -> [UnreadableParameter] {
        if table.references.isEmpty { return [] }
        var seen: Set<UnreadableParameter> = []
        return (0..<table.counts.deployments).flatMap { unreadable(table.deployment(at: $0)) }
            .filter { seen.insert($0).inserted }
    }

    private func parameters(_ record: DeploymentRecord) -> [Parameters] {
        let credential = record.credential.map { table.credential(at: $0).parameters }
        return [credential, record.parameters].compactMap { $0 }
    }
}
