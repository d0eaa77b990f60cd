import Testing

@testable import Routing

/// Random steps on the state, each also taken by a model that is too simple to be wrong.
@Suite("The state of routing under random steps")
struct RoutingModelTests {
    /// All that the model knows of an endpoint.
    struct Known {
        var holders = 0
        var inFlight = 0
        /// Until when it cools; nil when it does not, and is not half open either.
        var cooldownEnds: UInt64?
        var isProbing = false
    }

    /// A group and the names of its candidates.
    struct Held {
        var group: CandidateGroup
        var names: [String]
    }

    struct Open {
        let place: Selection.Place
        let name: String
        let held: Held
    }

    struct Run {
        var state = RoutingState()
        var model: [String: Known] = [:]
        var groups: [Held] = []
        var open: [Open] = []
        var filter = CandidateFilter()
        var chance = FastGenerator(seed: TestSeed.value)
        var generator = FastGenerator(seed: TestSeed.value)
        var now = Moment(nanoseconds: 1_000_000_000_000, minute: 1)
        /// What was seen, so that a run that shows nothing fails.
        var seen = (chosen: 0, waited: 0, probes: 0, recovered: 0, cooled: 0, mostEndpoints: 0)
    }

    private func random(_ range: Range<Int>, _ run: inout Run) -> Int {
        Int.random(in: range, using: &run.chance)
    }

    /// A reload: a group of some of twenty endpoints appears.
    private func hold(_ run: inout Run) {
        var policy = GroupPolicy()
        policy.strategy = LeastBusy()
        var held = Held(group: CandidateGroup(policy: policy), names: [])
        let count = random(1..<6, &run)
        for number in (0..<20).shuffled(using: &run.chance).prefix(count) {
            let name = "d\(number)"
            let slot = run.state.hold(
                RoutingState.EndpointKey(deploymentID: name, endpoint: ""),
                isNew: false,
                at: run.now
            )
            held.group.add(Candidate(deployment: Int32(number), slot: slot))
            held.names.append(name)
            run.model[name, default: Known()].holders += 1
        }
        run.groups.append(held)
    }

    private func release(_ run: inout Run) {
        guard !run.groups.isEmpty else { return }
        let held = run.groups.remove(at: random(0..<run.groups.count, &run))
        for candidate in held.group.candidates { run.state.release(candidate.slot) }
        for name in held.names {
            run.model[name]?.holders -= 1
            forget(name, &run)
        }
    }

    private func forget(_ name: String, _ run: inout Run) {
        if let known = run.model[name], known.holders == 0, known.inFlight == 0 {
            run.model[name] = nil
        }
    }

    private func choose(_ run: inout Run) {
        guard !run.groups.isEmpty else { return }
        let held = run.groups[random(0..<run.groups.count, &run)]
        let known = held.names.map { run.model[$0] ?? Known() }
        let eligible = known.indices.filter { index in
            guard let ends = known[index].cooldownEnds else { return true }
            return ends <= run.now.nanoseconds && !known[index].isProbing
        }
        let selection = run.state.choose(
            held.group,
            RequestTraits(),
            at: run.now,
            filter: &run.filter,
            using: &run.generator
        )
        guard case .chosen(let place) = selection else {
            #expect(eligible.isEmpty, TestSeed.note)
            let cooling = known.compactMap(\.cooldownEnds).filter { $0 > run.now.nanoseconds }
            #expect(selection == .wait(.cooldown(ends: cooling.min() ?? .max)), TestSeed.note)
            run.seen.waited += 1
            return
        }
        let name = "d\(place.deployment)"
        let chosen = run.model[name] ?? Known()
        #expect(eligible.contains { held.names[$0] == name }, TestSeed.note)
        #expect(chosen.inFlight == eligible.map { known[$0].inFlight }.min(), TestSeed.note)
        #expect(place.isProbe == (chosen.cooldownEnds != nil), TestSeed.note)
        run.model[name]?.inFlight += 1
        if place.isProbe { run.model[name]?.isProbing = true }
        run.open.append(Open(place: place, name: name, held: held))
        run.seen.chosen += 1
        if place.isProbe { run.seen.probes += 1 }
    }

    private func finish(_ run: inout Run, as outcome: AttemptOutcome? = nil) {
        guard !run.open.isEmpty else { return }
        let open = run.open.remove(at: random(0..<run.open.count, &run))
        let outcomes: [AttemptOutcome] = [
            .success, .success, .failure(.rateLimited), .failure(.badRequest), .abandoned,
        ]
        let outcome = outcome ?? outcomes[random(0..<outcomes.count, &run)]
        let effect = run.state.finish(open.place, outcome, in: open.held.group, at: run.now)
        var known = run.model[open.name] ?? Known()
        known.inFlight -= 1
        if open.place.isProbe { known.isProbing = false }
        var expected = OutcomeEffect()
        let isCooling = known.cooldownEnds.map { $0 > run.now.nanoseconds } ?? false
        switch outcome {
        case .failure(let failure) where failure.kind == .rateLimited && !isCooling:
            if open.held.names.count > 1 {
                known.cooldownEnds = run.now.adding(milliseconds: 5_000)
                expected.cooldownMS = 5_000
            } else if open.place.isProbe {
                expected.hasRecovered = true
            }
        case .failure where !isCooling: expected.hasRecovered = open.place.isProbe
        case .success: expected.hasRecovered = open.place.isProbe
        default: break
        }
        if expected.hasRecovered { known.cooldownEnds = nil }
        #expect(effect == expected, TestSeed.note)
        run.model[open.name] = known
        forget(open.name, &run)
        if expected.hasRecovered { run.seen.recovered += 1 }
        if expected.cooldownMS != nil { run.seen.cooled += 1 }
    }

    private func check(_ run: inout Run) {
        for number in 0..<20 {
            let name = "d\(number)"
            let key = RoutingState.EndpointKey(deploymentID: name, endpoint: "")
            #expect(run.state.contains(key) == (run.model[name] != nil), TestSeed.note)
        }
        for held in run.groups {
            for (candidate, name) in zip(held.group.candidates, held.names) {
                #expect(run.state.key(of: candidate.slot)?.deploymentID == name, TestSeed.note)
                let state = run.state.endpoints[Int(candidate.slot)]
                #expect(Int(state.inFlight) == run.model[name]?.inFlight, TestSeed.note)
                #expect(state.isProbing == run.model[name]?.isProbing, TestSeed.note)
            }
        }
        run.seen.mostEndpoints = max(run.seen.mostEndpoints, run.state.endpoints.count)
    }

    @Test("agrees with the model over 100,000 steps, and leaks no slot")
    func agrees() {
        var run = Run()
        for step in 0..<100_000 {
            switch random(0..<100, &run) {
            case 0..<4: if run.groups.count < 8 { hold(&run) }
            case 4..<7: release(&run)
            case 7..<55: choose(&run)
            case 55..<99: finish(&run)
            default: run.now.nanoseconds = run.now.adding(milliseconds: 1_500)
            }
            if step % 50 == 0 { check(&run) }
        }
        // There are twenty endpoints; more slots were never needed.
        #expect(run.seen.mostEndpoints <= 20)
        #expect(min(run.seen.chosen, 10_000) == 10_000)
        #expect(min(run.seen.waited, 100) == 100)
        #expect(min(run.seen.probes, 100) == 100)
        #expect(min(run.seen.recovered, 100) == 100)
        #expect(min(run.seen.cooled, 100) == 100)
        while !run.open.isEmpty { finish(&run, as: .abandoned) }
        while !run.groups.isEmpty { release(&run) }
        #expect(run.model.isEmpty)
        check(&run)
        #expect(run.state.endpoints.indices.allSatisfy { run.state.key(of: Int32($0)) == nil })
    }
}
