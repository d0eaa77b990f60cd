/// The forms of values as JSON Schemas.
struct SchemaForms {
    /// Whether what is warned of is refused.
    let isStrict: Bool

    /// Whatever else stands there.
    static let leftOut = SchemaValue.object([
        ("description", .text("Anything else is left out, with a warning."))
    ])

    /// Values that ask for nothing.
    static let nothing = SchemaValue.array([
        .null, .bool(false), .text(""), .array([]), .object([]),
    ])

    /// What many keys take, by its name among the schema's definitions.
    static let common: [(String, SchemaValue)] = [
        ("reference", .pattern("^(os\\.environ/.|file:/)")),
        (
            "bool",
            .any(of: flags + [reference])
        ),
        ("count", .any(of: [whole(0...Int.max), .pattern(digits), reference])),
        ("amount", .any(of: [number(from: 0), .pattern(decimals), reference])),
        ("texts", .any(of: [list(item), scalar])),
    ]

    private static let reference = common("reference")
    private static let scalar = SchemaValue.type("string", "number", "boolean")
    private static let flags: [SchemaValue] = [
        .type("boolean"), .object([("enum", .array([.integer(0), .integer(1)]))]), .pattern(flag),
    ]
    private static let item = SchemaValue.type("string", "number", "boolean", "null")
    private static let flag =
        "^([Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|1|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff]|0)$"
    private static let digits = "^\\+?[0-9]+(\\.0*)?([eE]\\+?[0-9]+)?$"
    private static let decimals = "^\\+?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?$"

    /// What a value of this shape may be, but for null.
    func alternatives(of shape: KnownKey.Shape) -> [SchemaValue] {
        switch shape {
        case .form(let form): forms(form)
        case .any: [.object([])]
        case .flag: Self.flags
        case .name: [.object([("type", .text("string")), ("minLength", .integer(1))])]
        case .string, .baseURL: [Self.scalar]
        case .number: [Self.number(from: 0), .pattern(Self.decimals)]
        case .order: [Self.whole(-32_768...32_766), .pattern("^[-+]?[0-9]+(\\.0*)?$")]
        case .limit: limit
        case .range(let range): [Self.whole(range)]
        case .strategy(let isGroup): [.words(strategies(isGroup: isGroup)), Self.reference]
        case .names, .paths: [Self.common("texts")]
        case .hosts: [Self.list(.type("string")), .type("string")]
        case .models: [Self.list(Self.scalar)]
        case .groups: [Self.list(leniently(Self.list(Self.scalar)))]
        case .date: [.type("string"), Self.number(from: 0)]
        case .digest: [.pattern("^[0-9A-Fa-f]{64}$")]
        case .key: [.object([("type", .text("string")), ("minLength", .integer(1))])]
        default: mappings(shape)
        }
    }

    private func mappings(_ shape: KnownKey.Shape) -> [SchemaValue] {
        switch shape {
        case .limitsByModel: [Self.mapping(.any(of: limit + [.type("null")]))]
        case .arguments: [arguments]
        case .fallbacks(let isStrict): [fallbacks(isStrict: isStrict)]
        case .policies: [Self.mapping(leniently(.any(of: forms(.counts) + [.type("null")])))]
        case .aliases: [Self.mapping(leniently(alias))]
        case .priorities: [leniently(Self.mapping(Self.whole(1...Int.max)))]
        case .mapping: [.type("object")]
        case .variables: [Self.mapping(leniently(Self.item))]
        case .section(let section, _): [Self.definition(section)]
        case .sections(let section): [Self.list(Self.definition(section))]
        case .named(let section):
            [Self.mapping(.any(of: [Self.definition(section), .type("null")]))]
        default: []
        }
    }

    private func forms(_ form: KnownKey.Form) -> [SchemaValue] {
        switch form {
        case .bool: [Self.common("bool")]
        case .integer: [Self.common("count")]
        case .seconds, .dollars, .mebibytes: [Self.common("amount")]
        case .text, .secret, .token: [Self.scalar]
        case .word(let words): [.words(words), Self.reference]
        case .list: [Self.common("texts")]
        case .pairs: [Self.mapping(Self.item)]
        case .counts: [counts]
        case .json: [.object([])]
        case .members: [.type("object")]
        }
    }

    /// Retries and failures by kind.
    private var counts: SchemaValue {
        let count = SchemaValue.any(of: [Self.whole(0...Int.max), .pattern(Self.digits)])
        return .object([
            ("type", .text("object")),
            (
                "properties",
                .object(FailureKinds.all.map { ($0, leniently(count)) })
            ),
            ("additionalProperties", .bool(!isStrict)),
        ])
    }

    private var limit: [SchemaValue] {
        [Self.whole(1...Int.max), .pattern("^\\+?0*[1-9][0-9]*(\\.0*)?$"), Self.reference]
    }

    private func strategies(isGroup: Bool) -> [String] {
        KnownStrategy.all.map(\.name) + (isGroup ? ["priority"] : [])
            + (isStrict ? [] : KnownStrategy.renamed.keys.sorted())
            + (isStrict ? [] : KnownStrategy.replaced.keys.sorted())
    }

    private var arguments: SchemaValue {
        let names = Set(KnownStrategy.all.flatMap(\.arguments).map(\.name)).sorted()
        let value = SchemaValue.any(of: [
            Self.number(from: 0), .pattern(Self.decimals), Self.reference, .type("null"),
        ])
        return .object([
            ("type", .text("object")),
            ("properties", .object(names.map { ($0, leniently(value)) })),
            ("additionalProperties", .bool(!isStrict)),
        ])
    }

    private func fallbacks(isStrict: Bool) -> SchemaValue {
        let target = SchemaValue.any(of: [
            Self.item,
            .object([("type", .text("object")), ("required", .array([.text("model")]))]),
        ])
        let entry = SchemaValue.object([
            ("type", .text("object")), ("minProperties", .integer(1)),
            ("maxProperties", .integer(1)),
            ("additionalProperties", .any(of: [target, Self.list(target)])),
        ])
        return Self.list(isStrict ? entry : leniently(entry))
    }

    private var alias: SchemaValue {
        .any(of: [Self.scalar, Self.list(Self.scalar), Self.definition(.groupAlias)])
    }

    /// What is only warned of may be anything, unless that is a mistake too.
    private func leniently(_ schema: SchemaValue) -> SchemaValue {
        isStrict ? schema : .any(of: [schema, Self.leftOut])
    }

    private static func common(_ name: String) -> SchemaValue {
        .object([("$ref", .text("#/$defs/\(name)"))])
    }

    private static func definition(_ section: KnownKey.Section) -> SchemaValue {
        .object([("$ref", .text("#/$defs/\(section.schemaName)"))])
    }

    private static func list(_ items: SchemaValue) -> SchemaValue {
        .object([("type", .text("array")), ("items", items)])
    }

    private static func mapping(_ values: SchemaValue) -> SchemaValue {
        .object([("type", .text("object")), ("additionalProperties", values)])
    }

    private static func number(from least: Int) -> SchemaValue {
        .object([("type", .text("number")), ("minimum", .integer(least))])
    }

    private static func whole(_ range: ClosedRange<Int>) -> SchemaValue {
        var members: [(String, SchemaValue)] = [
            ("type", .text("integer")), ("minimum", .integer(range.lowerBound)),
        ]
        if range.upperBound != .max { members.append(("maximum", .integer(range.upperBound))) }
        return .object(members)
    }
}
