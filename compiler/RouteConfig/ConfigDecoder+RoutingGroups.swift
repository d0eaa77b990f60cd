internal import RouteTable
internal import YAML

/// `routing_groups`: strategies of some models (LiteLLM §1.8). What LiteLLM refuses to start with
/// is an error.
extension ConfigDecoder {
    mutating func routingGroups(_ entry: YAMLEntry) {
        for item in sequence(entry) {
            guard let entries = item.entries else {
                sink.error(.wrongType, item.mark, "an entry of routing_groups must be a mapping")
                continue
            }
            check(entries, in: .routingGroup)
            if let group = routingGroup(item, entries) { config.routingGroups.append(group) }
        }
    }

    private func routingGroup(_ item: YAMLNode, _ entries: [YAMLEntry]) -> RoutingGroupConfig? {
        guard let name = required(item, "group_name"), let models = groupModels(item),
            let strategy = required(item, "routing_strategy")
        else { return nil }
        let arguments = entries.first { $0.key.text == "routing_strategy_args" }
        var group = RoutingGroupConfig(
            name: Placed(name.scalar?.text ?? "", at: name.mark),
            models: models
        )
        if strategy.scalar?.text == "priority" {
            if let arguments, !(arguments.value.entries ?? []).isEmpty {
                sink.warn(
                    .noEffect,
                    arguments.keyMark,
                    "routing_strategy_args has no effect under priority",
                    hint: "model_priorities says in which order the models are tried"
                )
            }
            return priorities(item, &group) ? group : nil
        }
        guard let used = strategyName(strategy, isGroup: true) else { return nil }
        group.strategy = used
        if let arguments { group.arguments = strategyArguments(arguments, of: used).object() }
        if let unused = entries.first(where: { $0.key.text == "model_priorities" }),
            !unused.value.isNull
        {
            sink.warn(
                .noEffect,
                unused.keyMark,
                "model_priorities has no effect under \(strategy.scalar?.text ?? "")",
                hint: "it is for routing_strategy: priority"
            )
        }
        return group
    }

    private func groupModels(_ item: YAMLNode) -> [Placed<String>]? {
        guard let node = item["models"], !node.isNull else {
            sink.error(.missingKey, item["models"]?.mark ?? item.mark, "models is missing")
            return nil
        }
        guard let items = node.items, items.allSatisfy({ $0.scalar != nil }) else {
            sink.error(.wrongType, node.mark, "models must be a list of models' names")
            return nil
        }
        var models: [Placed<String>] = []
        for model in items {
            guard let text = model.scalar?.text, !text.isEmpty else { continue }
            if !models.contains(where: { $0.value == text }) {
                models.append(Placed(text, at: model.mark))
            }
        }
        return models
    }

    /// Sorts the models of a group by `model_priorities`; false when they do not name exactly its
    /// models, each with a whole number of 1 or more.
    private func priorities(_ item: YAMLNode, _ group: inout RoutingGroupConfig) -> Bool {
        let node = item["model_priorities"]
        var numbers: [String: Int64] = [:]
        for entry in node?.entries ?? [] {
            guard case .integer(let number)? = entry.value.scalar?.value, number >= 1 else {
                sink.error(
                    .wrongType,
                    entry.value.mark,
                    "a priority must be a whole number, 1 or more"
                )
                return false
            }
            numbers[entry.key.text] = number
        }
        let names = Set(group.models.map(\.value))
        guard !names.isEmpty, names == Set(numbers.keys) else {
            sink.error(
                .routingGroup,
                node?.mark ?? item.mark,
                "model_priorities must name exactly the models of the group",
                hint: "model: 1, the lowest number is tried first"
            )
            return false
        }
        let sorted = group.models.enumerated().sorted { left, right in
            let (a, b) = (numbers[left.element.value] ?? 0, numbers[right.element.value] ?? 0)
            return a == b ? left.offset < right.offset : a < b
        }
        group.models = sorted.map(\.element)
        if Set(numbers.values).count < numbers.count {
            sink.warn(
                .routingGroup,
                node?.mark,
                "models of equal priority do not share the requests of \(group.name.value)",
                hint: "they are tried in the order of models"
            )
        }
        return true
    }
}
