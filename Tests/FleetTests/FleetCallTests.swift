import Fleet
import Testing

@Suite("A call of a script of the fleet's")
struct FleetCallTests {
    private let keys = FleetKeys(namespace: "n")
    private let name = EndpointName(deploymentID: "d", endpoint: "10.0.0.1:80")

    @Test("says that a sidecar is there, and asks for endpoints to try")
    func beat() throws {
        let name = try #require(name)
        let call = FleetCall.beat("me", facts: "{}", wishes: [name], keys)
        #expect(
            call.keys == [
                "sg:1:{sg:n}:live", "sg:1:{sg:n}:i:me", "sg:1:{sg:n}:f:cool",
                "sg:1:{sg:n}:f:probe", "sg:1:{sg:n}:f:well",
            ]
        )
        #expect(
            call.arguments == [
                .text("me"), .text("{}"), .number(15_000), .number(3_000), .number(10_000),
                .number(60_000), .number(10_000), .number(3_600_000), .text("d@10.0.0.1:80"),
            ]
        )
    }

    @Test("says only that where nothing else is shared")
    func presence() {
        let call = FleetCall.beat("me", facts: "{}", wishes: nil, keys)
        #expect(call.keys == ["sg:1:{sg:n}:live", "sg:1:{sg:n}:i:me"])
        #expect(call.arguments == [.text("me"), .text("{}"), .number(15_000)])
    }

    @Test("asks for no more endpoints than one call may")
    func wishes() throws {
        let name = try #require(name)
        let call = FleetCall.beat(
            "me",
            facts: "",
            wishes: Array(repeating: name, count: 500),
            keys
        )
        #expect(call.arguments.count == 8 + FleetCall.wishesMax)
    }

    @Test("names the endpoint's reporters, and how many make a quorum")
    func report() throws {
        let call = FleetCall.report("me", try #require(name), coolsFor: 5_000, live: 7, keys)
        #expect(call.keys.last == "sg:1:{sg:n}:f:c:d@10.0.0.1:80")
        #expect(
            call.arguments == [
                .text("me"), .text("d@10.0.0.1:80"), .number(5_000), .number(3), .number(7),
                .number(1_000), .number(60_000), .number(3_600_000),
            ]
        )
        let long = FleetCall.report("me", try #require(name), coolsFor: .max, live: 7, keys)
        #expect(long.arguments[2] == .number(FleetCall.longestMS))
    }

    @Test("keeps all keys in one slot of a Cluster")
    func slot() throws {
        let name = try #require(EndpointName(deploymentID: "{other}", endpoint: ""))
        let calls = [
            FleetCall.beat("me", facts: "", wishes: [name], keys),
            .report("me", name, coolsFor: 1, live: 1, keys), .recover("me", name, keys),
            .yield("me", name, keys),
        ]
        for key in calls.flatMap(\.keys) { #expect(key.hasPrefix("sg:1:{sg:n}:")) }
        #expect(Set(calls.map(\.script.name)).count == calls.count)
    }
}
