import JSON
import Testing

@testable import Routing

@Suite("The state of routing as JSON")
struct RoutingStateJSONTests {
    private func text(_ json: RoutingStateJSON) -> String {
        var writer = JSONWriter()
        json.write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func parse(_ text: String) throws(RoutingStateError) -> RoutingStateJSON {
        let bytes = Array(text.utf8)
        return try RoutingStateJSON(parsing: bytes.span.bytes)
    }

    /// Three endpoints that have been through something, a slot that is free, and a budget.
    private func eventful() -> RoutingBench {
        var bench = RoutingBench(4)
        bench.state.release(2)
        bench.attempt(0, .stream(firstToken: 0.25))
        bench.attempt(0, .answer(seconds: 3, tokens: 12))
        bench.attempt(0, .failure(.internalServer))
        bench[0].inFlight = 4
        bench[1].cooldownEnds = bench.now.nanoseconds
        bench[1].isProbing = true
        bench[1].health = .unhealthy
        bench[1].healthEnds = .max
        bench[3].cooldownEnds = bench.now.adding(milliseconds: 3_200)
        bench[3].fleet.ends = bench[3].cooldownEnds
        bench[3].warmAt = bench.now.adding(milliseconds: 4_000)
        bench[3].health = .healthy
        bench[3].healthEnds = bench.now.nanoseconds
        for _ in 0..<70 { bench.state.retryBudget.addRequest(at: bench.now) }
        for _ in 0..<14 { _ = bench.state.retryBudget.takeRetry(at: bench.now) }
        return bench
    }

    private func json(_ bench: RoutingBench) -> RoutingStateJSON {
        RoutingStateJSON(bench.state, at: bench.now, time: "2026-11-23T10:00:00Z") { slot in
            (model: slot == 3 ? "a" : "b", healthReason: "no connection")
        }
    }

    @Test("is written in the order of models, as the documents say")
    func writing() {
        var bench = eventful()
        bench.pass(milliseconds: 100)
        let expected = """
            {"time":"2026-11-23T10:00:00Z","minute":28000000,"endpoints":[\
            {"deployment":"d3","model":"a","endpoint":"","in_flight":0,"cooldown_ms":3100,\
            "fleet_cooldown":true,"half_open":false,"probing":false,"health":"unknown","requests_this_minute":0,\
            "tokens_this_minute":0,"attempts_this_minute":0,"failures_this_minute":0,\
            "warming_ms":3900},\
            {"deployment":"d0","model":"b","endpoint":"","in_flight":4,"cooldown_ms":0,\
            "half_open":false,"probing":false,"health":"unknown","requests_this_minute":3,\
            "tokens_this_minute":12,"attempts_this_minute":3,"failures_this_minute":1,\
            "first_token_ms":250.0,"first_token_age_ms":100,"token_ms":250.0,"token_age_ms":100},\
            {"deployment":"d1","model":"b","endpoint":"","in_flight":0,"cooldown_ms":0,\
            "half_open":true,"probing":true,"health":"unhealthy","health_reason":"no connection",\
            "requests_this_minute":0,"tokens_this_minute":0,"attempts_this_minute":0,\
            "failures_this_minute":0}],\
            "retry_budget":{"requests":70,"retries":14,"is_spent":true}}
            """
        #expect(text(json(bench)) == expected)
    }

    @Test("is the same after it was read and taken up by another process")
    func roundTrip() throws {
        let written = json(eventful())
        let read = try parse(text(written))
        #expect(read == written)
        let (state, now) = read.restored()
        let again = RoutingStateJSON(state, at: now, time: written.time) { slot in
            let deployment = state.key(of: slot)?.deploymentID
            return (model: deployment == "d3" ? "a" : "b", healthReason: "no connection")
        }
        #expect(again == written)
    }

    @Test("has what the fleet told, where that is something and still believed")
    func fleetShare() throws {
        var bench = RoutingBench(3, .latencyBased)
        bench[0].share.ends = bench.now.adding(milliseconds: 10)
        bench[0].share.othersInFlight = 7
        bench[0].share.othersPace = 2.5
        bench[0].share.ownInFlight = 1
        bench[0].share.firstTokenSeconds = 0.5
        bench[0].share.tokenSeconds = 4
        bench.attempt(1, .failure(.timeout))
        let written = json(bench)
        #expect(
            text(written).contains(
                #""others_in_flight":7,"others_pace":2.5,"in_flight_told":1,"#
                    + #""fleet_first_token_ms":500.0,"fleet_token_ms":4000.0}"#
            )
        )
        let timeout = #""token_ms":1000000.0,"token_age_ms":0,"token_timed_out":true"#
        #expect(text(written).contains(timeout))
        let read = try parse(text(written))
        #expect(read == written)
        let (state, now) = read.restored()
        #expect(state.endpoints[0].share.tokenSeconds == 4)
        #expect(state.endpoints[0].share.othersInFlight == 7)
        #expect(state.endpoints.contains { $0.tokenSeconds.hasTimeout })
        var other = bench
        other.state = state
        other.now = now
        #expect(bench.counts(rounds: 20) == [0, 0, 20])
        bench.pass(milliseconds: 10)
        #expect(!text(json(bench)).contains("fleet_") && !text(json(bench)).contains("others_"))
    }

    @Test("makes the same choices in another process")
    func choices() throws {
        var bench = RoutingBench(3, .latencyBased)
        for slot in 0..<3 { bench.attempt(Int32(slot), .answer(seconds: Double(3 - slot))) }
        bench[2].cooldownEnds = bench.now.adding(milliseconds: 10)
        let (state, now) = try parse(text(json(bench))).restored()
        var other = bench
        other.state = state
        other.now = now
        #expect(other.counts(rounds: 50) == [0, 50, 0])
        other.pass(milliseconds: 10)
        #expect(other.counts(rounds: 50) == [0, 0, 50])
        // What was measured is as old as it was.
        bench.pass(milliseconds: 3_600_001)
        let late = try parse(text(json(bench))).restored()
        other.state = late.state
        other.now = late.now
        expectShares(other.counts(), [1 / 3, 1 / 3, 1 / 3])
    }

    @Test("may leave out what is as if nothing were known")
    func defaults() throws {
        let read = try parse(
            #"{"minute": 5, "endpoints": [{"deployment": "x", "new": [1]}], "more": {}}"#
        )
        var expected = RoutingStateJSON(time: "", minute: 5)
        expected.endpoints = [RoutingStateJSON.Endpoint(deployment: "x")]
        #expect(read == expected)
        let (state, now) = read.restored()
        #expect(now.minute == 5)
        #expect(state.endpoints[0].isAvailable(at: now))
        #expect(state.endpoints[0].warmth(at: now) == 1)
        #expect(try parse(#"{"minute": 0}"#).endpoints.isEmpty)
    }

    @Test(
        "says which member is wrong, and what it must be",
        arguments: [
            ("[]", "the state must be an object"),
            ("{}", "the state.minute must be a whole number from 0 to 18446744073709551615"),
            (#"{"minute": -1}"#, "the state.minute must be a whole number"),
            (#"{"minute": "5"}"#, "the state.minute must be a whole number"),
            (#"{"minute": 1, "time": 5}"#, "the state.time must be a text"),
            (#"{"minute": 1, "endpoints": {}}"#, "the state.endpoints must be an array"),
            (#"{"minute": 1, "endpoints": [1]}"#, "endpoints[0] must be an object"),
            (#"{"minute": 1, "endpoints": [{}]}"#, "endpoints[0].deployment must be a text"),
            (
                #"{"minute": 1, "endpoints": [{"deployment": "a"}, {"deployment": "a"}]}"#,
                "endpoints[1] must be there once only"
            ),
            (
                #"{"minute": 1, "endpoints": [{"deployment": "a", "in_flight": 3000000000}]}"#,
                "endpoints[0].in_flight must be a whole number from 0 to 2147483647"
            ),
            (
                #"{"minute": 1, "endpoints": [{"deployment": "a", "half_open": 1}]}"#,
                "endpoints[0].half_open must be true or false"
            ),
            (
                #"{"minute": 1, "endpoints": [{"deployment": "a", "health": "ill"}]}"#,
                "endpoints[0].health must be unknown, healthy or unhealthy"
            ),
            (
                #"{"minute": 1, "endpoints": [{"deployment": "a", "token_ms": -1}]}"#,
                "endpoints[0].token_ms must be a number of 0 or more"
            ),
            (
                #"{"minute": 1, "endpoints": [{"deployment": "a", "fleet_token_ms": "1"}]}"#,
                "endpoints[0].fleet_token_ms must be a number of 0 or more"
            ),
            (
                #"{"minute": 1, "endpoints": [{"deployment": "a", "others_in_flight": -1}]}"#,
                "endpoints[0].others_in_flight must be a whole number from 0 to 2147483647"
            ),
            (#"{"minute": 1, "retry_budget": 1}"#, "retry_budget must be an object"),
            (
                #"{"minute": 1, "retry_budget": {"retries": 1.5}}"#,
                "retry_budget.retries must be a whole number"
            ),
        ]
    )
    func mistakes(text: String, message: String) {
        let error = #expect(throws: RoutingStateError.self) { try parse(text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test(
        "says where a text stops being JSON",
        arguments: [
            ("", "not JSON: the document is empty"),
            (#"{"minute": 1"#, "not JSON: the document ends too early"),
            (#"{"minute": 1,}"#, "not JSON: unexpected character at byte 13"),
            (#"{"endpoints": [{"in_flight": 01}]}"#, "not JSON"),
        ]
    )
    func syntax(text: String, message: String) {
        let error = #expect(throws: RoutingStateError.self) { try parse(text) }
        #expect(error?.description == message)
    }
}
