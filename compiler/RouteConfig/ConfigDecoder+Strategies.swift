internal import RouteTable
internal import YAML

/// Strategies and their arguments, of the whole table and of routing groups.
extension ConfigDecoder {
    /// `routing_strategy` and `routing_strategy_args`.
    mutating func strategy(_ entries: [YAMLEntry]) {
        let named = entries.first { $0.key.text == "routing_strategy" }
        let name = named.flatMap { strategyName($0.value) }
        if let name { config.settings[.strategy] = .text(name) }
        // An unknown strategy is an error already; what it takes nobody knows.
        guard name != nil || named?.value.isNull ?? true,
            let entry = entries.first(where: { $0.key.text == "routing_strategy_args" })
        else { return }
        let arguments = strategyArguments(entry, of: name ?? .literal(KnownStrategy.shuffle))
        if !arguments.isEmpty {
            config.settings[.strategyArguments] = .json(arguments.object())
        }
    }

    /// The strategy that is used for a name; nil when the name is null or unknown, which is
    /// reported, as is every name that LiteLLM has not or that is not offered.
    func strategyName(_ node: YAMLNode, isGroup: Bool = false) -> Text? {
        guard !node.isNull, let text = text(node, isSecret: false, "routing_strategy") else {
            return nil
        }
        guard case .literal(let name) = text, KnownStrategy.named(name) == nil else { return text }
        if let real = KnownStrategy.renamed[name] {
            sink.warn(
                .renamedStrategy,
                node.mark,
                "LiteLLM does not know the strategy \(name)",
                hint: "it is taken for \(real)"
            )
            return .literal(real)
        }
        if let difference = KnownStrategy.replaced[name] {
            sink.warn(
                .noEffect,
                node.mark,
                "the strategy \(name) is not offered",
                hint: difference
            )
            return .literal(KnownStrategy.shuffle)
        }
        let known = KnownStrategy.all.map(\.name) + (isGroup ? ["priority"] : [])
        sink.error(
            .invalidStrategy,
            node.mark,
            "unknown routing_strategy \(name)",
            hint: "one of " + known.joined(separator: ", ")
        )
        return nil
    }

    /// The arguments that a strategy takes; what it does not take is reported and left out. A
    /// strategy that is a reference may turn out to be any.
    func strategyArguments(_ entry: YAMLEntry, of strategy: Text) -> JSONPieces {
        var pieces = JSONPieces()
        var candidates = KnownStrategy.all
        if case .literal(let name) = strategy { candidates = candidates.filter { $0.name == name } }
        for member in mapping(entry) where !member.value.isNull {
            let name = member.key.text
            guard let argument = candidates.lazy.compactMap({ $0.argument(name) }).first else {
                unusedArgument(member, of: candidates)
                continue
            }
            if let text = member.value.scalar?.text, Reference(text, isSecret: false) != nil {
                pieces.addMember(name, member.value)
            } else if let number = number(member.value), argument.isAllowed(number) {
                pieces.addMember(name, number: number)
            } else {
                wrong(member.value, name, argument.wanted)
            }
        }
        return pieces
    }

    private func unusedArgument(_ member: YAMLEntry, of candidates: [KnownStrategy]) {
        let name = member.key.text
        if let only = candidates.first, let reason = only.reasonWithoutEffect(name) {
            sink.warn(
                .noEffect,
                member.keyMark,
                "the argument \(name) has no effect under \(only.name)",
                hint: reason
            )
            return
        }
        let near = KnownKey.nearest(to: name, of: candidates.flatMap(\.arguments).map(\.name))
        sink.warn(
            .unknownKey,
            member.keyMark,
            "unknown argument \(name) in routing_strategy_args",
            hint: near.map { "did you mean \($0)?" }
        )
    }
}
