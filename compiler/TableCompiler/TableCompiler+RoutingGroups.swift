internal import RouteConfig
internal import RouteTable

/// `routing_groups`: a strategy becomes a parameter of each model that a group names; a group of
/// the strategy `priority` becomes an alias for its models in their order.
///
/// In LiteLLM a priority group too is no more than a name for its models: a request for one of
/// them by its own name goes there as ever.
extension TableCompiler {
    mutating func routingGroups(_ config: RouteConfig) {
        var owners: [String: String] = [:]
        for group in config.routingGroups {
            guard let strategy = group.strategy else { continue }
            for model in group.models {
                let name = model.value
                if let owner = owners[name] {
                    sink.warn(
                        .duplicateName,
                        model.mark,
                        "\(name) is in two routing groups, \(owner) and \(group.name.value)",
                        hint: "\(owner) counts; LiteLLM does not start"
                    )
                    continue
                }
                owners[name] = group.name.value
                guard let index = groups[name] else { continue }
                contents.models[index].parameters[.strategy] = .text(strategy)
                contents.models[index].parameters[.strategyArguments] = .json(group.arguments)
            }
        }
    }

    /// The aliases of the configuration, then those that priority groups are.
    func aliases(_ config: RouteConfig) -> [Placed<Alias>] {
        config.aliases
            + config.routingGroups.filter { $0.strategy == nil }.map { group in
                Placed(
                    Alias(name: group.name.value, targets: group.models.map(\.value)),
                    at: group.name.mark
                )
            }
    }
}

/// The strategy that chooses among a model's deployments.
struct ModelStrategy {
    /// Nil when it is a reference and known only at load.
    let name: String?

    init(_ model: Model, settings: ParameterSet) {
        switch model.parameters[.strategy] ?? settings[.strategy] {
        case .text(.literal(let literal))?: name = literal
        case nil: name = "simple-shuffle"
        default: name = nil
        }
    }

    /// Whether weights decide; a strategy that is not known yet may turn out to be this one.
    var mayShuffle: Bool { isShuffle || name == nil }
    var isShuffle: Bool { name == "simple-shuffle" }
    var isByCost: Bool { name == "cost-based-routing" }
    /// Whether `rpm` and `tpm` are limits whatever else is set.
    var keepsLimits: Bool { name?.hasPrefix("usage-based-routing") ?? true }
}
