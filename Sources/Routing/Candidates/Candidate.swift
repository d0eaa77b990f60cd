/// One way to serve a request: a deployment at one of its endpoints. What the table says of it, laid
/// out for a pass over all of a group.
package struct Candidate: Hashable, Sendable {
    /// An index for `RouteTable.deployment(at:)`.
    package var deployment: Int32
    /// The place of its state in `RoutingState`.
    package var slot: Int32
    /// The share under `simple-shuffle`, in thousandths.
    package var weight: UInt32 = 1000
    /// Lower is tried first; `.max` is after all others.
    package var order: Int16 = .max
    /// The most requests in flight; `.max` for no limit.
    package var parallelMax: Int32 = .max
    /// Limits of a minute; `.max` for none.
    package var requestsPerMinute: Int64 = .max
    package var tokensPerMinute: Int64 = .max
    /// The model's context window for input, in tokens; `.max` when it is not known.
    package var inputTokensMax: Int64 = .max
    /// An input and an output token together, in pico-dollars.
    package var price: UInt64 = Candidate.unknownPrice
    /// Stands for deployment and endpoint across tables and processes: for hashing.
    package var identity: UInt64 = 0

    /// LiteLLM counts five dollars for each token of a model whose price it does not know (§5.2).
    package static let unknownPrice: UInt64 = 10_000_000_000_000

    /// A candidate without limits, of equal weight.
    package init(deployment: Int32, slot: Int32) {
        self.deployment = deployment
        self.slot = slot
    }
}
