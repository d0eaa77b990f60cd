internal import POSIX
internal import RouteConfig
internal import RouteTable

/// One value of a parameter set under the name that the configuration has for it; of what holds
/// several, each by itself.
struct SettingField {
    let key: ParameterKey
    /// What identifies it on both sides; never shown.
    let path: String
    /// The value as it is; never shown.
    let raw: String
    /// Its name and value as they may be printed.
    let name: String
    let shown: String
    /// Whether it is a list, and its elements.
    let elements: [String]?
    /// Of a limit or date; nil for what is no number, such as a reference.
    let number: Double?

    /// The fields of a set, in the order of its keys.
    ///
    /// - Parameters:
    ///   - masked: The same set with its secrets masked.
    ///   - sections: Where the configuration has such keys, the likeliest first.
    static func fields(
        _ set: ParameterSet,
        masked: ParameterSet,
        in sections: [KnownKey.Section]
    ) -> [SettingField] {
        set.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { key, value in
            let (name, form) = naming(key, sections)
            let raw = ParameterYAML(revealsSecrets: true).value(value, form)
            let shown = (masked[key] ?? value)
            let masked = ParameterYAML(revealsSecrets: false).value(shown, form)
            guard let raw, let masked else {
                // A digest: that it is another one is all that may be said.
                return [
                    SettingField(
                        key: key,
                        path: "\(name)\u{0}1",
                        raw: "\(value)",
                        name: name,
                        shown: "***",
                        elements: nil,
                        number: nil
                    )
                ]
            }
            var stored: String?
            // Two large numbers may be one in the configuration's unit.
            if case .integer(let number) = value { stored = String(number) }
            var seen: [String: Int] = [:]
            return zip(raw.leaves(name), masked.leaves(name)).map { raw, masked in
                // JSON may have a name twice.
                seen[raw.path, default: 0] += 1
                return SettingField(
                    key: key,
                    path: "\(raw.path)\u{0}\(seen[raw.path] ?? 0)",
                    raw: stored ?? raw.value.inline,
                    name: masked.path,
                    shown: key == .keyExpiry ? masked.value.date : masked.value.inline,
                    elements: raw.value.elements,
                    number: raw.value.number
                )
            }
        }
    }

    /// The configuration's name of a parameter, and how it writes the value.
    private static func naming(
        _ key: ParameterKey,
        _ sections: [KnownKey.Section]
    ) -> (name: String, form: KnownKey.Form) {
        for section in sections {
            if let known = KnownKey.parameters(of: section).first(where: { $0.key == key }) {
                return (known.name, known.form)
            }
        }
        return (handled[key] ?? "\(key)", .json)
    }

    /// Keys that are decoded by code of their own.
    private static let handled: [ParameterKey: String] = [
        .mockResponse: "mock_response", .modelInfo: "model_info", .otherPrices: "prices",
        .defaultParameters: "request defaults", .organization: "organization",
        .credentialInfo: "credential_info", .apiKey: "hash", .strategy: "routing_strategy",
        .strategyArguments: "routing_strategy_args", .masterKey: "master_key",
        .masterKeyDigest: "master_key", .callbacks: "callbacks", .redis: "redis",
        .optionalPreCallChecks: "optional_pre_call_checks", .sidegateLimits: "limits",
        .retryPolicy: "retry_policy", .teams: "teams", .users: "users",
        .mediaHosts: "media_hosts", .privateMediaHosts: "private_media_hosts",
        .keyModels: "models", .keyExpiry: "expires", .requestsPerMinute: "rpm",
        .tokensPerMinute: "tpm", .parallelRequestsMax: "max_parallel_requests",
        .keyModelRequestsPerMinute: "model_rpm_limit", .keyModelTokensPerMinute: "model_tpm_limit",
        .forwardHeadersModels: "forward_client_headers_to_llm_api of models",
        .enforceModelRateLimits: "enforce_model_rate_limits",
    ]
}

extension YAMLTree {
    /// The values that are no mappings, each under its path; an empty mapping is one too.
    fileprivate func leaves(_ path: String) -> [(path: String, value: YAMLTree)] {
        guard case .mapping(let members) = self, !members.isEmpty else { return [(path, self)] }
        return members.flatMap { $0.1.leaves(path + "." + $0.0) }
    }

    fileprivate var elements: [String]? {
        if case .list(let items) = self { items.map(\.inline) } else { nil }
    }

    /// Seconds since 1970 as a date with its time.
    fileprivate var date: String {
        guard case .plain(let text) = self, let seconds = UInt64(text) else { return inline }
        let time = UTCTime(secondsSince1970: seconds)
        func two(_ number: UInt64) -> String { (number < 10 ? "0" : "") + String(number) }
        return "\(time.year)-\(two(time.month))-\(two(time.day))T\(two(time.hour)):"
            + "\(two(time.minute)):\(two(time.second))Z"
    }

    fileprivate var number: Double? {
        if case .plain(let text) = self { Double(text) } else { nil }
    }
}
