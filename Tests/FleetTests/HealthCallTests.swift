import Fleet
import Testing

@Suite("Health checks that one sidecar makes for all")
struct HealthCallTests {
    private let keys = FleetKeys(namespace: "test")
    private let verdict = SharedVerdict(
        .unhealthy,
        reason: "the health check was answered 503",
        instance: "3f",
        pod: "pod-a"
    )

    @Test("are claimed one at a time, for a little longer than they may take")
    func claim() {
        let call = FleetCall.claim(["a", "b"], freshMS: 950, deadlineMS: 5_000, keys)
        let prefix = "sg:1:{sg:test}:f:health"
        #expect(call.keys == [prefix, prefix + ":at", prefix + ":asks"])
        #expect(
            call.arguments == [
                .number(950), .number(8_000), .number(1), .number(3), .text("a"), .text("b"),
            ]
        )
    }

    @Test("are published with who has asked, or given back")
    func publish() {
        let found = FleetCall.publish(
            verdict,
            of: "a",
            lease: 77,
            freshMS: 950,
            staleMS: 2_000,
            keys
        )
        #expect(
            found.arguments == [
                .text("a"), .number(77), .text("u"),
                .text("3f pod-a the health check was answered 503"), .number(3_600_000),
                .number(950), .number(10_000),
            ]
        )
        let back = FleetCall.publish(
            nil,
            of: "a",
            lease: 77,
            freshMS: 1,
            staleMS: 4_000_000,
            keys
        )
        #expect(back.arguments[2...4] == [.text("x"), .text(""), .number(4_000_000)])
    }

    @Test("are claimed or not, as is answered")
    func claims() throws {
        let claims = try #require(
            HealthClaims(
                [
                    .number(1_000), .text("h 900 3f - "), .number(5_000), .number(0), .number(-1),
                    .number(-2), .text("z 900 3f - "),
                ],
                count: 6
            )
        )
        #expect(claims.nowMS == 1_000)
        let healthy = DatedVerdict(
            SharedVerdict(.healthy, instance: "3f", pod: ""),
            foundMS: 900
        )
        #expect(
            claims.claims == [
                .known(healthy), .ours(5_000), .everybodys, .somebodys, .open, .everybodys,
            ]
        )
    }

    @Test(
        "are nobody's after an answer of another shape",
        arguments: [
            [], [.number(1)], [.number(0), .number(1)], [.nothing, .number(1)],
            [.number(1), .nothing], [.number(1), .number(-3)],
            [.number(1), .number(1), .number(1)],
        ] as [[FleetWord]]
    )
    func malformedClaims(answer: [FleetWord]) {
        #expect(HealthClaims(answer, count: 1) == nil)
    }

    @Test("have news by name; what no sidecar has written is passed over")
    func news() throws {
        let news = try #require(
            HealthNews([
                .number(9), .text("a"), .text("u 5 3f pod-a the health check was answered 503"),
                .text("b"), .text("x 5 2"), .nothing, .text("h 5 3f - "), .text("c"), .nothing,
            ])
        )
        #expect(news.until == 9)
        #expect(news.verdicts == ["a": DatedVerdict(verdict, foundMS: 5)])
        for answer in [[], [.number(0)], [.text("x")], [.number(1), .text("a")]] as [[FleetWord]] {
            #expect(HealthNews(answer) == nil)
        }
    }

    @Test(
        "have no verdict in another text",
        arguments: [
            "", "h", "h 5", "h 5 3f", "h 5 3f pod", "q 5 3f pod r", "h -5 3f pod r", "h x 3f pod r",
            "h 5  pod r", "h 5 3f  r", "x 5 2", "hh 5 3f pod r",
        ]
    )
    func malformedVerdicts(text: String) {
        #expect(DatedVerdict(parsing: text) == nil)
    }

    @Test("have verdicts that are short lines, whatever was said")
    func lines() throws {
        let long = SharedVerdict(
            .unhealthy,
            reason: "a\nb\u{1B}[1m" + String(repeating: "c", count: 500),
            instance: "3f",
            pod: "x y\n" + String(repeating: "z", count: 500)
        )
        #expect(long.reason.hasPrefix("ab[1mccc") && long.reason.utf8.count <= 200)
        #expect(long.pod.hasPrefix("xyzzz") && long.pod.utf8.count <= 64)
        let read = try #require(DatedVerdict(parsing: "u 12 " + long.text))
        #expect(read == DatedVerdict(long, foundMS: 12))
    }
}
