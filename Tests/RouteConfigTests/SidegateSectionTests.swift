import RouteConfig
import RouteTable
import Testing

@Suite("The sidegate section")
struct SidegateSectionTests {
    @Test("reads keys by hash, by reference and literally")
    func keys() throws {
        let hash = String(repeating: "ab", count: 32)
        let decoded = Decoded(
            """
            sidegate:
              keys:
                - {hash: \(hash), alias: team-a, models: [gpt-*, beta], expires: 2027-01-31}
                - {hash: os.environ/TEAM_B, blocked: true}
                - {key: sk-literal-key-of-team-c}
            """
        )
        let keys = decoded.config.virtualKeys
        try #require(keys.count == 3)
        guard case .digest(let digest) = keys[0].key else {
            Issue.record("\(keys[0])")
            return
        }
        #expect(digest == Array(repeating: 0xAB, count: 32))
        #expect(keys[0].parameters[.keyExpiry] == .integer(1_801_353_600))
        #expect(keys[0].parameters[.keyModels] == .list([.literal("gpt-*"), .literal("beta")]))
        #expect(keys[1].parameters[.apiKey] != nil)
        #expect(keys[1].parameters[.keyIsBlocked] == .bool(true))
        #expect(decoded.reported == ["warning SG0032 5:13"])
    }

    @Test(
        "reads points in time",
        arguments: [
            ("1970-01-01", 0), ("2000-03-01", 951_868_800), ("2024-02-29", 1_709_164_800),
            ("2027-01-31T12:00:00Z", 1_801_396_800), ("2027-01-31T12:00:00+02:00", 1_801_389_600),
            ("1801396800", 1_801_396_800), ("\"2027-01-31\"", 1_801_353_600),
        ] as [(String, Int64)]
    )
    func expiry(text: String, seconds: Int64) {
        let decoded = Decoded("sidegate: {keys: [{key: os.environ/K, expires: \(text)}]}")
        #expect(decoded.config.virtualKeys.first?.parameters[.keyExpiry] == .integer(seconds))
    }

    @Test(
        "refuses a key whose end is unclear, and limits that it does not know",
        arguments: [
            ("keys: [{key: os.environ/K, expires: soon}]", "error SG0022 1:48"),
            ("keys: [{alias: a}]", "error SG0023 1:19"),
            ("limits: {conections: 5}", "error SG0020 1:21"),
            ("limits: {connections: -5}", "error SG0022 1:34"),
        ]
    )
    func refuses(text: String, reported: String) {
        let decoded = Decoded("sidegate: {\(text)}")
        #expect(decoded.reported == [reported])
        #expect(decoded.config.virtualKeys.isEmpty)
    }

    @Test("stores limits by name")
    func limits() {
        let decoded = Decoded("sidegate: {name: prod, limits: {connections: 5, header_bytes: 100}}")
        #expect(
            decoded.config.settings == [
                .rolloutName: .text(.literal("prod")),
                .sidegateLimits: .json([.literal("{\"connections\":5,\"header_bytes\":100}")]),
            ]
        )
    }
}
