package import RouteTable

/// Which references of a deployment have no value in this process.
package struct DeploymentReferences {
    private let table: RouteTable
    private let values: ReferenceValues

    package init(table: RouteTable, values: ReferenceValues) {
        self.table = table
        self.values = values
    }

    /// Whether the deployment at this index cannot be used.
    package func areMissing(_ index: Int) -> Bool {
        !missing(table.deployment(at: index)).isEmpty
    }

    /// Their names, without values.
    func missing(_ record: DeploymentRecord) -> [String] {
        var missing = table.missingReferences(in: [record.upstreamModel], using: values)
        if let base = record.apiBase {
            missing += table.missingReferences(in: [base], using: values)
        }
        let credential = record.credential.map { table.credential(at: $0).parameters }
        for parameters in [credential, record.parameters].compactMap({ $0 }) {
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
}
