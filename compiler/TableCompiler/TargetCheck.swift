internal import ProviderData
internal import RouteConfig
internal import RouteTable
internal import YAML

/// Warns of names that lead nowhere: targets of aliases and fallbacks that no request could reach.
struct TargetCheck {
    private let sink: DiagnosticSink
    private let names: Set<String>
    private let models: Set<String>
    private let patterns: [[UInt8]]

    /// - Parameter isAsked: Whether there is any name to look up; most files have none.
    init(contents: TableContents, isAsked: Bool, sink: DiagnosticSink) {
        self.sink = sink
        var names = Set(contents.aliases.map(\.name))
        models = Set(contents.models.map(\.name))
        var patterns: [[UInt8]] = []
        for model in contents.models {
            names.insert(model.name)
            if model.isPattern { patterns.append(Array(model.name.utf8)) }
            // A request may name a deployment by its identifier.
            if isAsked { for deployment in model.deployments { names.insert(deployment.id.text) } }
        }
        self.names = names
        self.patterns = patterns
    }

    func run(_ config: RouteConfig) {
        for alias in config.aliases {
            for target in alias.value.targets where !isKnown(target) {
                warn(alias.mark, "the alias \(alias.value.name) points to", target)
            }
        }
        for rule in config.fallbacks {
            let model = rule.value.model
            if model != "*", !mayFail(model) {
                warn(rule.mark, "fallbacks are given for", model)
            }
            let whose = model == "*" ? "the default fallbacks" : "the fallbacks of \(model)"
            for target in rule.value.targets where !isKnown(target) {
                warn(rule.mark, "\(whose) name", target)
            }
        }
        for (key, name) in Self.forced {
            guard case .text(.literal(let model))? = config.settings[key], !isKnown(model) else {
                continue
            }
            sink.warn(
                .danglingTarget,
                config.settingMarks[key],
                "\(name) is \(model), which is no model here",
                hint: "every request of that kind would be refused"
            )
        }
        for model in config.cachingModels where !models.contains(model.value) {
            sink.warn(
                .danglingTarget,
                model.mark,
                "caching_groups names \(model.value), which is no model here",
                hint: "write names as model_list has them"
            )
        }
        for group in config.routingGroups {
            for model in group.models where !isMember(model.value, of: group) {
                sink.warn(
                    .danglingTarget,
                    model.mark,
                    "the routing group \(group.name.value) names \(model.value), which is no "
                        + "model here",
                    hint: "write names as model_list has them"
                )
            }
        }
    }

    /// Settings that send all requests of a kind to one model.
    private static let forced: [(ParameterKey, String)] = [
        (.forcedChatModel, "completion_model"), (.forcedEmbeddingModel, "embedding_model"),
        (.forcedImageModel, "image_generation_model"),
        (.forcedModerationModel, "moderation_model"),
    ]

    /// A strategy belongs to a model of exactly this name; a priority group may name whatever a
    /// request may.
    private func isMember(_ name: String, of group: RoutingGroupConfig) -> Bool {
        group.strategy == nil ? isKnown(name) : models.contains(name)
    }

    /// Whether a rule of this name is ever looked at: those of a name with or without its
    /// provider's prefix are too (LiteLLM §5.6).
    private func mayFail(_ name: String) -> Bool {
        if isKnown(name) { return true }
        if let slash = name.firstIndex(of: "/"), Provider.named(String(name[..<slash])) != nil {
            return isKnown(String(name[name.index(after: slash)...]))
        }
        return Provider.all.contains { isKnown("\($0.prefix)/\(name)") }
    }

    private func warn(_ mark: YAMLMark, _ start: String, _ name: String) {
        sink.warn(
            .danglingTarget,
            mark,
            "\(start) \(name), which is no model here",
            hint: "model_list or model_group_alias must have it"
        )
    }

    private func isKnown(_ name: String) -> Bool {
        if names.contains(name) { return true }
        let bytes = Array(name.utf8)
        return patterns.contains { Self.matches(bytes, $0) }
    }

    /// Patterns are anchored at their start only (LiteLLM §1.4); `*` stands for any text.
    static func matches(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        let parts = pattern.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        var rest = name[...]
        for (index, part) in parts.enumerated() where !part.isEmpty {
            if index == 0 {
                guard rest.starts(with: part) else { return false }
                rest = rest.dropFirst(part.count)
            } else {
                guard let range = firstRange(of: part, in: rest) else { return false }
                rest = rest[range.upperBound...]
            }
        }
        return true
    }

    private static func firstRange(
        of part: ArraySlice<UInt8>,
        in text: ArraySlice<UInt8>
    ) -> Range<Int>? {
        guard text.count >= part.count else { return nil }
        for start in text.startIndex...(text.endIndex - part.count)
        where text[start..<start + part.count].elementsEqual(part) {
            return start..<start + part.count
        }
        return nil
    }
}
