/// The JSON Schema (2020-12) of the configuration, made of the table of known keys.
///
/// It accepts what the compiler accepts: a wrong value that is only warned of may stand there, as
/// may an unknown key. The strict schema is that of `--strict`: every warning that a schema can see
/// is a mistake in it. Comments that allow something are seen by neither.
package struct ConfigSchema {
    private let isStrict: Bool

    /// - Parameter isStrict: Whether what is warned of is refused.
    package init(isStrict: Bool) {
        self.isStrict = isStrict
    }

    /// The document, with the end of its last line.
    package var text: String {
        let definitions = KnownKey.Section.allCases.filter { $0 != .root }.map { section in
            (section.schemaName, self.section(section))
        }
        guard case .object(let root) = section(.root) else { return "" }
        let document: [(String, SchemaValue)] = [
            ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
            ("title", .text("A configuration of Sidegate in LiteLLM's format")),
        ]
        let rest = root.filter { $0.0 != "title" }
        let all = SchemaForms.common + definitions
        return SchemaValue.object(document + rest + [("$defs", .object(all))]).text() + "\n"
    }

    /// The mapping of a section.
    private func section(_ section: KnownKey.Section) -> SchemaValue {
        var members: [(String, SchemaValue)] = [
            ("title", .text(section.rawValue)),
            (
                "type",
                section.mustBeThere
                    ? .text("object") : .array([.text("object"), .text("null")])
            ),
            (
                "properties",
                .object(
                    KnownKey.all.lazy.filter { $0.section == section }.map {
                        ($0.name, self.property($0))
                    }
                )
            ),
        ]
        // Those are for anchors.
        if section == .root {
            members.append(("patternProperties", .object([("^x-", .object([]))])))
        }
        let required = section.required
        if !required.isEmpty {
            members.append(("required", .array(required.map(SchemaValue.text))))
        }
        if section == .virtualKey {
            let ways = ["hash", "key"].map { name in
                SchemaValue.object([("required", .array([.text(name)]))])
            }
            members.append(("anyOf", .array(ways)))
        }
        switch section.unknownKeys {
        case .forwarded, .kept: break
        case .refused: members.append(("additionalProperties", .bool(false)))
        case .warned:
            if isStrict { members.append(("additionalProperties", .bool(false))) }
        }
        return .object(members)
    }

    /// What a value must be. A single form stands by itself, since editors say more of what does
    /// not fit than they do of alternatives.
    private func value(of key: KnownKey) -> [(String, SchemaValue)] {
        if case .any = key.shape { return [] }
        var alternatives = SchemaForms(isStrict: isStrict).alternatives(of: key.shape)
        let isLenient = !isStrict && !key.isStrict
        if !isLenient, alternatives.count == 1, case .object(var only) = alternatives[0] {
            if case .section = key.shape { return only }
            if key.section.required.contains(key.name) { return only }
            if case ("type", .text(let type))? = only.first {
                only[0].1 = .array([.text(type), .text("null")])
                return only
            }
        }
        if !key.section.required.contains(key.name) { alternatives.append(.type("null")) }
        if isLenient { alternatives.append(SchemaForms.leftOut) }
        return [("anyOf", .array(alternatives))]
    }

    private func property(_ key: KnownKey) -> SchemaValue {
        var members: [(String, SchemaValue)] = [("title", .text(key.name))]
        switch key.fate {
        case .parameter, .handled:
            members.append(("description", .text(key.summary)))
            members += value(of: key)
        case .noEffect(let reason):
            members += [
                ("description", .text("No effect here: \(reason).")), ("deprecated", .bool(true)),
            ]
            if isStrict { members.append(("enum", SchemaForms.nothing)) }
        case .guarded(let what, let reason):
            members += [
                (
                    "description",
                    .text(
                        "An error unless its line allows it, since \(what.rawValue) would be "
                            + "weaker: \(reason)."
                    )
                ),
                ("deprecated", .bool(true)),
            ]
            if isStrict { members.append(("enum", SchemaForms.nothing)) }
        case .refused(let reason):
            members += [
                ("description", .text("Not allowed: \(reason).")), ("deprecated", .bool(true)),
                ("not", .object([])),
            ]
        }
        return .object(members)
    }
}

extension KnownKey.Section {
    /// Whether null is no mapping of this kind.
    fileprivate var mustBeThere: Bool {
        switch self {
        case .modelEntry, .litellmParams, .credential, .routingGroup, .virtualKey: true
        default: false
        }
    }

    /// What becomes of keys that are not known.
    package enum UnknownKeys: String, Sendable {
        case warned = "An unknown key is a warning."
        case refused = "An unknown key is an error."
        case forwarded =
            "Any other key goes to the upstream with every request that does not have it."
        case kept = "Any other key is shown at `/model/info`."
    }

    package var unknownKeys: UnknownKeys {
        switch self {
        case .litellmParams: .forwarded
        case .modelInfo: .kept
        case .limits: .refused
        default: .warned
        }
    }

    /// The keys that must be there.
    package var required: [String] {
        switch self {
        case .modelEntry: ["model_name", "litellm_params"]
        case .litellmParams: ["model"]
        case .credential: ["credential_name"]
        case .groupAlias: ["model"]
        case .routingGroup: ["group_name", "models", "routing_strategy"]
        default: []
        }
    }

    /// Its name among the schema's definitions.
    var schemaName: String { "\(self)" }
}
