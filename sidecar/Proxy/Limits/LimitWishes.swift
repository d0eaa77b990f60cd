internal import OpenAI
internal import RateLimits
internal import Routing

/// What a request wishes of all that limit it in a group.
struct LimitWishes {
    let context: WorkerContext
    let request: ProxyRequest
    let input: RequestInput
    let group: ServingGroup
    /// What the request's own fallback replaces in its body.
    var overrides = MemberTexts.none

    /// Whether nothing can limit the request here, as mostly.
    var areNone: Bool { !group.isLimited && !request.needsLimits }

    /// The caller's rules, as long as they were not taken.
    var rules: [LimitRule] {
        guard request.needsLimits, case .key(let key) = request.caller else { return [] }
        return request.table.callerLimits(key).rules(
            model: request.model ?? "",
            group: group.model,
            standard: group.keyLimits
        )
    }

    /// - Parameter deployments: one of which is to have room; empty where they do not matter.
    /// - Returns: nil when nothing limits the request.
    func wish(_ deployments: [Int32]) -> LimitWish? {
        var wish = LimitWish(rules: rules, candidates: group.limits(of: deployments))
        if wish.isEmpty { return nil }
        wish.tokens = estimate(wish)
        return wish
    }

    /// The deployments that could be chosen, the preferred one first; none where they have no
    /// limits.
    /// - Parameter besides: one that is left out.
    func deployments(_ traits: RequestTraits, besides: Int32 = -1) -> [Int32] {
        guard group.isLimited else { return [] }
        return context.board.preferences(
            group.candidates,
            traits,
            besides: besides,
            at: context.moment
        )
    }

    /// Counted only where tokens are limited, and once a request.
    private func estimate(_ wish: LimitWish) -> TokenEstimate {
        wish.limitsTokens ? request.tokenEstimate(input, overrides) : TokenEstimate()
    }

    // MARK: - In advance

    /// Has Redis be asked beside the look-up of an answer in its cache, so that a request for which
    /// there is none has made one round trip, not two. What is granted to a hit is given back.
    func askAhead(_ resolved: ResolvedGroup) {
        // What cannot be chosen yet cannot be asked for.
        if areNone || group.isLimited && group.needsNames { return }
        var deployments: [Int32] = []
        if group.isLimited {
            deployments = self.deployments(
                RequestTraits(context, request, input, group, resolved)
            )
            if deployments.isEmpty { return }
        }
        guard let wish = wish(deployments) else { return }
        request.askedAhead = context.limitDesk.ask(wish).map { question in
            AskedAhead(question: question, group: group, deployments: deployments)
        }
    }

    /// What was asked in advance, if it was about this group. It is answered once.
    func takeAskedAhead() -> AskedAhead? {
        guard let ahead = request.askedAhead else { return nil }
        request.askedAhead = nil
        return ahead.group === group ? ahead : nil
    }
}

extension ProxyRequest {
    /// What it may take of token limits with the members that take the place of its body's.
    func tokenEstimate(_ input: RequestInput, _ overrides: MemberTexts) -> TokenEstimate {
        let type = snapshot.limitSettings.tokenType
        guard overrides.isEmpty else {
            return TokenEstimate(endpoint, input, overrides, type: type)
        }
        if let known = tokenEstimate { return known }
        let estimate = TokenEstimate(endpoint, input, type: type)
        tokenEstimate = estimate
        return estimate
    }
}

/// What Redis was asked before it was known that the request needs it.
struct AskedAhead {
    let question: LimitQuestion
    let group: ServingGroup
    /// Whose limits the wish's candidates are.
    let deployments: [Int32]
}

extension LimitWish {
    /// Whether nothing limits the request.
    fileprivate var isEmpty: Bool { rules.isEmpty && candidates.allSatisfy(\.isEmpty) }

    fileprivate var limitsTokens: Bool {
        rules.contains { $0.tokens != nil }
            || candidates.contains { $0.contains { $0.tokens != nil } }
    }
}
