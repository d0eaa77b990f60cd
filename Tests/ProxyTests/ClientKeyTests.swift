import HTTP
import RouteTable
import Testing

@testable import Proxy

@Suite("A client's key")
struct ClientKeyTests {
    private let harness: ProxyHarness
    private let snapshot: TableSnapshot

    init() throws {
        harness = try ProxyHarness()
        snapshot = try Tables.snapshot(TableContents())
    }

    private func key(_ headers: [String], extra: String? = nil) async throws -> String? {
        let lines = ["GET /v1/models HTTP/1.1", "Host: gateway"] + headers
        return try await harness.withRequest(lines, snapshot) { request, _ in
            ClientKey.find(in: request.head.fields, extraHeader: extra)
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// From the strongest to the weakest (LiteLLM §3.6).
    private static let names = [
        "X-LiteLLM-API-Key", "Authorization", "API-Key", "x-api-key", "X-Goog-Api-Key",
        "Ocp-Apim-Subscription-Key", "X-Own",
    ]

    @Test("is looked for in LiteLLM's order", arguments: names.indices)
    func precedence(place: Int) async throws {
        let headers = Self.names[place...].reversed().map { "\($0): key-of-\($0)" }
        #expect(try await key(headers, extra: "x-own") == "key-of-" + Self.names[place])
    }

    @Test(
        "is bare or behind Bearer, in any case",
        arguments: [
            ("sk-1", "sk-1"), ("Bearer sk-1", "sk-1"), ("bearer   sk-1", "sk-1"),
            ("BEARER sk-1", "sk-1"), ("Bearersk-1", "Bearersk-1"), ("Basic abc", "Basic abc"),
            ("sk-\u{E4}", "sk-\u{E4}"),
        ]
    )
    func bearer(value: String, expected: String) async throws {
        #expect(try await key(["Authorization: " + value]) == expected)
        #expect(try await key(["x-litellm-api-key: " + value]) == expected)
    }

    @Test("is not found in other headers, nor in a cookie or the query")
    func elsewhere() async throws {
        #expect(try await key(["Cookie: api-key=sk-1", "Proxy-Authorization: Bearer sk-1"]) == nil)
        #expect(try await key(["X-Own: sk-1"]) == nil)
    }

    @Test("passes over an empty header")
    func empty() async throws {
        #expect(try await key(["x-litellm-api-key:", "Authorization: Bearer sk-1"]) == "sk-1")
    }
}
