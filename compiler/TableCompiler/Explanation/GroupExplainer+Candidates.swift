internal import ProviderData
internal import RouteTable
internal import Routing

extension GroupExplainer {
    /// A candidate as it is shown.
    func candidate(_ place: Int, share: Double) -> Explanation.Candidate {
        let candidate = group.candidates[place]
        let index = Int(candidate.deployment)
        let record = table.deployment(at: index)
        let base = record.apiBase.map { MaskedText.of(mask.masked(table.contents($0))) }
        return Explanation.Candidate(
            deployment: shownID(index),
            endpoint: endpoints[candidate.slot] ?? "",
            upstream: upstream(index, record),
            base: base,
            share: share,
            facts: facts(candidate, record),
            needs: (outlooks[index]?.needs ?? []).map(mask.name)
        )
    }

    private func upstream(_ index: Int, _ record: DeploymentRecord) -> String {
        let resolver = ModelResolver(table: table)
        let name: String
        if case .literal = record.upstreamModel.kind,
            let found = resolver.upstreamModelName(
                deployment: index,
                group: resolved,
                values: values
            )
        {
            name = mask.name(found)
        } else {
            name = MaskedText.of(table.contents(record.upstreamModel))
        }
        guard let provider = Provider.coded(record.provider) else { return name }
        return provider.prefix + "/" + name
    }

    // MARK: What else counts

    private func facts(_ candidate: Candidate, _ record: DeploymentRecord) -> [String] {
        let state = routing.endpoints[Int(candidate.slot)]
        var facts: [String] = []
        if group.policy.strategyName == .simpleShuffle, record.weight != 1_000 {
            facts.append("weight \(Shown.thousandths(Int(record.weight)))")
        }
        if candidate.order != .max { facts.append("order \(candidate.order)") }
        if group.policy.strategyName == .costBased { facts.append(price(candidate)) }
        facts += load(candidate, state)
        facts += condition(candidate, state)
        return facts
    }

    private func price(_ candidate: Candidate) -> String {
        if candidate.price >= Candidate.unknownPrice / 2 { return "price unknown" }
        // Pico-dollars a token are micro-dollars a million.
        let dollars = Double(candidate.price) / 1_000_000
        return "\(Shown.number(dollars)) $ for a million tokens in and out each"
    }

    /// What it has to do, and how much of that it may.
    private func load(_ candidate: Candidate, _ state: EndpointState) -> [String] {
        var facts: [String] = []
        let most = candidate.parallelMax == .max ? nil : "at most \(candidate.parallelMax)"
        if query.state != nil {
            facts.append("\(state.inFlight) in flight" + (most.map { " of " + $0 } ?? ""))
        } else if let most {
            facts.append(most + " in flight")
        }
        if state.share.othersInFlight > 0 {
            facts.append("\(state.share.othersInFlight) of other sidecars")
        }
        if group.policy.enforcesMinuteLimits { facts += minuteUse(candidate, state) }
        let kind = query.isStream ? "to the first token" : "a token"
        let window = query.isStream ? state.firstTokenSeconds : state.tokenSeconds
        if let seconds = window.latest {
            facts.append("\(Shown.number(seconds * 1_000)) ms \(kind)")
        }
        let share = state.share
        if let seconds = query.isStream ? share.firstTokenSeconds : share.tokenSeconds {
            facts.append("\(Shown.number(seconds * 1_000)) ms \(kind) in the fleet")
        }
        return facts
    }

    private func minuteUse(_ candidate: Candidate, _ state: EndpointState) -> [String] {
        func limit(_ most: Int64) -> String { most == .max ? "" : " of \(most)" }
        let use = state.use.counts(at: now)
        return [
            "\(use.requests)\(limit(candidate.requestsPerMinute)) requests this minute",
            "\(use.tokens)\(limit(candidate.tokensPerMinute)) tokens this minute",
        ]
    }

    private func condition(_ candidate: Candidate, _ state: EndpointState) -> [String] {
        var facts: [String] = []
        if state.isHalfOpen(at: now) { facts.append("half open: one request tries it") }
        if state.isUnhealthy(at: now) { facts.append("found dead" + healthReason(candidate)) }
        let warming = now.milliseconds(until: state.warmAt)
        if warming > 0 { facts.append("new: has its full share in \(Shown.seconds(warming))") }
        return facts
    }

    private func healthReason(_ candidate: Candidate) -> String {
        let key = routing.key(of: candidate.slot)
        let found = query.state?.endpoints.first {
            $0.deployment == key?.deploymentID && $0.endpoint == key?.endpoint
        }
        return found?.healthReason.map { ": " + mask.name($0) } ?? ""
    }

    // MARK: Why not

    /// Why a candidate is not tried.
    func reason(_ exclusion: Exclusion, _ candidate: Candidate) -> String {
        let state = routing.endpoints[Int(candidate.slot)]
        switch exclusion {
        case .notPinned: return "another deployment was asked for"
        case .tags:
            let own = table.deployment(at: Int(candidate.deployment)).parameters.list(.tags)
            let names = own.flatMap { table.resolve($0, using: values) } ?? []
            return names.isEmpty
                ? "it has no tags" : "its tags are " + names.map(mask.name).joined(separator: ", ")
        case .contextWindow: return "it takes \(candidate.inputTokensMax) input tokens"
        case .refused: return "it refused the request"
        case .tried: return "it failed"
        case .unhealthy: return "a health check found it dead" + healthReason(candidate)
        case .cooling:
            let left = Shown.seconds(now.milliseconds(until: state.cooldownEnds))
            return "it cools for \(left)" + (state.fleet.isOn ? ", as the fleet says" : "")
        case .probing: return "half open: its one request is under way"
        case .minuteLimit: return "spent: " + minuteUse(candidate, state).joined(separator: ", ")
        case .order:
            let order = candidate.order == .max ? "no order" : "order \(candidate.order)"
            return "\(order): those before it have no room, and are waited for"
        case .full: return "full: \(state.inFlight) of \(candidate.parallelMax) in flight"
        case .warming: return "new, and left out by chance"
        }
    }
}

/// Numbers as they are shown.
enum Shown {
    /// `2.5` for 2,500.
    static func thousandths(_ value: Int) -> String {
        var fraction = String(value % 1_000 + 1_000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(value / 1_000)" + (fraction.isEmpty ? "" : ".\(fraction)")
    }

    /// `3.1 s` for 3,100 milliseconds.
    static func seconds(_ milliseconds: some BinaryInteger) -> String {
        thousandths(Int(clamping: milliseconds)) + " s"
    }

    /// With three digits after the point at most.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        return thousandths(Int((value * 1_000).rounded()))
    }

    /// A share in percent, without pretending to know more than a thousandth.
    static func percent(_ share: Double) -> String {
        let percent = (share * 100).rounded()
        if share > 0, percent == 0 { return "under 1 %" }
        if share < 1, percent == 100 { return "over 99 %" }
        return "\(Int(percent)) %"
    }
}
