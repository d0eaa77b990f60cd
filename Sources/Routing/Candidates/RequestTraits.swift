/// What of a request decides where it may go.
package struct RequestTraits: Sendable {
    package var isStream = false
    /// An estimate; 0 when it was not asked for.
    package var inputTokens: Int64 = 0
    /// A hash of the prompt's beginning; nil when it was not asked for.
    package var prefixHash: UInt64?
    /// Nil when tags do not matter.
    package var tags: RequestTags?
    /// Slots that failed in this request.
    package var triedSlots: [Int32] = []
    /// Deployments that refused in a way that another try does not change.
    package var refusedDeployments: [Int32] = []
    /// The only deployment, when the request named one by its id.
    package var pinnedDeployment: Int32?

    /// A request without wishes.
    package init() {}

    /// Whether it may go wherever any other may.
    package var isPlain: Bool {
        tags == nil && triedSlots.isEmpty && refusedDeployments.isEmpty && pinnedDeployment == nil
    }

    func hasTried(_ candidate: Candidate) -> Bool {
        !triedSlots.isEmpty && triedSlots.contains(candidate.slot)
    }

    func wasRefused(by candidate: Candidate) -> Bool {
        !refusedDeployments.isEmpty && refusedDeployments.contains(candidate.deployment)
    }
}
