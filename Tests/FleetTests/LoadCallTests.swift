import Fleet
import Testing

@Suite("Load that sidecars tell each other")
struct LoadCallTests {
    private let keys = FleetKeys(namespace: "test")

    private func endpoint(_ deployment: String, _ address: String = "") throws -> EndpointName {
        try #require(EndpointName(deploymentID: deployment, endpoint: address))
    }

    @Test("is said in lines, and asked for by name")
    func load() throws {
        let name = try #require(LoadName.inFlight(try endpoint("d x", "10.0.0.1:80")))
        let group = try #require(LoadName.begun(group: "llama"))
        let call = FleetCall.load(
            "me",
            says: [(name: name, count: 3), (name: group, count: 12)],
            asks: [name, group],
            keys
        )
        #expect(
            call.keys == [
                "sg:1:{sg:test}:f:load", "sg:1:{sg:test}:f:load:said",
                "sg:1:{sg:test}:f:load:live",
            ]
        )
        #expect(
            call.arguments == [
                .text("me"), .number(5_000), .text("3 e:d x@10.0.0.1:80\n12 g:llama\n"),
                .text("e:d x@10.0.0.1:80"), .text("g:llama"),
            ]
        )
    }

    @Test("has no names that are more than a line, or too long")
    func names() throws {
        #expect(LoadName.inFlight(try endpoint("a\nb")) == nil)
        #expect(LoadName.begun(group: "a\u{7F}") == nil)
        #expect(LoadName.begun(group: String(repeating: "x", count: 512)) == nil)
        #expect(LoadName.begun(group: "größer") == "g:größer")
        #expect(LatencyName.firstToken(try endpoint("d")) == "f:d@")
        #expect(LatencyName.token(try endpoint("d")) == "t:d@")
    }

    @Test("says latencies as sums and counts, within their bounds")
    func latency() {
        let says = [
            LatencyWords(name: "t:a@", holdMS: 5_000, samplesMax: 10, seconds: 1.5, count: 2),
            LatencyWords(name: "f:a@", holdMS: .max, samplesMax: 0, seconds: 1e30, count: 1),
        ]
        let call = FleetCall.latency(says: says, asks: ["t:a@"], keys)
        #expect(call.keys == ["sg:1:{sg:test}:f:latency", "sg:1:{sg:test}:f:latency:ends"])
        #expect(
            call.arguments == [
                .number(2), .text("t:a@"), .number(5_000), .number(10), .number(1_500_000_000),
                .number(2), .text("f:a@"), .number(86_400_000), .number(1),
                .number(9_000_000_000_000_000), .number(1), .text("t:a@"),
            ]
        )
    }

    @Test(
        "is answered by places among the names",
        arguments: [
            ([], 2, [nil, nil]),
            ([.number(2), .number(7)], 2, [nil, 7]),
            ([.number(1), .text("5"), .number(2), .number(0)], 2, [5, 0]),
            ([], 0, []),
        ] as [([FleetWord], Int, [Int64?])]
    )
    func values(answer: [FleetWord], count: Int, values: [Int64?]) {
        #expect(FleetCall.values(answer, count: count) == values)
    }

    @Test(
        "is ignored in another shape",
        arguments: [
            [.number(1)], [.number(0), .number(1)], [.number(3), .number(1)],
            [.number(1), .number(-1)], [.number(1), .nothing], [.text("x"), .number(1)],
            [.number(.min), .number(1)],
        ] as [[FleetWord]]
    )
    func malformed(answer: [FleetWord]) {
        #expect(FleetCall.values(answer, count: 2) == nil)
        #expect(FleetCall.values(answer, count: 0) == nil)
    }
}
