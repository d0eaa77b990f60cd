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
        references(in: record).filter { values[$0] == nil }.map { table.references[$0].name }
    }

    /// What all of a deployment's references refer to, in the order of its parameters.
    func names(_ record: DeploymentRecord) -> [String] {
        references(in: record).map { table.references[$0].description }
    }

    /// Indexes into the table's references.
    private func references(in record: DeploymentRecord) -> [Int] {
        var texts = [record.upstreamModel]
        if let base = record.apiBase { texts.append(base) }
        for parameters in parameters(record) {
            // What is only shown may be missing.
            for key in ParameterKey.allCases where key != .modelInfo && key != .credentialInfo {
                if let text = parameters.text(key) {
                    texts.append(text)
                } else if let list = parameters.list(key) ?? parameters.json(key) {
                    texts += list
                }
            }
        }
        return texts.compactMap { text in
            if case .reference(let index) = text.kind { index } else { nil }
        }
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
