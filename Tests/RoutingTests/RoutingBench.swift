import POSIX
import RouteTable
import Testing

@testable import Routing

enum TestSeed {
    /// `SIDEGATE_TEST_SEED`, or a fixed one: three standard deviations are passed by chance once in
    /// 370 times, and a test run must not fail by chance.
    static let value: UInt64 =
        ProcessEnvironment.value("SIDEGATE_TEST_SEED").flatMap { UInt64($0) } ?? 20_261_123

    /// What a failed random test says.
    static var note: Comment { "SIDEGATE_TEST_SEED=\(value)" }
}

/// One group on a table to be tried: its candidates, their states, a clock that stands still,
/// chance that can be repeated. Candidate and slot have the same number.
struct RoutingBench {
    var group: CandidateGroup
    var state = RoutingState()
    var filter = CandidateFilter()
    var generator = FastGenerator(seed: TestSeed.value)
    var now = Moment(nanoseconds: 1_000_000_000_000, minute: 28_000_000)

    init(
        _ count: Int,
        _ strategy: StrategyName = .simpleShuffle,
        arguments: StrategyArguments = StrategyArguments(),
        policy change: (inout GroupPolicy) -> Void = { _ in },
        tags: [Set<String>] = [],
        each: (Int, inout Candidate) -> Void = { _, _ in }
    ) {
        var policy = GroupPolicy()
        policy.strategyName = strategy
        policy.arguments = arguments
        policy.strategy = strategy.make(arguments)
        policy.enforcesMinuteLimits = strategy.limitsByMinute
        change(&policy)
        group = CandidateGroup(policy: policy)
        for index in 0..<count {
            let key = RoutingState.EndpointKey(deploymentID: "d\(index)", endpoint: "")
            let slot = state.hold(key, isNew: false, at: now)
            var candidate = Candidate(deployment: Int32(index), slot: slot)
            candidate.identity = CandidateGroup.identity(deploymentID: "d\(index)", endpoint: "")
            each(index, &candidate)
            group.add(candidate, tags: index < tags.count ? tags[index] : [])
        }
    }

    /// Moves the clock.
    mutating func pass(milliseconds: UInt64) {
        now.nanoseconds = now.adding(milliseconds: milliseconds)
    }

    mutating func choose(_ request: RequestTraits = RequestTraits()) -> Selection {
        state.choose(group, request, at: now, filter: &filter, using: &generator)
    }

    /// The place that is chosen and taken; a failed test when there is none.
    mutating func take(_ request: RequestTraits = RequestTraits()) throws -> Selection.Place {
        let selection = choose(request)
        guard case .chosen(let place) = selection else {
            throw NothingChosen(selection: selection)
        }
        return place
    }

    struct NothingChosen: Error {
        let selection: Selection
    }

    @discardableResult
    mutating func finish(_ place: Selection.Place, _ outcome: AttemptOutcome) -> OutcomeEffect {
        state.finish(place, outcome, in: group, at: now)
    }

    /// One request to a candidate, whatever the strategy would say.
    @discardableResult
    mutating func attempt(_ slot: Int32, _ outcome: AttemptOutcome) -> OutcomeEffect {
        state.update(slot) { _ = $0.take(at: now) }
        return finish(Selection.Place(deployment: slot, slot: slot, isProbe: false), outcome)
    }

    /// How often each candidate is chosen when nothing changes in between.
    mutating func counts(
        rounds: Int = 10_000,
        _ request: RequestTraits = RequestTraits()
    ) -> [Int] {
        var counts = [Int](repeating: 0, count: group.candidates.count)
        for _ in 0..<rounds {
            guard case .chosen(let place) = choose(request) else { continue }
            counts[Int(place.deployment)] += 1
            finish(place, .abandoned)
        }
        return counts
    }

    /// Filters without choosing.
    mutating func filterOnly(_ request: RequestTraits) {
        let states = state.endpoints
        filter.run(group, states: states.span, request: request, now: now, using: &generator)
    }

    /// Why each candidate was left out of the choice that was made last.
    var exclusions: [Exclusion?] { filter.exclusions }

    /// Which candidates were left, in order.
    var eligible: [Int] {
        let eligible = filter.eligible
        return eligible.indices.map { Int(eligible[$0]) }
    }

    subscript(slot: Int) -> EndpointState {
        get { state.endpoints[slot] }
        set { state.update(Int32(slot)) { $0 = newValue } }
    }
}

/// Whether each count is within three standard deviations of its share.
func expectShares(
    _ counts: [Int],
    _ shares: [Double],
    location: SourceLocation = #_sourceLocation
) {
    let rounds = counts.reduce(0, +)
    for (count, share) in zip(counts, shares) {
        let mean = Double(rounds) * share
        let sigma = (mean * (1 - share)).squareRoot()
        #expect(
            abs(Double(count) - mean) <= 3 * sigma,
            "SIDEGATE_TEST_SEED=\(TestSeed.value): \(counts), wanted \(shares)",
            sourceLocation: location
        )
    }
}

extension AttemptOutcome {
    static let success = AttemptOutcome.success(Measured())

    static func failure(_ kind: FailureKind, retryAfterMS: UInt64? = nil) -> AttemptOutcome {
        .failure(AttemptFailure(kind, status: 0, retryAfterMS: retryAfterMS))
    }

    /// A whole answer.
    static func answer(seconds: Double, tokens: Int64 = 1) -> AttemptOutcome {
        var measured = Measured()
        measured.seconds = seconds
        measured.completionTokens = tokens
        measured.totalTokens = tokens
        return .success(measured)
    }

    /// A stream.
    static func stream(firstToken: Double) -> AttemptOutcome {
        var measured = Measured()
        measured.isStream = true
        measured.firstTokenSeconds = firstToken
        return .success(measured)
    }
}
