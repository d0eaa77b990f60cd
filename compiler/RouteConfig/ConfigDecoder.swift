internal import RouteTable
package import Template
internal import YAML

/// Turns the merged root mapping into values, and reports everything that is wrong on the way.
package struct ConfigDecoder {
    let sink: DiagnosticSink
    let suggestions = Suggestions()
    var config = RouteConfig()
    /// Connection settings of Redis from `router_settings`.
    var redis = JSONPieces()
    /// Where `cache_params` says that there is Redis.
    var cacheServer: YAMLMark?
    var callbacks: [String] = []
    /// Whether what is left out would open something: a wrong value is an error then.
    var isClosing = false
    /// Trigger and place of the fallbacks found, so that `router_settings` wins.
    var fallbackSections: [FallbackRule.Trigger: KnownKey.Section] = [:]

    /// Reads and decodes files; what cannot be read is the first failure, and everything else is
    /// in the sink.
    ///
    /// - Parameter values: Makes templates of all files.
    package static func decode(
        files: [String],
        sink: DiagnosticSink,
        values: TemplateValue? = nil,
        read: @escaping (String) -> Result<[UInt8], SourceFailure>
    ) -> Result<RouteConfig, SourceFailure> {
        var loader = ConfigLoader(sink: sink, values: values, read: read)
        for file in files {
            if let failure = loader.load(file) {
                return .failure(SourceFailure("\(file): \(failure.reason)"))
            }
        }
        // What is missing in a template would be missed again in the configuration.
        if loader.hasBrokenTemplate { return .success(RouteConfig()) }
        sink.secrets.collect(loader.root)
        var decoder = ConfigDecoder(sink: sink)
        decoder.decode(loader.root)
        return .success(decoder.config)
    }

    init(sink: DiagnosticSink) {
        self.sink = sink
    }

    private mutating func decode(_ root: [YAMLEntry]) {
        check(root, in: .root)
        // The sections in this order: `router_settings` wins over `litellm_settings`.
        for entry in root where entry.key.text == "environment_variables" { environment(entry) }
        for entry in root where entry.key.text == "credential_list" { credentials(entry) }
        for entry in root where entry.key.text == "model_list" { models(entry) }
        for entry in root where entry.key.text == "litellm_settings" { litellmSettings(entry) }
        for entry in root where entry.key.text == "router_settings" { routerSettings(entry) }
        for entry in root where entry.key.text == "coordination_redis" {
            coordinationRedis(entry, in: .root)
        }
        for entry in root where entry.key.text == "general_settings" { generalSettings(entry) }
        for entry in root where entry.key.text == "sidegate" { sidegate(entry) }
        finishCallbacks()
        finishRedis()
        finishCache()
    }

    /// Reports the keys of a mapping that are unknown, misplaced, refused or without effect.
    func check(_ entries: [YAMLEntry], in section: KnownKey.Section) {
        for entry in entries {
            let name = entry.key.text
            switch KnownKey.find(section, name)?.fate {
            case .handled, .parameter: break
            case .refused(let reason):
                sink.error(
                    .refusedKey,
                    entry.keyMark,
                    "\(name) is not allowed in \(section.rawValue)",
                    hint: reason
                )
            case .noEffect(let reason):
                if Self.asksForNothing(entry.value) { break }
                sink.warn(
                    .noEffect,
                    entry.keyMark,
                    "\(name) has no effect here",
                    hint: reason
                )
            case .guarded(let what, let reason):
                if Self.asksForNothing(entry.value) { break }
                sink.guarded(
                    entry.keyMark,
                    "\(name) is not enforced here, which weakens \(what.rawValue)",
                    hint: reason
                )
            case nil: unknown(entry, in: section)
            }
        }
    }

    private func unknown(_ entry: YAMLEntry, in section: KnownKey.Section) {
        let name = entry.key.text
        // `x-…` keys exist for their anchors.
        if section == .root, name.hasPrefix("x-") { return }
        if let other = KnownKey.otherSection(of: name, than: section) {
            sink.warn(
                .misplacedKey,
                entry.keyMark,
                "\(name) has no effect in \(section.rawValue)",
                hint: "it belongs to \(other.rawValue)"
            )
            return
        }
        sink.warn(
            .unknownKey,
            entry.keyMark,
            "unknown key \(name) in \(section.rawValue)",
            hint: suggestions.nearest(to: name, in: section).map { "did you mean \($0)?" }
        )
    }

    /// Switched off, empty or null: nobody misses what such a key would do.
    private static func asksForNothing(_ node: YAMLNode) -> Bool {
        switch node.content {
        case .mapping(let entries): entries.isEmpty
        case .sequence(let items): items.isEmpty
        case .scalar(let scalar): [.null, .bool(false), .string("")].contains(scalar.value)
        }
    }

    /// The entries of a section; null is an empty one, anything else an error.
    func mapping(_ entry: YAMLEntry) -> [YAMLEntry] {
        if let entries = entry.value.entries { return entries }
        if !entry.value.isNull {
            sink.error(
                .wrongType,
                entry.value.mark,
                "\(entry.key.text) must be a mapping"
            )
        }
        return []
    }

    /// The items of a section; null is an empty one, anything else an error.
    func sequence(_ entry: YAMLEntry) -> [YAMLNode] {
        if let items = entry.value.items { return items }
        if !entry.value.isNull {
            sink.error(.wrongType, entry.value.mark, "\(entry.key.text) must be a list")
        }
        return []
    }
}
