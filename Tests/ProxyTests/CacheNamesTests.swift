import RouteTable
import Routing
import Testing

@testable import Proxy

@Suite("What of a table counts in the names of cached answers")
struct CacheNamesTests {
    private func names(_ change: (inout TableContents) -> Void = { _ in }) throws -> CacheNames {
        CacheNames(try snapshot(change))
    }

    private func snapshot(_ change: (inout TableContents) -> Void) throws -> TableSnapshot {
        var contents = TableContents()
        contents.settings = [.cacheEnabled: .bool(true)]
        contents.models = [Model(name: "m", deployments: [deployment()])]
        contents.virtualKeys = ["red", "red", nil].enumerated().map { place, team in
            VirtualKey(
                digest: Array(repeating: UInt8(place), count: 32),
                parameters: team.map { [.keyTeam: .text(.literal($0))] } ?? [:]
            )
        }
        change(&contents)
        return try Tables.snapshot(contents)
    }

    private func deployment(
        _ parameters: ParameterSet = [:],
        model: String = "up",
        base: String = "http://a/v1",
        id: String = "1"
    ) -> Deployment {
        Deployment(
            id: .explicit(id),
            provider: 1,
            upstreamModel: .literal(model),
            apiBase: .literal(base),
            parameters: parameters
        )
    }

    private func name(_ deployments: [Deployment], model: String = "m") throws -> [UInt8] {
        let snapshot = try snapshot {
            $0.models = [Model(name: model, deployments: deployments)]
        }
        let name = Array(model.utf8)
        return CacheNames(snapshot).name(snapshot.resolver.resolve(name.span)[0])
    }

    @Test("are not bases, weights, limits, nor how many replicas there are")
    func same() throws {
        let one = try name([deployment()])
        #expect(try name([deployment(base: "http://b/v1")]) == one)
        #expect(try name([deployment([.requestsPerMinute: .integer(5)])]) == one)
        #expect(
            try name([deployment(), deployment(base: "http://b/v1", id: "2")]) == one
        )
    }

    @Test("are models and whatever changes requests")
    func different() throws {
        let one = try name([deployment()])
        let others = [
            try name([deployment(model: "other")]),
            try name([deployment([.extraBody: .json([.literal(#""a":1"#)])])]),
            try name([deployment([.defaultParameters: .json([.literal(#""a":1"#)])])]),
            try name([deployment([.dropParams: .bool(true)])]),
            try name([deployment([.extraHeaders: .list([.literal("a"), .literal("b")])])]),
            try name([deployment(), deployment(model: "other", id: "2")]),
            try name([deployment()], model: "n"),
        ]
        #expect(Set(others + [one]).count == others.count + 1)
        let plain = try names().settings
        #expect(try names { $0.settings[.dropParams] = .bool(true) }.settings != plain)
        #expect(try names { $0.settings[.cacheTTLMS] = .integer(5) }.settings == plain)
    }

    @Test("are tenants, of which everyone is one")
    func tenants() throws {
        let callers: [Caller] = [.anonymous, .master, .key(0), .key(1), .key(2)]
        func count(_ scope: CacheSettings.Scope) throws -> Int {
            let fresh = try names()
            return Set(callers.map { fresh.tenant($0, scope) }).count
        }
        #expect(try count(.team) == 4)
        #expect(try count(.key) == 5)
        #expect(try count(.all) == 1)
        let odd = try names {
            $0.virtualKeys[2].parameters[.keyTeam] = .text(.literal("key:x"))
        }
        #expect(odd.tenant(.key(2), .team) == "team:key:x")
    }
}
