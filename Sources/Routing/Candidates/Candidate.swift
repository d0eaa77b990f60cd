/// One way to serve a request: a deployment at one of its endpoints. What the table says of it,
/// laid out for a pass over all of a group.
package struct Candidate: Hashable, Sendable {
    /// An index for `RouteTable.deployment(at:)`.
    package var deployment: Int32
    /// The place of its state in `RoutingState`.
    package var slot: Int32
    /// The share under `simple-shuffle`, in the unit of `weight(thousandths:among:)`.
    package var weight = Candidate.weight(thousandths: 1000, among: 1)
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

    /// The share of one of a deployment's endpoints: they divide what the table says of the
    /// deployment.
    /// - Parameter thousandths: as the table has it.
    /// - Returns: in 256ths of a thousandth, so that many endpoints divide it evenly enough.
    package static func weight(thousandths: UInt32, among count: Int) -> UInt64 {
        thousandths == 0 ? 0 : max(1, UInt64(thousandths) << 8 / UInt64(max(1, count)))
    }

    /// A candidate without limits, of equal weight.
    package init(deployment: Int32, slot: Int32) {
        self.deployment = deployment
        self.slot = slot
    }
}
