/// A strategy that a configuration may name, and what may be said to it in
/// `routing_strategy_args`.
struct KnownStrategy: Sendable {
    /// One member of `routing_strategy_args`.
    struct Argument: Sendable {
        let name: String
        /// What its value has to be, for people.
        let wanted: String
        let isAllowed: @Sendable (Double) -> Bool

        init(_ name: String, _ wanted: String, _ isAllowed: @escaping @Sendable (Double) -> Bool) {
            self.name = name
            self.wanted = wanted
            self.isAllowed = isAllowed
        }

        /// A whole number in a range.
        init(_ name: String, whole range: ClosedRange<Double>) {
            let (low, high) = (Int(range.lowerBound), Int(range.upperBound))
            self.init(name, "a whole number from \(low) to \(high)") {
                range.contains($0) && $0 == $0.rounded()
            }
        }
    }

    let name: String
    var arguments: [Argument] = []

    /// LiteLLM's strategies (LiteLLM §5.2), then those that only Sidegate has.
    static let all: [KnownStrategy] = [
        KnownStrategy(name: shuffle), KnownStrategy(name: "least-busy"),
        KnownStrategy(name: "usage-based-routing"), KnownStrategy(name: "usage-based-routing-v2"),
        KnownStrategy(
            name: "latency-based-routing",
            arguments: [
                Argument("lowest_latency_buffer", "a number, 0 or more") { $0 >= 0 },
                Argument("ttl", "a number of seconds above 0") { $0 > 0 },
                Argument("max_latency_list_size", whole: 1...100),
            ]
        ),
        KnownStrategy(name: "cost-based-routing"), KnownStrategy(name: "power-of-two"),
        KnownStrategy(
            name: "prefix-affinity",
            arguments: [
                Argument("prefix_bytes", whole: 16...65_536),
                Argument("load_factor", "a number from 1 to 10") { (1...10).contains($0) },
            ]
        ),
    ]

    /// LiteLLM's default.
    static let shuffle = "simple-shuffle"

    /// Names that documents use and LiteLLM refuses (LiteLLM §1.12).
    static let renamed = [
        "least-cost": "cost-based-routing", "latency-based": "latency-based-routing",
        "usage-based": "usage-based-routing",
    ]

    /// LiteLLM's strategies that are not offered, and how the one used instead differs.
    static let replaced = [
        "provider-budget-routing": "simple-shuffle is used, without budgets",
        "lar1": "simple-shuffle is used",
    ]

    /// LiteLLM's arguments that change nothing here, by the strategy they are for.
    private static let inert: [String: [String: String]] = [
        "latency-based-routing": ["ttft_percentile": "the mean of the first-byte times counts"],
        "usage-based-routing": usage, "usage-based-routing-v2": usage,
    ]
    private static let usage = [
        "ttl": "use is counted by the minute", "rpm": "limits stand at the deployments",
        "tpm": "limits stand at the deployments",
    ]

    /// The strategy of this name.
    static func named(_ name: String) -> KnownStrategy? { all.first { $0.name == name } }

    /// The argument of this name.
    func argument(_ name: String) -> Argument? { arguments.first { $0.name == name } }

    /// Why an argument of LiteLLM's, or of another strategy, changes nothing under this one; nil
    /// when it is nobody's.
    func reasonWithoutEffect(_ argument: String) -> String? {
        if let reason = Self.inert[name]?[argument] { return reason }
        if let other = Self.all.first(where: { $0.argument(argument) != nil }) {
            return "it belongs to \(other.name)"
        }
        let other = Self.inert.first { $0.value[argument] != nil }
        return other.map { "it belongs to \($0.key)" }
    }
}
