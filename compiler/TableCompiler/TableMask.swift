internal import RouteConfig
internal import RouteTable
internal import Routing

/// A table's contents as they may be printed: the texts stored as secrets, and what sounds, looks
/// or reads like one of them, are `***`.
struct TableMask {
    private var secrets = SecretSet()

    /// A mask of what is secret in any of some tables.
    init(_ tables: TableContents...) {
        for contents in tables { collect(contents) }
    }

    /// The contents, and what is said of their models, as they may be printed.
    static func masked(
        _ contents: TableContents,
        _ worstCases: [WorstCase]
    ) -> (TableContents, [WorstCase]) {
        let mask = TableMask(contents)
        let cases = worstCases.map { worst in
            var shown = worst
            shown.groups = worst.groups.map(mask.name)
            return shown
        }
        return (mask.masked(contents), cases)
    }

    // MARK: What is secret

    private mutating func collect(_ contents: TableContents) {
        var sets = [contents.settings]
        sets += contents.credentials.map(\.parameters) + contents.virtualKeys.map(\.parameters)
        for model in contents.models {
            sets.append(model.parameters)
            for deployment in model.deployments {
                sets.append(deployment.parameters)
                collect(deployment.upstreamModel)
                if let base = deployment.apiBase { collect(base) }
            }
        }
        for set in sets {
            for (key, value) in set { collect(key, value) }
        }
        for variable in contents.environment { collect(variable.value) }
    }

    private mutating func collect(_ key: ParameterKey, _ value: ParameterValue) {
        switch value {
        case .text(let text): collect(text)
        case .list(let list):
            for text in list { collect(text) }
        case .json(let pieces):
            for secret in JSONMask.secrets(pieces, key) { secrets.insert(secret) }
        case .bool, .integer, .number, .digest: break
        }
    }

    private mutating func collect(_ text: Text) {
        if case .secret(let secret) = text { secrets.insert(secret) }
    }

    // MARK: The contents

    func masked(_ contents: TableContents) -> TableContents {
        var shown = contents
        shown.settings = masked(contents.settings)
        shown.models = contents.models.map(masked)
        shown.aliases = contents.aliases.map { alias in
            Alias(
                name: name(alias.name),
                targets: alias.targets.map(name),
                isHidden: alias.isHidden
            )
        }
        shown.credentials = contents.credentials.map { credential in
            Credential(name: name(credential.name), parameters: masked(credential.parameters))
        }
        shown.virtualKeys = contents.virtualKeys.map { key in
            VirtualKey(digest: key.digest, parameters: masked(key.parameters))
        }
        shown.fallbacks = contents.fallbacks.map { rule in
            FallbackRule(
                trigger: rule.trigger,
                model: name(rule.model),
                targets: rule.targets.map(name)
            )
        }
        shown.environment = contents.environment.map { variable in
            EnvironmentVariable(name: name(variable.name), value: hidden(variable.value))
        }
        return shown
    }

    private func masked(_ model: Model) -> Model {
        var shown = model
        shown.name = name(model.name)
        shown.parameters = masked(model.parameters)
        for index in shown.deployments.indices {
            let deployment = model.deployments[index]
            if case .explicit(let id) = deployment.id {
                shown.deployments[index].id = .explicit(name(id))
            }
            shown.deployments[index].upstreamModel = masked(deployment.upstreamModel)
            shown.deployments[index].apiBase = deployment.apiBase.map(masked)
            shown.deployments[index].parameters = masked(deployment.parameters)
        }
        return shown
    }

    private func masked(_ set: ParameterSet) -> ParameterSet {
        var shown = set
        for (key, value) in set { shown[key] = masked(key, value) }
        return shown
    }

    private func masked(_ key: ParameterKey, _ value: ParameterValue) -> ParameterValue {
        switch value {
        case .bool, .integer, .number, .digest: value
        case .text(let text): .text(masked(text))
        case .list(let list) where key == .extraHeaders:
            // Name, value, name, value: any header may authenticate.
            .list(list.enumerated().map { $0 % 2 == 0 ? masked($1) : hidden($1) })
        case .list(let list): .list(list.map(masked))
        case .json(let pieces): .json(JSONMask.masked(pieces, key, secrets))
        }
    }

    private func hidden(_ text: Text) -> Text {
        if case .literal(let value) = text { .secret(value) } else { text }
    }

    /// A text as it may be printed.
    func masked(_ text: Text) -> Text {
        if case .literal(let value) = text { .literal(name(value)) } else { text }
    }

    /// A name as it may be printed.
    func name(_ text: String) -> String {
        SecretMask.masked(text, secrets: secrets, isName: true)
    }
}
