import JSON
import Telemetry
import Testing

@Suite("AccessLog")
struct AccessLogTests {
    private func lines(_ records: [RequestRecord]) -> [String] {
        var log = AccessLog()
        for record in records { log.append(record) }
        return String(decoding: log.bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("writes one object a line, in a fixed order")
    func line() {
        let record = RequestRecord()
        record.startedAt = 1_795_466_375_012_999_999
        record.duration = 1_234_567
        record.upstreamDuration = 1_000_000
        record.timeToFirstToken = 5_000
        record.method = "POST"
        record.route = "/v1/chat/completions"
        record.path = "/v1/chat/completions?key=sk-secret"
        record.status = 200
        record.isStream = true
        record.bytesIn = 10
        record.bytesOut = 20
        record.callID = "c"
        record.clientAddress = "127.0.0.1:5"
        record.requestedModel = "gpt"
        record.deployment = DeploymentLabels(id: "d", model: "up", apiBase: "b", provider: "openai")
        record.key = KeyLabels(hash: String(repeating: "ab", count: 32), alias: "team a")
        record.promptTokens = 3
        record.completionTokens = 4
        record.cachedTokens = 1
        record.retries = 2
        #expect(
            lines([record]) == [
                #"""
                {"time":"2026-11-23T20:39:35.012Z","method":"POST","route":"/v1/chat/complet\#
                ions",
                """#
                    + #""path":"/v1/chat/completions","status":200,"duration_ms":1.234,"#
                    + #""upstream_ms":1.000,"ttft_ms":0.005,"model":"gpt","upstream_model":"up","#
                    + #""deployment":"d","provider":"openai","stream":true,"retries":2,"#
                    + #""bytes_in":10,"bytes_out":20,"prompt_tokens":3,"completion_tokens":4,"#
                    + #""cached_tokens":1,"key_alias":"team a","key_hash":"abababababab","#
                    + #""call_id":"c","client":"127.0.0.1:5"}"#, "",
            ]
        )
    }

    @Test("keeps hostile text inside its string, and lines bounded")
    func hostile() throws {
        let record = RequestRecord()
        record.path = "/\"}\n{\"status\":200,\u{0}\u{7f}\u{1b}[31m"
        record.requestedModel = String(repeating: "é", count: 100_000)
        let lines = lines([record, RequestRecord()])
        #expect(lines.count == 3)
        let bytes = Array(lines[0].utf8)
        #expect(bytes.count < 4096)
        let tree = try JSONValue(parsing: bytes.span.bytes)
        #expect(tree["path"] == .string(record.path))
        #expect(tree["status"] == .integer(0))
    }

    @Test("forgets its lines and goes on")
    func reuse() {
        var log = AccessLog()
        log.append(RequestRecord())
        let first = log.bytes
        log.removeAll()
        #expect(log.count == 0)
        log.append(RequestRecord())
        #expect(log.bytes == first)
    }

    @Test(
        "writes times of all kinds of days",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_200_001, "2024-03-01T00:00:00.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
        ] as [(UInt64, String)]
    )
    func times(milliseconds: UInt64, text: String) {
        let record = RequestRecord()
        record.startedAt = milliseconds * 1_000_000
        #expect(lines([record])[0].hasPrefix("{\"time\":\"\(text)\""))
    }
}
