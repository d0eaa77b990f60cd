import Fleet
import Testing

@Suite("What the fleet says to a beat")
struct FleetNewsTests {
    private static let name = EndpointName(deploymentID: "d", endpoint: "10.0.0.1:80")

    @Test("is how many are there, what cools, and what is well")
    func reading() throws {
        let name = try #require(Self.name)
        let other = try #require(EndpointName(deploymentID: "e@x", endpoint: ""))
        let news = try #require(
            FleetNews([
                .number(4), .number(2), .text("d@10.0.0.1:80"), .number(1_500), .number(0),
                .text("e@x@"), .number(-20), .number(1), .text("d@10.0.0.1:80"),
            ])
        )
        #expect(news.live == 4)
        #expect(
            news.cooldowns == [
                FleetNews.Cooldown(name, leftMS: 1_500, isOurs: false),
                FleetNews.Cooldown(other, leftMS: -20, isOurs: true),
            ]
        )
        #expect(news.well == [name])
        #expect(FleetNews([.number(3)]) == FleetNews(live: 3))
    }

    @Test(
        "is ignored in another shape",
        arguments: [
            [], [.nothing], [.text("x")], [.number(0)], [.number(2), .nothing],
            [.number(2), .number(-1)], [.number(2), .number(1_001)],
            [.number(2), .number(1), .text("d@"), .number(3)],
            [.number(2), .number(1), .number(1), .number(3), .number(0)],
            [.number(2), .number(1), .text("d@"), .nothing, .number(0)],
            [.number(2), .number(.max)], [.number(.max)], [.text("9223372036854775807")],
            [.number(2), .number(1), .text("d@"), .number(.min), .number(0)],
        ] as [[FleetWord]]
    )
    func malformed(answer: [FleetWord]) {
        #expect(FleetNews(answer) == nil)
    }

    @Test("passes over names that no sidecar writes")
    func strangeNames() throws {
        let long = String(repeating: "x", count: EndpointName.bytesMax) + "@"
        let news = try #require(
            FleetNews([
                .number(2), .number(2), .text("nameless"), .number(5), .number(0), .text(long),
                .number(5), .number(0), .text(""), .nothing, .text("d@10.0.0.1:80"),
            ])
        )
        #expect(news.cooldowns.isEmpty)
        #expect(news.well == [try #require(Self.name)])
    }
}

@Suite("The name of an endpoint")
struct EndpointNameTests {
    @Test(
        "is read as it was written",
        arguments: [("d", ""), ("d@x@", "10.0.0.1:80"), ("a b", "[::1]:443"), ("", "")]
    )
    func text(deployment: String, endpoint: String) throws {
        let name = try #require(EndpointName(deploymentID: deployment, endpoint: endpoint))
        #expect(EndpointName(parsing: name.text) == name)
    }

    @Test("has a bound")
    func bound() {
        let most = String(repeating: "x", count: EndpointName.bytesMax - 1)
        #expect(EndpointName(deploymentID: most, endpoint: "") != nil)
        #expect(EndpointName(deploymentID: most, endpoint: "y") == nil)
    }
}
