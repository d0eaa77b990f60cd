import HTTP
import POSIX
import RouteTable
import Testing
import Upstream

@testable import Proxy

@Suite("The limits")
struct ProxyLimitsTests {
    private func limits(
        _ settings: ParameterSet,
        values: [String: String] = [:]
    ) throws -> ProxyLimits {
        var contents = TableContents()
        contents.settings = settings
        return try Tables.snapshot(contents, values: values).limits
    }

    @Test("take each name that the compiler takes", arguments: LimitName.allCases)
    func names(name: LimitName) throws {
        let contents = try Tables.compile("sidegate: {limits: {\(name.rawValue): 432}}")
        let limits = try Tables.snapshot(contents).limits
        for other in LimitName.allCases {
            #expect(limits[other] == (other == name ? 432 : ProxyLimits()[other]))
        }
    }

    @Test("take nothing outside a name's range", arguments: LimitName.allCases)
    func ranges(name: LimitName) throws {
        var limits = ProxyLimits()
        let range = name.range
        for value in [range.lowerBound - 1, range.upperBound == .max ? -1 : range.upperBound + 1] {
            limits[name] = value
            #expect(limits == ProxyLimits())
        }
        limits[name] = range.lowerBound
        #expect(limits[name] == range.lowerBound)
    }

    @Test("follow LiteLLM's settings, and sidegate.limits over them")
    func litellm() throws {
        let own: ParameterSet = [
            .requestBytesMax: .integer(5), .responseBytesMax: .integer(6),
            .inFlightRequestsMax: .integer(7), .queuedRequestsMax: .integer(0),
        ]
        let first = try limits(own)
        #expect(first.http.bodyBytesMax == 5)
        #expect(first.responseBodyBytes == 6)
        #expect(first.inFlightRequests == 7)
        // LiteLLM's way to say that nobody waits.
        #expect(first.queuedRequests == 0)
        let json = #"{"request_body_bytes":8,"unknown_to_us":1,"connections":-1}"#
        let second = try limits(own.merging([.sidegateLimits: .json([.literal(json)])]) { $1 })
        #expect(second.http.bodyBytesMax == 8)
        #expect(second.connections == ProxyLimits().connections)
    }

    @Test("read a reference in LiteLLM's unit")
    func references() throws {
        let limits = try limits(
            [.requestBytesMax: .text(.variable("MB"))],
            values: ["os.environ/MB": "1.5"]
        )
        #expect(limits.http.bodyBytesMax == 1_572_864)
    }

    @Test("of upstream connections follow a reload")
    func reloaded() async throws {
        var contents = TableContents()
        let first = try Tables.snapshot(contents, serial: 1)
        let json = #"{"upstream_connection_age_ms":7,"upstream_connection_requests":8}"#
        contents.settings = [.sidegateLimits: .json([.literal(json)])]
        let second = try Tables.snapshot(contents, serial: 2)
        let request = ["GET /health HTTP/1.1", "Host: here"]
        let limits = try await ProxyHarness().withRequest(request, first) { _, context in
            let before = context.plain.limits
            context.store.replace(with: second)
            _ = context.currentTable
            return [before, context.plain.limits]
        }
        #expect(limits[0] == ConnectionLimits())
        #expect(limits[1].ageMS == 7)
        #expect(limits[1].exchanges == 8)
    }

    @Test("stand in the operator's document with their defaults")
    func documented() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let bytes = try File.read("/\(folder)/docs/operations.md", sizeMax: 1 << 20)
        let rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        for name in LimitName.allCases {
            let row = rows.first { $0.hasPrefix("| `\(name.rawValue)`") } ?? ""
            let cells = row.split(separator: "|").map { $0.filter { $0 != " " } }
            try #require(cells.count >= 3, "\(name.rawValue) is not in the table")
            #expect(cells[1] == "\(ProxyLimits()[name])", "\(name.rawValue)")
        }
    }
}
