package import JSON

/// The strategies by LiteLLM's names (LiteLLM §5.2), and two of our own.
package enum StrategyName: String, CaseIterable, Hashable, Sendable {
    case simpleShuffle = "simple-shuffle"
    case leastBusy = "least-busy"
    case usageBased = "usage-based-routing"
    case usageBasedV2 = "usage-based-routing-v2"
    case latencyBased = "latency-based-routing"
    case costBased = "cost-based-routing"
    case powerOfTwo = "power-of-two"
    case prefixAffinity = "prefix-affinity"

    /// Also by the names that documents use and LiteLLM does not take: the compiler replaces them,
    /// but a reference's value never went by it.
    package init?(spelling: String) {
        switch spelling {
        case "least-cost": self = .costBased
        case "latency-based": self = .latencyBased
        case "usage-based": self = .usageBased
        default: self.init(rawValue: spelling)
        }
    }

    /// Whether `rpm` and `tpm` are limits under it, not weights or nothing.
    package var limitsByMinute: Bool {
        switch self {
        case .usageBased, .usageBasedV2: true
        default: false
        }
    }

    /// The strategy with its arguments; what they leave out has its standard value.
    package func make(_ arguments: StrategyArguments) -> any SelectionStrategy {
        switch self {
        case .simpleShuffle: SimpleShuffle()
        case .leastBusy: LeastBusy()
        case .usageBased, .usageBasedV2: UsageBased()
        case .latencyBased:
            LatencyBased(buffer: arguments.latencyBuffer, ttlMS: arguments.latencyTTLMS)
        case .costBased: CostBased()
        case .powerOfTwo: PowerOfTwo()
        case .prefixAffinity: PrefixAffinity(loadFactor: arguments.loadFactor)
        }
    }
}

/// `routing_strategy_args` (LiteLLM §5.2).
package struct StrategyArguments: Hashable, Sendable {
    /// `lowest_latency_buffer`: a share of the lowest latency.
    package var latencyBuffer = 0.0
    /// `ttl`: how long a measured latency counts, in milliseconds.
    package var latencyTTLMS: UInt64 = 3_600_000
    /// `max_latency_list_size`: of how many the mean is taken.
    package var latencySamplesMax = 10
    /// `prefix_bytes`: how much of a prompt decides.
    package var prefixBytes = 512
    /// `load_factor`: how far above the mean load one candidate may be.
    package var loadFactor = 1.25

    /// The standard values.
    package init() {}

    /// Those of a JSON object; what is not of the kind wanted is left out, as the compiler has
    /// said.
    package init(_ json: JSONValue) {
        if let buffer = json["lowest_latency_buffer"]?.positive { latencyBuffer = buffer }
        if let ttl = json["ttl"]?.positive { latencyTTLMS = UInt64(min(ttl, 1e9) * 1000) }
        if let count = json["max_latency_list_size"]?.positive, count >= 1 {
            latencySamplesMax = Int(min(count, 100))
        }
        if let bytes = json["prefix_bytes"]?.positive, bytes >= 1 {
            prefixBytes = Int(min(bytes, 65_536))
        }
        if let factor = json["load_factor"]?.positive, factor >= 1 { loadFactor = min(factor, 10) }
    }
}

extension JSONValue {
    /// A number, also one written as text, that is not negative.
    fileprivate var positive: Double? {
        switch self {
        case .integer(let value): value >= 0 ? Double(value) : nil
        case .number(let value): value >= 0 ? value : nil
        case .string(let text): Double(text).flatMap { $0 >= 0 && $0.isFinite ? $0 : nil }
        default: nil
        }
    }
}
