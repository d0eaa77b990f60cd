internal import Cryptography
internal import ProviderData
package import RouteConfig
package import RouteTable
package import Routing

/// What is said of a table beside its contents.
package struct TableFacts {
    /// The table's SHA-256 in hexadecimal, which identifies it.
    let digest: String
    /// Identifiers of the keys that signatures claim to be of.
    let signers: [String]
    /// Of the models, in their order; none where they are not wanted.
    let worstCases: [WorstCase]

    package init(digest: String, signers: [String] = [], worstCases: [WorstCase] = []) {
        self.digest = digest
        self.signers = signers
        self.worstCases = worstCases
    }
}

/// A table's contents for people, with secrets masked.
package struct TableText {
    private var lines = IndentedText()

    /// Several lines, each with its end.
    package static func render(_ contents: TableContents, _ facts: TableFacts) -> String {
        let (contents, cases) = TableMask.masked(contents, facts.worstCases)
        var printer = TableText()
        printer.line(0, "digest \(facts.digest)")
        printer.line(0, "generation \(contents.generation)")
        for signer in facts.signers {
            printer.line(0, "signed by \(signer), which is not checked here")
        }
        printer.section("settings", contents.settings.isEmpty) {
            $0.parameters(contents.settings, depth: 1)
        }
        printer.section("models", contents.models.isEmpty) { printer in
            for (index, model) in contents.models.enumerated() {
                let worst = cases.indices.contains(index) ? cases[index] : nil
                printer.model(model, contents.credentials, worst)
            }
        }
        printer.section("aliases", contents.aliases.isEmpty) { printer in
            for alias in contents.aliases {
                let hidden = alias.isHidden ? " (hidden)" : ""
                printer.line(
                    1,
                    "\(alias.name)\(hidden) -> \(alias.targets.joined(separator: ", "))"
                )
            }
        }
        printer.section("fallbacks", contents.fallbacks.isEmpty) { printer in
            for rule in contents.fallbacks {
                printer.line(
                    1,
                    "\(rule.model) on \(rule.trigger) -> \(rule.targets.joined(separator: ", "))"
                )
            }
        }
        printer.section("credentials", contents.credentials.isEmpty) { printer in
            for (index, credential) in contents.credentials.enumerated() {
                printer.line(1, "#\(index) \(credential.name)")
                printer.parameters(credential.parameters, depth: 2)
            }
        }
        printer.section("virtual keys", contents.virtualKeys.isEmpty) { printer in
            for key in contents.virtualKeys {
                printer.line(1, "sha256 \(Hex.encode(key.digest))")
                printer.parameters(key.parameters, depth: 2)
            }
        }
        printer.section("environment", contents.environment.isEmpty) { printer in
            for variable in contents.environment {
                printer.line(1, "\(variable.name): \(MaskedText.of(variable.value))")
            }
        }
        return printer.lines.text
    }

    /// One line a model, those with the most attempts first, and how many are left out.
    ///
    /// - Parameters:
    ///   - names: The models' names.
    ///   - worstCases: One for each name.
    ///   - secrets: What must be shown nowhere.
    ///   - most: How many lines at most say something of a model.
    package static func worstCases(
        names: [String],
        _ worstCases: [WorstCase],
        secrets: SecretSet,
        most: Int = 50
    ) -> String {
        var printer = TableText()
        let sorted = zip(names, worstCases).sorted { left, right in
            left.1.attempts == right.1.attempts
                ? left.0 < right.0 : left.1.attempts > right.1.attempts
        }
        for (name, worst) in sorted.prefix(most) {
            let shown = SecretMask.masked(name, secrets: secrets, isName: true)
            printer.line(0, "\(shown): \(worst)")
        }
        if sorted.count > most { printer.line(0, "… and \(sorted.count - most) more") }
        return printer.lines.text
    }

    private mutating func section(
        _ title: String,
        _ isEmpty: Bool,
        _ body: (inout TableText) -> Void
    ) {
        if isEmpty { return }
        line(0, title)
        body(&self)
    }

    private mutating func model(
        _ model: Model,
        _ credentials: [Credential],
        _ worst: WorstCase?
    ) {
        line(1, model.name + (model.isPattern ? " (pattern)" : ""))
        if let worst {
            let names = worst.groups.count > 1 ? ": " + worst.groups.joined(separator: ", ") : ""
            line(2, "\(worst)\(names)")
        }
        parameters(model.parameters, depth: 2)
        for deployment in model.deployments {
            let provider = Provider.coded(deployment.provider)?.prefix ?? "(at load)"
            line(2, "\(provider)/\(MaskedText.of(deployment.upstreamModel))")
            line(3, "id: \(deployment.id.text)")
            if let base = deployment.apiBase { line(3, "api_base: \(MaskedText.of(base))") }
            if let index = deployment.credential {
                let name = credentials.indices.contains(index) ? credentials[index].name : ""
                line(3, "credential: #\(index) \(name)")
            }
            line(3, "weight: \(PythonText.repr(Double(deployment.weight) / 1000))")
            if let order = deployment.order { line(3, "order: \(order)") }
            parameters(deployment.parameters, depth: 3)
        }
    }

    private mutating func parameters(_ set: ParameterSet, depth: Int) {
        for (key, value) in set.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            line(depth, "\(key): \(Self.text(key, value))")
        }
    }

    private static func text(_ key: ParameterKey, _ value: ParameterValue) -> String {
        switch value {
        case .bool(let bool): "\(bool)"
        case .integer(let integer): "\(integer)"
        case .number(let number): PythonText.repr(number)
        case .text(let text): MaskedText.of(text)
        case .list(let list): list.map(MaskedText.of).joined(separator: ", ")
        case .json(let pieces): MaskedText.json(pieces, key)
        case .digest(let bytes): MaskedText.digest(bytes)
        }
    }

    private mutating func line(_ depth: Int, _ content: String) { lines.line(depth, content) }
}
