internal import EventLoop
internal import RateLimits
internal import Synchronization

/// The limits that sidecars share in Redis, as one worker sees them. Only on its loop.
final class SharedLimiter {
    let settings: LimitSettings.Shared
    private let link: LimitLink
    private let board: LimitBoard
    private let loop: EventLoop
    /// Of requests that are being served: members by key.
    private var places: [LimitKey: Set<String>] = [:]
    private var refusals = RecentRefusals()
    /// Nil where each request is decided in Redis.
    private let permits: PermitDesk?

    init(_ settings: LimitSettings.Shared, _ context: WorkerContext) {
        self.settings = settings
        let keys = LimitKeys(namespace: settings.namespace)
        link = LimitLink(context.redis.client(settings.redis), keys, context.shared.redis)
        board = context.shared.limits
        loop = context.loop
        permits =
            settings.takesPermits
            ? PermitDesk(link, board, loop, workers: context.shared.shards.count) : nil
    }

    /// Whether Redis would not answer.
    var isDown: Bool { link.isDown }

    // MARK: - Deciding

    /// Asks Redis about a wish, for whose answer a request may wait later.
    /// - Returns: nil where it is decided without Redis, or Redis cannot be asked.
    func ask(_ wish: LimitWish) -> LimitQuestion? {
        if permits != nil, !wish.takesPlaces { return nil }
        if refusals.find(wish, at: loop.now) != nil { return nil }
        return begin(wish)
    }

    private func begin(_ wish: LimitWish) -> LimitQuestion? {
        let member = wish.takesPlaces ? board.nextMember() : ""
        let call = link.begin(.admit(wish, link.keys, member: member)) { [link] reply in
            guard let numbers = reply.numbers,
                case .granted(let receipt)? = wish.decision(numbers)
            else { return }
            let back = LimitCall.settle(receipt, .unused, link.keys, member: member)
            if let back { link.post(back) }
        }
        return call.map { LimitQuestion(wish, self, member: member, call: $0) }
    }

    /// What Redis says to what it was asked.
    /// - Returns: nil when it does not say it in time.
    func answer(_ question: LimitQuestion) async -> (LimitDecision, SharedGrant?)? {
        guard let numbers = await link.answer(question.call, .admit),
            let decision = question.wish.decision(numbers)
        else { return nil }
        if case .refused(let refusal) = decision {
            refusals.note(refusal, question.wish, at: loop.now)
        }
        return answer(decision, member: question.member)
    }

    /// Decides a wish by Redis: by permits from there that are at hand, else in one round trip.
    /// - Returns: nil when Redis does not say it in time.
    func decide(_ wish: LimitWish) async -> (LimitDecision, SharedGrant?)? {
        // Places are leased one by one.
        if let permits, !wish.takesPlaces {
            switch await permits.decide(wish) {
            case .decided(let decision): return answer(decision, member: "")
            case .failed: return nil
            case .lost: break
            }
        }
        if let refusal = refusals.find(wish, at: loop.now) { return (.refused(refusal), nil) }
        guard let question = begin(wish) else { return nil }
        return await answer(question)
    }

    private func answer(
        _ decision: LimitDecision,
        member: String
    ) -> (LimitDecision, SharedGrant?) {
        guard case .granted(let receipt) = decision else { return (decision, nil) }
        for key in placeKeys(receipt) { places[key, default: []].insert(member) }
        return (decision, SharedGrant(limiter: self, receipt: receipt, member: member))
    }

    private func placeKeys(_ receipt: LimitReceipt) -> [LimitKey] {
        receipt.charges.compactMap { charge in
            charge.rule.parallelRequests == nil
                ? nil : link.keys.counter(charge.rule.subject, .parallelRequests)
        }
    }

    /// Settles what was granted; nobody waits for it. What Redis does not hear of ends by itself:
    /// places with their leases, the rest with the window.
    func settle(_ grant: SharedGrant, _ receipt: LimitReceipt, _ outcome: LimitOutcome) {
        for key in placeKeys(receipt) {
            places[key]?.remove(grant.member)
            if places[key]?.isEmpty == true { places[key] = nil }
        }
        refusals.forget(receipt, outcome)
        let call = LimitCall.settle(receipt, outcome, link.keys, member: grant.member)
        if let call { link.post(call) }
    }

    // MARK: - Being there

    /// Whether requests that it has let through hold places, whose leases are to be renewed.
    var holdsPlaces: Bool { !places.isEmpty }

    /// Another table's takes its place: what was taken in advance is given back.
    func retire() {
        permits?.retire()
    }

    /// How often leases are renewed, in milliseconds; they hold for three times that.
    static let beatMS: UInt64 = 5_000

    /// Renews the leases of places.
    func renew() {
        if let call = LimitCall.renew(places) { link.post(call) }
    }
}

/// What Redis has granted.
struct SharedGrant {
    let limiter: SharedLimiter
    let receipt: LimitReceipt
    let member: String
}

extension LimitWish {
    fileprivate var takesPlaces: Bool { rules.contains { $0.parallelRequests != nil } }
}
