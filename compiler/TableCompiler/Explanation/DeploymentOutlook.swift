internal import ProviderData
internal import RouteTable

/// Whether a deployment can be used, as far as the table alone says it.
struct DeploymentOutlook {
    /// Why no request can go there; nil when one may.
    let refusal: String?
    /// What the sidecar must find in its environment: references by their names, and variables for
    /// a base that the table does not say.
    let needs: [String]

    init(_ record: DeploymentRecord, table: RouteTable) {
        let parameters = record.parameters
        let hasMock = parameters.contains(.mockResponse)
        let provider = Provider.coded(record.provider)
        let lacksBase =
            record.apiBase == nil && provider != nil && provider?.defaultBase == nil && !hasMock
        var needs = Self.references(of: record, table)
        if parameters.bool(.isBlocked) == true {
            refusal = "blocked"
        } else if hasMock {
            refusal = nil
        } else {
            switch provider?.dialect {
            case .unsupported, .refused:
                refusal = "the provider \(provider?.prefix ?? "") is not spoken here"
            case .mock, .bedrock, nil: refusal = nil
            default:
                let variables = provider?.baseVariables ?? []
                refusal = lacksBase && variables.isEmpty ? "it has no api_base" : nil
                if lacksBase, !variables.isEmpty {
                    needs.append(variables.joined(separator: " or "))
                }
            }
        }
        let known = Self.variables(of: table)
        var seen: Set<String> = []
        self.needs = needs.filter { !known.contains($0) && seen.insert($0).inserted }
    }

    private static func references(of record: DeploymentRecord, _ table: RouteTable) -> [String] {
        var texts = [record.upstreamModel]
        if let base = record.apiBase { texts.append(base) }
        let credential = record.credential.map { table.credential(at: $0).parameters }
        for parameters in [credential, record.parameters].compactMap({ $0 }) {
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
            guard case .reference(let index) = text.kind else { return nil }
            let reference = table.references[index]
            return reference.kind == .file ? "file:" + reference.name : reference.name
        }
    }

    /// `environment_variables` that the table itself sets.
    private static func variables(of table: RouteTable) -> Set<String> {
        var names: Set<String> = []
        for index in 0..<table.counts.environment {
            let variable = table.environment(at: index)
            if case .reference = variable.value.kind { continue }
            names.insert(table.string(variable.name))
        }
        return names
    }
}
