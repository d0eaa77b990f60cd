import Redis
import RouteTable
import Testing

@testable import Proxy

@Suite("With whom a sidecar shares")
struct FleetSettingsTests {
    /// What the table says, and who shares limits and routing at which server.
    struct Case: Sendable {
        var settings: ParameterSet = [:]
        var variables: [String: String] = [:]
        var limits: String?
        var fleet: String?
        var sharesRouting = true
    }

    private static let router: ParameterSet = [.redis: .json([.literal(#"{"host":"r"}"#)])]
    private static let mode = ParameterKey.rateLimitMode

    private static func adding(_ more: ParameterSet) -> ParameterSet {
        router.merging(more) { $1 }
    }

    private static let cases = [
        Case(),
        Case(settings: router, limits: "r", fleet: "r"),
        Case(
            settings: adding([.sharesRouting: .bool(false)]),
            limits: "r",
            fleet: "r",
            sharesRouting: false
        ),
        Case(settings: adding([mode: .text(.literal("local"))]), fleet: "r"),
        Case(settings: adding([mode: .text(.literal("local")), .sharesRouting: .bool(false)])),
        // A server of the environment's is taken by those who ask for one.
        Case(variables: ["REDIS_HOST": "e"]),
        Case(
            settings: [mode: .text(.literal("exact"))],
            variables: ["REDIS_HOST": "e"],
            limits: "e",
            fleet: "e"
        ),
        Case(settings: [.sharesRouting: .bool(true)], variables: ["REDIS_HOST": "e"], fleet: "e"),
    ]

    @Test("is where limits are shared, and also where only routing is", arguments: cases)
    func places(one: Case) throws {
        var contents = TableContents()
        contents.settings = one.settings
        let table = try Tables.snapshot(contents).table
        let values = ReferenceValues([])
        let environment = LoadedEnvironment(added: one.variables)
        let limits = LimitSettings(table: table, values: values, environment: environment)
        let fleet = FleetSettings(
            table: table,
            values: values,
            environment: environment,
            limits: limits
        )
        #expect(limits.shared?.redis == one.limits.map { RedisSettings(host: $0) })
        #expect(fleet.shared?.redis == one.fleet.map { RedisSettings(host: $0) })
        #expect(fleet.shared == nil || fleet.shared?.sharesRouting == one.sharesRouting)
        #expect(fleet.problem == nil)
    }

    @Test("is nobody where the server cannot be read, and the reason is said once")
    func problem() throws {
        var contents = TableContents()
        contents.settings = [.redis: .json([.literal(#"{"host":"r","port":"x"}"#)])]
        let snapshot = try Tables.snapshot(contents)
        #expect(snapshot.limitSettings.problem != nil)
        #expect(snapshot.fleet.shared == nil && snapshot.fleet.problem == nil)
        contents.settings[.rateLimitMode] = .text(.literal("local"))
        let local = try Tables.snapshot(contents)
        #expect(local.limitSettings.problem == nil && local.fleet.problem != nil)
    }
}
