package import RouteTable
internal import Cryptography

/// The candidates of a model group and how to choose among them.
package struct CandidateGroup: Sendable {
    package let policy: GroupPolicy
    package private(set) var candidates: [Candidate] = []
    /// What different tags candidates have; empty when tags do not matter.
    package private(set) var tagSets: [Set<String>] = []
    /// By place in `candidates`: the place of its tags in `tagSets`. Few differ, so each is matched
    /// once, not once a candidate.
    package private(set) var tagSetPlaces: [Int32] = []
    private var knownTagSets: [Set<String>: Int32] = [:]
    /// What deployments say of their cooldowns, by their index.
    package private(set) var cooldowns: [Int32: CooldownPolicy.Override] = [:]
    /// `num_retries` of deployments, by their index.
    package private(set) var retries: [Int32: Int] = [:]

    /// A group without candidates.
    package init(policy: GroupPolicy) {
        self.policy = policy
    }

    /// Adds a deployment with its endpoints.
    /// - Parameters:
    ///   - index: for `RouteTable.deployment(at:)`.
    ///   - slots: the places of its endpoints' states, with what stands for each across processes.
    package mutating func add(
        deployment index: Int,
        slots: [(slot: Int32, identity: UInt64)],
        table: RouteTable,
        values: ReferenceValues
    ) {
        let record = table.deployment(at: index)
        var candidate = Candidate(deployment: Int32(index), slot: 0)
        candidate.weight = Candidate.weight(thousandths: record.weight, among: slots.count)
        candidate.order = record.order ?? .max
        candidate.read(record.parameters, settings: table.settings, values: values)
        let own = record.parameters.list(.tags).flatMap { table.resolve($0, using: values) } ?? []
        for endpoint in slots {
            candidate.slot = endpoint.slot
            candidate.identity = endpoint.identity
            add(candidate, tags: Set(own))
        }
        if let override = CooldownPolicy.Override(record.parameters, table: table, values: values) {
            self.override(cooldown: override, of: Int32(index))
        }
        if let count = record.parameters.integer(.numRetries, using: values) {
            retries[Int32(index)] = count
        }
    }

    mutating func add(_ candidate: Candidate, tags own: Set<String> = []) {
        candidates.append(candidate)
        guard policy.filtersByTags else { return }
        let place = knownTagSets[own] ?? Int32(tagSets.count)
        if place == tagSets.count {
            tagSets.append(own)
            knownTagSets[own] = place
        }
        tagSetPlaces.append(place)
    }

    mutating func override(cooldown own: CooldownPolicy.Override, of deployment: Int32) {
        cooldowns[deployment] = own
    }

    /// What stands for an endpoint of a deployment in every process: for rendezvous hashing.
    package static func identity(deploymentID: String, endpoint: String) -> UInt64 {
        XXH3.hash64(deploymentID + "\n" + endpoint)
    }
}

extension Candidate {
    /// Limits and prices; 0 is no limit, as in Python.
    fileprivate mutating func read(
        _ parameters: Parameters,
        settings: Parameters,
        values: ReferenceValues
    ) {
        func positive(_ key: ParameterKey, _ parameters: Parameters) -> Int? {
            parameters.integer(key, using: values).flatMap { $0 > 0 ? $0 : nil }
        }
        if let most = positive(.parallelRequestsMax, parameters)
            ?? positive(.parallelRequestsMax, settings)
        {
            parallelMax = Int32(clamping: most)
        }
        requestsPerMinute = positive(.requestsPerMinute, parameters).map { Int64($0) } ?? .max
        tokensPerMinute = positive(.tokensPerMinute, parameters).map { Int64($0) } ?? .max
        inputTokensMax = positive(.maxInputTokens, parameters).map { Int64($0) } ?? .max
        let input = parameters.integer(.inputPrice, using: values)
        let output = parameters.integer(.outputPrice, using: values)
        let half = Candidate.unknownPrice / 2
        price = UInt64(max(0, input ?? Int(half))) + UInt64(max(0, output ?? Int(half)))
    }
}
