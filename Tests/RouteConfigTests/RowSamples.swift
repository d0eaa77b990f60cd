import RouteConfig

/// Values for the rows of the table of known keys, as flow YAML.
struct RowSamples {
    /// Values that the row takes.
    let right: [String]
    /// Values that it does not take; empty where it takes anything.
    let wrong: [String]

    private init(_ right: [String], not wrong: [String] = []) {
        self.right = right
        self.wrong = wrong
    }

    private static let reference = "os.environ/NAME"
    private static let file = "file:/run/secrets/name"
    private static let digest = String(repeating: "ab", count: 32)

    private func without(_ value: String) -> RowSamples {
        RowSamples(right.filter { $0 != value }, not: wrong + [value])
    }

    /// Samples of a row: by its name where it wants certain words, else by its shape.
    static func of(_ key: KnownKey) -> RowSamples {
        if let words = words[key.name] {
            return RowSamples(words, not: key.name == "model_group_settings" ? ["5"] : ["{a: 1}"])
        }
        switch key.shape {
        case .form(let form): return of(form, key.name)
        case .any: return RowSamples([reference, "5"])
        case .flag: return of(.bool, key.name).without(reference)
        case .name: return RowSamples(["openai/x"], not: ["5", "[a]"])
        case .string: return RowSamples([reference, "sk-a-long-random-value"], not: ["[a]"])
        case .baseURL: return RowSamples(["http://vllm:8000/v1", reference], not: ["[a]"])
        case .number: return RowSamples(["0.5", "2", "\"2\""], not: ["many", "-1", "[1]"])
        case .order: return RowSamples(["1", "-1", "\"2\""], not: ["first", "1.5", "40000"])
        case .limit: return RowSamples(["5", "\"5\"", reference], not: ["0", "many", "[5]"])
        case .range(let range):
            return RowSamples(
                ["\(range.lowerBound)", "\(min(range.upperBound, 500))"],
                not: ["\(range.lowerBound - 1)", "\"5\"", "many"]
            )
        case .limitsByModel:
            return RowSamples(["{m: 5}", "{m: \(reference)}"], not: ["5", "{m: 0}"])
        case .strategy: return RowSamples(["least-busy", reference], not: ["round-robin"])
        case .date: return RowSamples(["2027-01-31", "1800000000"], not: ["soon", "[1]"])
        case .digest: return RowSamples([digest], not: ["abc", "[a]"])
        case .key: return RowSamples([digest, reference], not: ["[a]", "\"\""])
        default: return structure(key.shape)
        }
    }

    private static func structure(_ shape: KnownKey.Shape) -> RowSamples {
        switch shape {
        case .arguments: RowSamples(["{ttl: 5}", "{ttl: \(reference)}"], not: ["5", "{ttl: 0}"])
        case .fallbacks:
            RowSamples(["[{a: [b]}]", "[{a: b}]"], not: ["[a]", "[{a: [b], b: [a]}]"])
        case .policies: RowSamples(["{m: {TimeoutErrorRetries: 2}}"], not: ["5"])
        case .aliases:
            RowSamples(["{a: b}", "{a: [b, c]}", "{a: {model: b, hidden: true}}"], not: ["5"])
        case .models: RowSamples(["[m]"], not: ["m", "[{a: 1}]"])
        case .priorities: RowSamples(["{m: 1}"], not: ["{m: 0}", "{m: x}"])
        case .groups: RowSamples(["[[a, b]]"], not: ["5"])
        case .names: RowSamples(["[a]", "a"], not: ["{a: 1}"])
        case .hosts: RowSamples(["[images.example.com]", "\"*.example.com\""], not: ["[a/b]"])
        case .paths: RowSamples(["[other.yaml]", "other.yaml"], not: ["{a: 1}"])
        case .mapping: RowSamples(["{temperature: 1}"], not: ["5"])
        case .variables: RowSamples(["{A: b}", "{A: \(reference)}"], not: ["5", "[a]"])
        case .section(let section, _): RowSamples([example(of: section)], not: ["5", "[a]"])
        case .sections(let section): RowSamples(["[\(example(of: section))]"], not: ["5", "[a]"])
        case .named(let section): RowSamples(["{a: \(example(of: section))}"], not: ["5", "[a]"])
        default: RowSamples([])
        }
    }

    private static func of(_ form: KnownKey.Form, _ name: String) -> RowSamples {
        switch form {
        case .bool:
            RowSamples(["true", "no", "\"Off\"", "1", "\"0\"", reference], not: ["maybe", "2"])
        case .integer:
            RowSamples(["5", "\"5\"", "5.0", reference, file], not: ["many", "-1", "1.5", "[5]"])
        case .seconds, .dollars, .mebibytes:
            RowSamples(["5", "1.5", "\"1.5\"", reference, file], not: ["many", "-1", "{a: 1}"])
        case .text: RowSamples(["abc", "5", "\"2024-10-21\"", reference], not: ["[a]", "{a: 1}"])
        case .word(let words): RowSamples(words + [reference], not: ["odd", "[a]"])
        case .secret: RowSamples([reference, file, "dummy"], not: ["[a]", "{a: 1}"])
        case .token: RowSamples([reference, "/var/run/token", "oidc/x"], not: ["[a]"])
        case .list: RowSamples(["[a, b]", "a", "[\(reference)]"], not: ["{a: 1}", "[[a]]"])
        case .pairs: RowSamples(["{a: b, c: \(reference)}"], not: ["5", "[a]", "{a: [b]}"])
        case .counts:
            name.hasSuffix("retry_policy")
                ? RowSamples(["{TimeoutErrorRetries: 3}"], not: ["5", "{TimeoutErrorRetries: x}"])
                : RowSamples(
                    ["{TimeoutErrorAllowedFails: \"3\"}"],
                    not: ["5", "{TimeoutErrorAllowedFails: -1}"]
                )
        case .json: RowSamples(["{a: [1, b]}", "5"])
        case .members: RowSamples(["{a: [1, b]}"], not: ["5", "[a]"])
        }
    }

    /// Rows whose texts are names of certain things.
    private static let words = [
        "type": ["redis", "local"], "supported_call_types": ["[acompletion]", "embedding"],
        "callbacks": ["[prometheus]", "prometheus"], "success_callback": ["[prometheus]"],
        "failure_callback": ["[prometheus]"], "service_callback": ["[prometheus]"],
        "service_callbacks": ["[prometheus_system]"],
        "optional_pre_call_checks": ["[enforce_model_rate_limits]"],
        "model_group_settings": ["{forward_client_headers_to_llm_api: [m]}"],
    ]

    /// A mapping with what a section must have.
    private static func example(of section: KnownKey.Section) -> String {
        switch section {
        case .modelEntry: "{model_name: m, litellm_params: {model: openai/x}}"
        case .litellmParams: "{model: openai/x}"
        case .credential: "{credential_name: c}"
        case .routingGroup: "{group_name: g, models: [m], routing_strategy: least-busy}"
        case .virtualKey: "{hash: \(digest)}"
        case .sharedLimits: "{rpm: 5}"
        default: "{}"
        }
    }
}
