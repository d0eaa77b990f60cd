internal import RouteTable

/// What a table says of background health checks (LiteLLM §1.9, §5.10).
struct HealthSettings: Hashable, Sendable {
    /// `background_health_checks`.
    var isEnabled = false
    /// `health_check_interval`, in milliseconds.
    var intervalMS: UInt64 = 300_000
    /// How long a result is believed, in milliseconds: two intervals.
    var stalenessMS: UInt64 = 600_000
    /// How many endpoints are asked at once.
    var concurrency = 8

    /// For how long what was found will do, in milliseconds: the shortest pause between two rounds.
    var freshMS: UInt64 { intervalMS - intervalMS / 20 }

    init(_ settings: Parameters, values: ReferenceValues) {
        func positive(_ key: ParameterKey) -> UInt64? {
            settings.integer(key, using: values).flatMap { $0 > 0 ? UInt64($0) : nil }
        }
        isEnabled = settings.bool(.backgroundHealthChecks, using: values) == true
        if let interval = positive(.healthCheckIntervalMS) { intervalMS = interval }
        stalenessMS = positive(.healthCheckStalenessMS) ?? intervalMS * 2
        if let count = positive(.healthCheckConcurrency) { concurrency = Int(min(count, 256)) }
    }
}
