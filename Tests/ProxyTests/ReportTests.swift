import Cryptography
import JSON
import OpenAI
import RouteTable
import Testing

@testable import Proxy

/// A table with every kind of secret in it, and deployments of every readiness.
private enum Canaries {
    static let texts = ["canary-key", "canary-org", "canary-header", "canary-query", "canary-body"]

    static func contents() -> TableContents {
        var contents = TableContents()
        contents.credentials = [
            Credential(
                name: "shared",
                parameters: [
                    .apiKey: .text(.secret("canary-key")),
                    .organization: .text(.literal("canary-org")),
                ]
            )
        ]
        var good = Tables.model(
            "good",
            [
                .extraHeaders: .list([.literal("x-a"), .secret("canary-header")]),
                .extraBody: .json([.literal(#""a":"canary-body""#)]),
                .accessGroups: .list([.literal("beta")]), .mode: .text(.literal("chat")),
                .maxInputTokens: .integer(4096),
                .modelInfo: .json([.literal(#"{"id":"other","note":"shown","n":[1,null]}"#)]),
            ]
        )
        good.deployments[0].credential = 0
        var hidden = Tables.model("hidden", [.isBlocked: .bool(true)])
        hidden.parameters = [.isHidden: .bool(true)]
        contents.models = [
            good, hidden, Tables.model("missing", [.apiKey: .text(.variable("GONE"))]),
        ]
        contents.aliases = [
            Alias(name: "also", targets: ["good"]),
            Alias(name: "secretly", targets: ["good"], isHidden: true),
        ]
        contents.virtualKeys = [
            VirtualKey(
                digest: SHA256.hash("sk-a"),
                parameters: [.keyModels: .list([.literal("good")])]
            ),
            VirtualKey(
                digest: SHA256.hash("sk-b"),
                parameters: [.keyModels: .list([.literal("beta")])]
            ),
        ]
        return contents
    }

    static func expectNone(in text: String) {
        for canary in texts { #expect(!text.contains(canary), "\(canary) in \(text)") }
    }
}

@Suite("The report of health")
struct HealthReportTests {
    private func report(
        _ change: @escaping @Sendable (TableStore) -> Void = { _ in },
        _ body: @escaping @Sendable (HealthReport) -> [UInt8]
    ) async throws -> String {
        let snapshot = try Tables.snapshot(
            Canaries.contents(),
            missing: ["os.environ/GONE"]
        )
        let lines = ["GET /health HTTP/1.1", "Host: gateway"]
        let text = try await ProxyHarness().withRequest(lines, snapshot) { request, context in
            change(context.store)
            let bytes = body(HealthReport(request: request, context: context))
            return String(decoding: bytes, as: UTF8.self)
        }
        Canaries.expectNone(in: text)
        return text
    }

    @Test("shows each deployment with its reason to those who have a key")
    func details() async throws {
        let text = try await report { $0.endpoints(showsDetails: true) }
        let base = #""api_base":"https://up.test/v1""#
        #expect(
            text
                == #"{"healthy_endpoints":[{"model":"openai/up-good","model_id":"id-good","#
                + #"\#(base)}],"#
                + #""unhealthy_endpoints":["#
                + #"{"model":"openai/up-hidden","model_id":"id-hidden",\#(base),"#
                + #""error":"blocked by the configuration"},"#
                + #"{"model":"openai/up-missing","model_id":"id-missing",\#(base),"#
                + #""error":"no value for GONE"}],"healthy_count":1,"unhealthy_count":2}"#
        )
    }

    @Test("shows only counts to everybody else")
    func counts() async throws {
        let text = try await report { $0.endpoints(showsDetails: false) }
        #expect(
            text == #"{"healthy_endpoints":[],"unhealthy_endpoints":[],"healthy_count":1,"#
                + #""unhealthy_count":2}"#
        )
    }

    @Test("is ready with a missing credential and a failed reload, and says both")
    func ready() async throws {
        let text = try await report(
            { $0.noteFailure("bad magic") },
            { $0.isReady ? $0.readiness : [] }
        )
        #expect(text.contains(#""status":"healthy""#))
        #expect(text.contains(#""missing_credentials":["os.environ/GONE"]"#))
        #expect(text.contains(#""last_reload_error":"bad magic""#))
        #expect(text.contains(#""generation":0"#))
    }

    @Test("is not ready while the process ends")
    func draining() async throws {
        let text = try await report({ $0.isDraining = true }, { $0.isReady ? [] : $0.readiness })
        #expect(text.contains(#""status":"draining""#))
    }
}

@Suite("The catalog of models")
struct ModelCatalogTests {
    private func catalog(
        key: String? = nil,
        _ body: @escaping @Sendable (ModelCatalog, WorkerContext) -> [UInt8]
    ) async throws -> String {
        let snapshot = try Tables.snapshot(Canaries.contents(), masterKey: "sk-m")
        let lines = ["GET /v1/models HTTP/1.1", "Host: gateway"]
        let text = try await ProxyHarness().withRequest(lines, snapshot) { request, context in
            if let key {
                request.caller = try snapshot.access.caller(key: Array(key.utf8), now: 0)
            }
            return String(decoding: body(ModelCatalog(request), context), as: UTF8.self)
        }
        Canaries.expectNone(in: text)
        return text
    }

    private func names(key: String?) async throws -> [String] {
        try await catalog(key: key) { catalog, _ in
            Array(catalog.listings().map(\.id).joined(separator: ",").utf8)
        }
        .split(separator: ",").map(String.init)
    }

    @Test("lists models and aliases that are not hidden, as far as the key reaches")
    func listings() async throws {
        #expect(try await names(key: "sk-m") == ["good", "missing", "also"])
        #expect(try await names(key: nil) == ["good", "missing", "also"])
        #expect(try await names(key: "sk-a") == ["good"])
        // By its access group a key reaches the model under all its names.
        #expect(try await names(key: "sk-b") == ["good", "also"])
    }

    @Test("finds one model by any name that a request may use")
    func one() async throws {
        for (key, name, isFound) in [
            ("sk-m", "good", true), ("sk-m", "also", true), ("sk-m", "secretly", true),
            ("sk-m", "id-good", true), ("sk-m", "nobody", false), ("sk-a", "good", true),
            ("sk-a", "missing", false),
        ] {
            let text = try await catalog(key: key) { catalog, _ in
                catalog.listing(name)?.body ?? []
            }
            #expect(text.isEmpty != isFound, "\(key) \(name)")
        }
    }

    @Test("shows deployments without their credentials")
    func info() async throws {
        let text = try await catalog(key: "sk-a") { $0.info($1) }
        #expect(
            text == #"{"data":[{"model_name":"good","litellm_params":{"model":"openai/up-good","#
                + #""api_base":"https://up.test/v1"},"model_info":{"id":"id-good","#
                + #""db_model":false,"litellm_provider":"openai","note":"shown","n":[1,null]}}]}"#
        )
    }

    @Test("shows groups with their windows")
    func groups() async throws {
        let text = try await catalog(key: "sk-a") { $0.groupInfo($1) }
        #expect(
            text == #"{"data":[{"model_group":"good","providers":["openai"],"#
                + #""max_input_tokens":4096,"mode":"chat"}]}"#
        )
    }
}
