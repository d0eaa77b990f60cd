@testable import RouteTable

/// A repeatable source of contents: every kind of value, names that collide in their beginnings,
/// empty lists, long texts, characters of all lengths.
struct RandomContents {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func make() -> TableContents {
        var contents = TableContents()
        contents.generation = next()
        contents.settings = parameters()
        contents.credentials = (0..<below(5)).map { _ in
            Credential(name: text(), parameters: parameters())
        }
        var names: Set<String> = []
        for _ in 0..<below(40) { names.insert(name()) }
        var sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let aliases = sorted.filter { _ in below(4) == 0 }
        sorted.removeAll { aliases.contains($0) }
        contents.models = sorted.map { model($0, credentials: contents.credentials.count) }
        contents.aliases = aliases.map { alias in
            Alias(name: alias, targets: targets(sorted), isHidden: below(2) == 0)
        }
        contents.virtualKeys = Set((0..<below(6)).map { _ in digest() })
            .sorted { $0.lexicographicallyPrecedes($1) }
            .map { VirtualKey(digest: $0, parameters: parameters()) }
        for trigger in [FallbackRule.Trigger.anyFailure, .contextWindow, .contentPolicy] {
            for name in sorted where below(5) == 0 {
                contents.fallbacks.append(
                    FallbackRule(trigger: trigger, model: name, targets: targets(sorted))
                )
            }
        }
        contents.environment = (0..<below(5)).map { _ in
            EnvironmentVariable(name: name(), value: anyText())
        }
        return contents
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    private mutating func text() -> String {
        let letters = ["", "a", "b", "/", "-", "é", "漢", "👩‍🚀", "\u{0}", "\"", "\\", "\n", "0"]
        return (0..<below(below(10) == 0 ? 200 : 6)).map { _ in letters[below(letters.count)] }
            .joined()
    }

    private mutating func name() -> String {
        ["m", "gpt-", "openai/", "a"][below(4)] + text() + ["", "", "*", "*x*"][below(4)]
    }

    private mutating func targets(_ models: [String]) -> [String] {
        (0...below(3)).map { _ in
            models.isEmpty || below(3) == 0 ? name() : models[below(models.count)]
        }
    }

    private mutating func digest() -> [UInt8] {
        (0..<32).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    private mutating func anyText() -> Text {
        switch below(4) {
        case 0: .secret(text())
        case 1:
            .reference(
                Reference(
                    kind: below(2) == 0 ? .environment : .file,
                    name: name(),
                    isSecret: below(2) == 0,
                    isRequired: below(2) == 0
                )
            )
        default: .literal(text())
        }
    }

    private mutating func parameters() -> ParameterSet {
        var set: ParameterSet = [:]
        for _ in 0..<below(6) {
            set[ParameterKey.allCases[below(ParameterKey.allCases.count)]] = value()
        }
        return set
    }

    private mutating func value() -> ParameterValue {
        switch below(7) {
        case 0: .bool(below(2) == 0)
        case 1: .integer(Int64(bitPattern: next()))
        case 2: .number(Double(below(1000)) / 7 - 50)
        case 3: .text(anyText())
        case 4: .list((0..<below(4)).map { _ in anyText() })
        case 5: .json((0..<below(4)).map { _ in anyText() })
        default: .digest(digest())
        }
    }

    private mutating func model(_ name: String, credentials: Int) -> Model {
        Model(
            name: name,
            parameters: parameters(),
            deployments: (0..<below(4)).map { _ in deployment(credentials) }
        )
    }

    private mutating func deployment(_ credentials: Int) -> Deployment {
        Deployment(
            id: below(2) == 0 ? .derived(next()) : .explicit(name()),
            provider: UInt16(truncatingIfNeeded: next()),
            upstreamModel: anyText(),
            apiBase: below(2) == 0 ? nil : anyText(),
            credential: credentials == 0 || below(2) == 0 ? nil : below(credentials),
            weight: UInt32(truncatingIfNeeded: next()),
            order: below(2) == 0 ? nil : Int16(below(65_535) - 32_768),
            parameters: parameters()
        )
    }
}
