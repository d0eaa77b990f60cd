internal import ProviderData
internal import RouteTable
internal import Routing

/// Works out what becomes of a request in one model group.
struct GroupExplainer {
    let table: RouteTable
    let query: ExplainQuery
    let values: ReferenceValues
    let mask: TableMask
    let now: Moment
    let resolved: ResolvedGroup
    let tags: [String]
    /// All that may be chosen from, and the deployments of each.
    private(set) var group: CandidateGroup
    private(set) var routing: RoutingState
    /// By slot.
    private(set) var endpoints: [Int32: String] = [:]
    private(set) var outlooks: [Int: DeploymentOutlook] = [:]

    /// More are counted, not listed.
    static let listedMax = 50

    init(_ explainer: Explainer, _ resolved: ResolvedGroup) {
        table = explainer.table
        query = explainer.query
        values = explainer.values
        mask = explainer.mask
        now = explainer.now
        tags = explainer.tags
        routing = explainer.routing
        self.resolved = resolved
        let policy = GroupPolicy(table: table, model: resolved.model, values: values)
        group = CandidateGroup(policy: policy)
        for index in resolved.deployments(in: table) { add(index) }
    }

    private mutating func add(_ index: Int) {
        let outlook = DeploymentOutlook(table.deployment(at: index), table: table)
        outlooks[index] = outlook
        if outlook.refusal != nil { return }
        let id = table.deploymentID(at: index)
        let known = (query.state?.endpoints ?? []).filter { $0.deployment == id }.map(\.endpoint)
        var slots: [(slot: Int32, identity: UInt64)] = []
        for endpoint in known.isEmpty ? [""] : known {
            let key = RoutingState.EndpointKey(deploymentID: id, endpoint: endpoint)
            let slot = routing.hold(key, isNew: false, at: now)
            endpoints[slot] = endpoint
            slots.append((slot, CandidateGroup.identity(deploymentID: id, endpoint: endpoint)))
        }
        group.add(deployment: index, slots: slots, table: table, values: values)
    }

    func explanation(_ worstCase: WorstCase) throws(ExplainError) -> Explanation.Group {
        let policy = group.policy
        var explained = Explanation.Group(
            model: mask.name(table.string(table.model(at: resolved.model).name)),
            strategy: policy.strategyName,
            arguments: arguments(policy),
            retries: retries(policy),
            times: times(),
            cooldown: cooldown(policy),
            worstCase: worstCase
        )
        let request = try request(policy)
        let order = CandidateOrder(group, routing, request, now, listedMax: Self.listedMax)
        let shares = shares(request)
        explained.candidates = order.places.map { candidate($0, share: shares[$0]) }
        explained.unlistedCount = order.unlistedCount
        for index in resolved.deployments(in: table) {
            guard let refusal = outlooks[index]?.refusal else { continue }
            explained.leftOut.append(
                Explanation.LeftOut(deployment: shownID(index), endpoint: "", reason: refusal)
            )
        }
        explained.leftOut += order.exclusions.map { place, exclusion in
            let candidate = group.candidates[place]
            return Explanation.LeftOut(
                deployment: shownID(Int(candidate.deployment)),
                endpoint: endpoints[candidate.slot] ?? "",
                reason: reason(exclusion, candidate)
            )
        }
        if order.places.isEmpty { explained.outcome = outcome(request) }
        return explained
    }

    func shownID(_ deployment: Int) -> String { mask.name(table.deploymentID(at: deployment)) }

    // MARK: The request

    private func request(_ policy: GroupPolicy) throws(ExplainError) -> RequestTraits {
        var request = RequestTraits()
        request.isStream = query.isStream
        request.inputTokens = policy.needsInputTokens ? query.inputTokens : 0
        if policy.filtersByTags { request.tags = RequestTags(tags) }
        request.pinnedDeployment = resolved.pinnedDeployment.map { Int32($0) }
        guard policy.needsPrefix, let prompt = query.prompt else { return request }
        do {
            request.prefixHash = try PromptHash.hash(
                body: prompt,
                bytesMax: policy.arguments.prefixBytes
            )
        } catch {
            throw .promptNotJSON(error)
        }
        return request
    }

    // MARK: Chance

    /// Of many requests like this one, the share that goes to each candidate first.
    private func shares(_ request: RequestTraits) -> [Double] {
        let count = group.candidates.count
        var counts = [Int](repeating: 0, count: count)
        if count == 0 { return [] }
        // The work is the same for each candidate of a draw.
        let draws = max(1_000, min(20_000, 2_000_000 / count))
        var filter = CandidateFilter()
        var generator = FastGenerator(seed: CandidateOrder.seed)
        var request = request
        let anyPrompt = group.policy.needsPrefix && request.prefixHash == nil
        for _ in 0..<draws {
            // Without a prompt, all prompts there are.
            if anyPrompt { request.prefixHash = generator.next() }
            let place = routing.pick(group, request, at: now, filter: &filter, using: &generator)
            if let place { counts[place] += 1 }
        }
        return counts.map { Double($0) / Double(draws) }
    }

    // MARK: Nothing

    /// What a request gets that finds no candidate.
    private func outcome(_ request: RequestTraits) -> String {
        var routing = routing
        var filter = CandidateFilter()
        var generator = FastGenerator(seed: CandidateOrder.seed)
        let selection = routing.choose(
            group,
            request,
            at: now,
            filter: &filter,
            using: &generator
        )
        switch selection {
        case .chosen: return ""
        case .wait(.room): return "all are full: the request waits for room"
        case .wait(.cooldown(let ends)):
            let left =
                ends == .max ? "a trial to end" : Shown.seconds(now.milliseconds(until: ends))
            return "all cool: fallbacks are next; without any, the request waits for \(left)"
        case .nothing(.tags): return "no tag matches: 401"
        case .nothing(.contextWindow): return "the prompt is too long for all: 400"
        case .nothing(.minuteLimit): return "the limits of this minute are spent: 429"
        case .nothing(.empty), .nothing(.refused): return "no deployment can be used"
        }
    }
}

/// The order in which the candidates of a group would be tried, each one failing.
struct CandidateOrder {
    /// Places in the group.
    private(set) var places: [Int] = []
    /// Places of those that are never tried, and why.
    private(set) var exclusions: [(Int, Exclusion)] = []
    /// How many would be tried after those in `places`.
    private(set) var unlistedCount = 0

    /// Chance, the same each time.
    static let seed: UInt64 = 1

    init(
        _ group: CandidateGroup,
        _ routing: RoutingState,
        _ request: RequestTraits,
        _ now: Moment,
        listedMax: Int
    ) {
        var request = request
        var filter = CandidateFilter()
        var generator = FastGenerator(seed: Self.seed)
        filter.run(
            group,
            states: routing.endpoints.span,
            request: request,
            now: now,
            using: &generator
        )
        let first = filter.exclusions
        var isTried = Set<Int>()
        while places.count < listedMax,
            let place = routing.pick(
                group,
                request,
                at: now,
                filter: &filter,
                using: &generator
            ), isTried.insert(place).inserted
        {
            places.append(place)
            request.triedSlots.append(group.candidates[place].slot)
        }
        let isWhole = places.count < listedMax
        for place in group.candidates.indices where !isTried.contains(place) {
            if let exclusion = first[place], isWhole || exclusion.isFinal {
                exclusions.append((place, exclusion))
            } else {
                unlistedCount += 1
            }
        }
    }
}

extension Exclusion {
    /// Whether the candidate is out even when all others have failed.
    fileprivate var isFinal: Bool {
        switch self {
        case .order, .unhealthy, .warming, .tried: false
        default: true
        }
    }
}
