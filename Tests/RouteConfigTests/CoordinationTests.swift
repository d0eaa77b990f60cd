import RouteConfig
import RouteTable
import Testing

@Suite("Where sidecars meet")
struct CoordinationTests {
    @Test(
        "is read at the top level and in general_settings, which wins",
        arguments: [
            ("coordination_redis: {host: a}", "{\"host\":\"a\"}"),
            ("general_settings: {coordination_redis: {host: b}}", "{\"host\":\"b\"}"),
            (
                "{general_settings: {coordination_redis: {host: b}}, "
                    + "coordination_redis: {host: a}}",
                "{\"host\":\"b\"}"
            ),
        ]
    )
    func places(text: String, expected: String) {
        let decoded = Decoded(text)
        #expect(
            decoded.config.settings == [.coordinationRedis: .json([.literal(expected)])]
        )
        #expect(decoded.reported.isEmpty)
    }

    @Test("keeps a password as the reference that it is")
    func password() {
        let decoded = Decoded("coordination_redis: {url: os.environ/U, password: os.environ/P}")
        guard case .json(let pieces)? = decoded.config.settings[.coordinationRedis] else {
            Issue.record("nothing was kept")
            return
        }
        let names = pieces.compactMap { piece in
            if case .reference(let reference) = piece { reference.name } else { nil }
        }
        #expect(names == ["U", "P"])
    }

    @Test(
        "says what is wrong",
        arguments: [
            ("coordination_redis: {hots: a}", "warning SG0020 1:22"),
            ("coordination_redis: a", "error SG0022 1:21"),
            ("general_settings: {coordination_redis: [a]}", "error SG0022 1:40"),
            ("coordination_redis: {host: a, sentinel_nodes: [b]}", "warning SG0021 1:31"),
            ("sidegate: {share_routing: sometimes}", "warning SG0022 1:27"),
            ("sidegate: {share_routings: true}", "warning SG0020 1:12"),
        ]
    )
    func mistakes(text: String, reported: String) {
        #expect(Decoded(text).reported == [reported])
    }

    @Test("may be for limits only", arguments: [true, false])
    func sharesRouting(isOn: Bool) {
        let decoded = Decoded("sidegate: {share_routing: \(isOn)}")
        #expect(decoded.config.settings == [.sharesRouting: .bool(isOn)])
        let reference = Decoded("sidegate: {share_routing: os.environ/SHARE}")
        #expect(
            reference.config.settings[.sharesRouting]
                == .text(.reference(Reference(kind: .environment, name: "SHARE", isSecret: false)))
        )
    }
}
