import RouteConfig
import RouteTable

/// Random configurations in which any known parameter may stand, as YAML in flow style.
struct RandomConfig {
    private var random: any RandomNumberGenerator

    init(_ random: any RandomNumberGenerator) {
        self.random = random
    }

    mutating func text() -> String {
        var sections = [
            "model_list: [" + list(1...6) { $0.deployment() } + "]",
            "credential_list: [" + named("cred", 0...3) { $0.credential($1) } + "]",
            "environment_variables: " + mapping(["A", "B_KEY", "C-D"]) { $0.scalarText() },
        ]
        sections.append("litellm_settings: {" + litellmSettings() + "}")
        sections.append("router_settings: {" + routerSettings() + "}")
        sections.append("general_settings: {" + generalSettings() + "}")
        sections.append("sidegate: {" + sidegate() + "}")
        return sections.joined(separator: "\n") + "\n"
    }

    // MARK: Chance

    private mutating func chance(_ percent: Int) -> Bool { int(0...99) < percent }
    private mutating func int(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }
    private mutating func one(_ texts: [String]) -> String { texts[int(0...texts.count - 1)] }

    private mutating func list(
        _ count: ClosedRange<Int>,
        _ item: (inout RandomConfig) -> String
    ) -> String {
        (0..<int(count)).map { _ in item(&self) }.joined(separator: ", ")
    }

    private mutating func named(
        _ name: String,
        _ count: ClosedRange<Int>,
        _ item: (inout RandomConfig, String) -> String
    ) -> String {
        (0..<int(count)).map { item(&self, name + String($0)) }.joined(separator: ", ")
    }

    /// Some of these members.
    private mutating func mapping(
        _ names: [String],
        _ value: (inout RandomConfig) -> String
    ) -> String {
        "{"
            + names.filter { _ in chance(50) }.map { Self.quoted($0) + ": " + value(&self) }
            .joined(separator: ", ") + "}"
    }

    // MARK: Values

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if ("\u{20}"..."\u{7E}").contains(scalar), scalar != "\"", scalar != "\\" {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return result + "\""
    }

    private static let texts = [
        "x", "a b", "yes", "1.5", "1e5", "0x1f", "2024-01-31", "~", "null", "ünïcode", "日本語",
        "a: b # c", "- d", "\"q\" 'r'", "back\\slash", "two\nlines", "tab\t", " around ", "{}", "[",
        "*anchor", "!tag", "%", "@", "\u{2028}", "\u{85}", "\u{FEFF}", "\u{1F600}", "<<", "=", ".",
        "os.environ/TEXT", "file:/run/text", "gpt-4o", "a/b.c-d_e", "", "\u{7F}", "12:30:45", "0o7",
    ]

    private mutating func scalarText() -> String { Self.quoted(one(Self.texts)) }
    private mutating func number() -> String {
        one(["1", "7", "100", "2.5", "0.25", "1.0e-06", "3.0e+20", "12345.678", "0", "\"9\""])
    }

    /// Any JSON value.
    private mutating func json(_ depth: Int = 0) -> String {
        switch int(0...(depth > 2 ? 3 : 5)) {
        case 0: scalarText()
        case 1: number()
        case 2: one(["true", "false", "null", "-0.0", "123456789012345678901234567890"])
        case 3: Self.quoted("os.environ/JSON")
        case 4: "[" + list(0...3) { $0.json(depth + 1) } + "]"
        default: mapping(["a", "api_key", "yes", "x y", "ü"]) { $0.json(depth + 1) }
        }
    }

    private mutating func value(_ form: KnownKey.Form, _ name: String) -> String {
        let isPlain = chance(85)
        switch form {
        case .bool:
            return isPlain ? one(["true", "false", "yes", "\"off\"", "1"]) : "os.environ/BOOL"
        case .integer: return isPlain ? String(int(1...90)) : "os.environ/NUMBER"
        case .seconds, .dollars, .mebibytes:
            return isPlain
                ? one(["1", "2.5", "0.001", "1.5e-06", "3.0e-07", "86399.999", "0.3", "\"7\""])
                : "os.environ/NUMBER"
        case .text: return scalarText()
        case .word(let words): return one(words + ["os.environ/WORD"])
        case .secret, .token:
            return Self.quoted(
                one(["os.environ/SECRET", "file:/s", "dummy", "sk-0123456789abcdef", "/run/token"])
            )
        case .list: return "[" + list(0...3) { $0.scalarText() } + "]"
        case .pairs: return mapping(["X-One", "authorization", "x y"]) { $0.scalarText() }
        case .counts:
            let kind = name.hasSuffix("retry_policy") ? "Retries" : "AllowedFails"
            return mapping(["TimeoutError" + kind, "RateLimitError" + kind]) {
                String($0.int(0...9))
            }
        case .json: return json()
        case .members: return mapping(["seed", "top_k", "nested", "api_key"]) { $0.json() }
        }
    }

    /// Some of the parameters of a section, with values that are as they should be.
    private mutating func parameters(_ section: KnownKey.Section, percent: Int = 25) -> [String] {
        var members: [String] = []
        for known in KnownKey.all where known.section == section {
            guard case .parameter(_, let form) = known.fate, chance(percent) else { continue }
            switch known.name {
            case "cache_params", "caching_groups", "headers": continue
            case "coordination_redis":
                let server = mapping(["host", "password"]) { $0.json(9) }
                members.append("coordination_redis: " + server)
            case "type": members.append("type: " + one(["redis", "local"]))
            default: members.append(known.name + ": " + value(form, known.name))
            }
        }
        return members
    }

    // MARK: Sections

    private mutating func deployment() -> String {
        let models = [
            "openai/gpt-4o", "azure/eu", "hosted_vllm/meta/llama", "bedrock/anthropic.claude-3",
            "gpt-4o", "openai/*", "os.environ/MODEL", "mistral/x", "mock/hello", "openai/openai/x",
        ]
        var params = ["model: " + Self.quoted(one(models))]
        if chance(10) { params[0] = "model: \"nowhere/x\", mock_response: " + scalarText() }
        if chance(10) { params.append("custom_llm_provider: " + one(["openai", "hosted_vllm"])) }
        if chance(50) {
            let base = one(["http://vllm:8000/v1", "os.environ/BASE", "https://x.test/a?b=c"])
            params.append("api_base: " + Self.quoted(base))
        }
        if chance(30) { params.append("litellm_credential_name: cred" + String(int(0...2))) }
        if chance(30) { params.append("weight: " + one(["1", "0.5", "3", "0", "\"2\""])) }
        if chance(20) { params.append("order: " + String(int(-2...2))) }
        if chance(20) { params.append("organization: org-1") }
        if chance(20) { params.append("seed: " + number() + ", custom: " + json()) }
        if chance(20) { params.append("output_cost_per_image: " + number()) }
        params += parameters(.litellmParams, percent: 12)
        var info = parameters(.modelInfo, percent: 12)
        if chance(30) { info.append("id: " + one(["blue", "0123456789abcdef", "\"12\"", "a b"])) }
        if chance(30) { info.append("note: " + json()) }
        let limits = chance(20) ? ", rpm: " + String(int(1...9)) : ""
        let name = Self.quoted(one(["a", "b", "openai/*", "c d", "ü", "yes"]))
        return "{model_name: \(name)\(limits), litellm_params: {"
            + params.joined(separator: ", ") + "}, model_info: {"
            + info.joined(separator: ", ") + "}}"
    }

    private mutating func credential(_ name: String) -> String {
        let values = KnownKey.all.compactMap { known -> String? in
            guard known.section == .litellmParams, case .parameter(let key, let form) = known.fate,
                (100..<200).contains(key.rawValue), chance(30)
            else { return nil }
            return known.name + ": " + value(form, known.name)
        }
        let base = chance(30) ? ["api_base: os.environ/CREDENTIAL_BASE"] : []
        let info = chance(30) ? ", credential_info: {note: " + json() + "}" : ""
        return "{credential_name: \(name), credential_values: {"
            + (values + base).joined(separator: ", ") + "}\(info)}"
    }

    private mutating func litellmSettings() -> String {
        var members = parameters(.litellmSettings)
        if chance(40) {
            let cache = parameters(.cacheParams) + ["port: 6379", "extra: " + json()]
            members.append("cache_params: {" + cache.joined(separator: ", ") + "}")
        }
        if chance(30) { members.append("callbacks: [prometheus, \"x y\"]") }
        if chance(30) {
            members.append("model_group_settings: {forward_client_headers_to_llm_api: [a, b]}")
        }
        if chance(30) { members.append("default_fallbacks: [a, b]") }
        return members.joined(separator: ", ")
    }

    private mutating func routerSettings() -> String {
        var members = parameters(.routerSettings)
        members.append(
            one([
                "routing_strategy: os.environ/STRATEGY", "fallbacks: [{a: [b]}, {\"*\": [c d]}]",
                "routing_strategy: latency-based-routing, routing_strategy_args: {ttl: 60}",
                "context_window_fallbacks: [{a: [b, a]}], content_policy_fallbacks: [{b: [a]}]",
            ])
        )
        if chance(40) {
            members.append(
                "model_group_alias: {old: a, hid: {model: b, hidden: true}, two: [a, b]}"
            )
        }
        if chance(30) {
            members.append("model_group_retry_policy: {a: {TimeoutErrorRetries: 2}}")
        }
        if chance(40) {
            members.append(
                "routing_groups: [{group_name: g, models: [a, ü], routing_strategy: "
                    + one(["simple-shuffle", "os.environ/S", "power-of-two"])
                    + "}, {group_name: p, models: [a, b], routing_strategy: priority, "
                    + "model_priorities: {a: 2, b: 1}}]"
            )
        }
        if chance(40) {
            members.append(
                one([
                    "redis_host: h, redis_port: 1, redis_password: os.environ/P",
                    "redis_url: os.environ/U, cache_kwargs: {ssl: true, db: 2}, redis_db: 1",
                ])
            )
        }
        if chance(20) { members.append("caching_groups: [[a, b], [\"yes\"]]") }
        if chance(20) { members.append("optional_pre_call_checks: [enforce_model_rate_limits]") }
        if chance(20) { members.append("default_litellm_params: {seed: " + json() + "}") }
        return members.joined(separator: ", ")
    }

    private mutating func generalSettings() -> String {
        var members = parameters(.generalSettings)
        let keys = ["os.environ/MASTER", "sk-0123456789abcdef0", "file:/run/master"]
        if chance(50) { members.append("master_key: " + one(keys)) }
        return members.joined(separator: ", ")
    }

    private mutating func sidegate() -> String {
        var members = parameters(.sidegate)
        members.append("rate_limits: {" + parameters(.rateLimits).joined(separator: ", ") + "}")
        members.append("cache: {" + parameters(.sidegateCache).joined(separator: ", ") + "}")
        members.append("limits: {connections: 5, queued_requests: 0}")
        if chance(50) {
            members.append("users: {ada: {rpm: 5, tpm: os.environ/T}, \"b c\": {tpm: 1}}")
        }
        if chance(50) { members.append("teams: {t: {max_parallel_requests: 3}}") }
        if chance(50) { members.append("media_hosts: [a.test, \"*.b.test\"]") }
        if chance(30) { members.append("private_media_hosts: [\"http://f.svc:80\"]") }
        members.append("keys: [" + named("k", 0...4) { $0.key($1) } + "]")
        return members.joined(separator: ", ")
    }

    private mutating func key(_ name: String) -> String {
        let hash = String(repeating: name == "k0" ? "1" : "ab", count: name == "k0" ? 64 : 32)
        var members = [
            one(["hash: os.environ/HASH_" + name, "key: sk-literal-" + name, "hash: '\(hash)'"])
        ]
        members += parameters(.virtualKey)
        if chance(40) { members.append("models: [a, \"openai/*\", os.environ/M]") }
        if chance(40) { members.append("expires: " + one(["2027-01-31", "1900000000"])) }
        if chance(40) { members.append("rpm: " + one(["5", "os.environ/RPM"])) }
        if chance(40) { members.append("model_rpm_limit: {a: 3, \"b c\": os.environ/RPM}") }
        if chance(40) { members.append("model_tpm_limit: {a: 30}") }
        return "{" + members.joined(separator: ", ") + "}"
    }
}
