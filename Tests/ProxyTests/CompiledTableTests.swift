import Cryptography
import JSON
import OpenAI
import Providers
import ProviderData
import RouteTable
import Routing
import Testing

@testable import Proxy

/// What the compiler writes is what the sidecar reads.
@Suite("A compiled table")
struct CompiledTableTests {
    private func snapshot(
        _ yaml: String,
        values: [String: String] = [:]
    ) throws -> TableSnapshot {
        try Tables.snapshot(Tables.compile(yaml), values: values)
    }

    private func deployment(_ snapshot: TableSnapshot, _ index: Int = 0) -> ResolvedDeployment {
        ResolvedDeployment(
            index,
            table: snapshot.table,
            values: snapshot.values,
            environment: { _ in nil },
            scanner: JSONScanner()
        )
    }

    /// One deployment with these `litellm_params`, and other sections.
    private func yaml(_ parameters: String, _ more: String = "") -> String {
        "model_list: [{model_name: m, litellm_params: {model: openai/gpt, \(parameters)}}]\n" + more
    }

    private func timing(
        _ snapshot: TableSnapshot,
        isStream: Bool,
        asked: Timing.Pair = .init()
    ) -> [UInt64] {
        let deployment = deployment(snapshot)
        let timing = Timing(
            isStream: isStream,
            asked: asked,
            deployment: .init(
                wholeMS: deployment.timeoutMS,
                streamMS: deployment.streamTimeoutMS
            ),
            table: .init(wholeMS: snapshot.attemptTimeoutMS, streamMS: snapshot.streamTimeoutMS),
            limits: snapshot.limits
        )
        return [timing.headMS, timing.totalMS, timing.idleMS]
    }

    @Test(
        "brings every timeout to the exchange",
        arguments: [
            ("", "", [600_000, 600_000, 120_000], [600_000, 600_000, 120_000]),
            ("timeout: 7", "", [7000, 7000, 120_000], [7000, 7000, 120_000]),
            ("request_timeout: 7", "", [7000, 7000, 120_000], [7000, 7000, 120_000]),
            (
                "timeout: 7, request_timeout: 9, stream_timeout: 0.5", "",
                [7000, 7000, 500], [500, 7000, 500]
            ),
            (
                "", "router_settings: {timeout: 5, stream_timeout: 2}", [5000, 5000, 2000],
                [2000, 5000, 2000]
            ),
            (
                "timeout: 7", "router_settings: {timeout: 5, stream_timeout: 2}",
                [7000, 7000, 2000], [2000, 7000, 2000]
            ),
            (
                "", "litellm_settings: {request_timeout: 30}", [30_000, 30_000, 120_000],
                [30_000, 30_000, 120_000]
            ),
            (
                "", "litellm_settings: {request_timeout: 30}\nrouter_settings: {timeout: 5}",
                [5000, 5000, 120_000], [5000, 5000, 120_000]
            ),
            (
                "",
                "sidegate: {limits: {first_byte_timeout_ms: 1, total_timeout_ms: 2, "
                    + "stream_idle_timeout_ms: 3}}",
                [1, 2, 3], [1, 2, 3]
            ),
        ] as [(String, String, [UInt64], [UInt64])]
    )
    func timeouts(
        parameters: String,
        more: String,
        whole: [UInt64],
        stream: [UInt64]
    ) throws {
        let snapshot = try snapshot(yaml(parameters, more))
        #expect(timing(snapshot, isStream: false) == whole)
        #expect(timing(snapshot, isStream: true) == stream)
    }

    @Test("brings timeouts that are references, in seconds")
    func timeoutReferences() throws {
        let snapshot = try snapshot(
            yaml("timeout: os.environ/A", "router_settings: {stream_timeout: os.environ/B}"),
            values: ["os.environ/A": "7", "os.environ/B": "0.25"]
        )
        #expect(timing(snapshot, isStream: false) == [7000, 7000, 250])
    }

    @Test("brings the switches of the general settings")
    func switches() throws {
        let snapshot = try snapshot(
            """
            general_settings:
              allow_client_side_credentials: true
              forward_client_headers_to_llm_api: "yes"
              forward_openai_org_id: os.environ/ORG
              always_include_stream_usage: true
              completion_model: forced
              litellm_key_header_name: X-Own
              max_request_size_mb: 3
              max_response_size_mb: 4
              max_in_flight_requests_per_worker: 5
            litellm_settings:
              require_auth_for_metrics_endpoint: true
            """,
            values: ["os.environ/ORG": "true"]
        )
        #expect(snapshot.allowsClientCredentials)
        #expect(snapshot.forwardsClientHeaders)
        #expect(snapshot.forwardsOrganization)
        #expect(snapshot.alwaysIncludesUsage)
        #expect(snapshot.metricsNeedKey)
        #expect(snapshot.forcedModels.model(for: .chatCompletions) == "forced")
        #expect(snapshot.forcedModels.model(for: .embeddings) == nil)
        #expect(snapshot.access.keyHeaderName == "X-Own")
        #expect(snapshot.limits[.requestBodyBytes] == 3 << 20)
        #expect(snapshot.limits[.responseBodyBytes] == 4 << 20)
        #expect(snapshot.limits[.inFlightRequests] == 5)
    }

    @Test("closes the metrics where the switch is a reference without a value")
    func missingSwitch() throws {
        let yaml = "litellm_settings: {require_auth_for_metrics_endpoint: os.environ/AUTH}"
        #expect(try snapshot(yaml).metricsNeedKey)
        #expect(try !snapshot(yaml, values: ["os.environ/AUTH": "off"]).metricsNeedKey)
    }

    @Test("brings virtual keys in all their forms")
    func virtualKeys() throws {
        let digest = Hex.encode(SHA256.hash("sk-hashed"))
        let snapshot = try snapshot(
            """
            sidegate:
              keys:
                - {hash: "\(digest)", alias: one}
                - {key: sk-literal, models: [gpt-*]}
                - {key: os.environ/KEY, alias: three, blocked: os.environ/BLOCKED}
                - {key: os.environ/GONE}
                - {hash: os.environ/HASH, expires: 1970-01-02}
            """,
            values: [
                "os.environ/KEY": "sk-referenced", "os.environ/BLOCKED": "false",
                "os.environ/HASH": Hex.encode(SHA256.hash("sk-expired")),
            ]
        )
        func caller(_ key: String, now: Int = 1) throws -> Caller {
            try snapshot.access.caller(key: Array(key.utf8), now: now)
        }
        #expect(snapshot.access.label(try caller("sk-hashed")).alias == "one")
        let third = snapshot.access.label(try caller("sk-referenced"))
        #expect(third.alias == "three")
        #expect(third.hash == Hex.encode(SHA256.hash("sk-referenced")))
        try snapshot.access.authorise(try caller("sk-literal"), model: "gpt-4o", groups: [])
        #expect(throws: OpenAIError.self) {
            try snapshot.access.authorise(try caller("sk-literal"), model: "claude", groups: [])
        }
        _ = try caller("sk-expired", now: 86_399)
        #expect(throws: OpenAIError.self) { _ = try caller("sk-expired", now: 86_400) }
        for wrong in ["os.environ/GONE", "os.environ/KEY", digest] {
            #expect(throws: OpenAIError.self) { _ = try caller(wrong) }
        }
        #expect(snapshot.unreadable.isEmpty)
    }

    @Test("brings a catch-all that finds its provider by the requested name")
    func catchAll() throws {
        let snapshot = try snapshot(
            """
            model_list:
              - {model_name: "*", litellm_params: {model: "*"}}
              - {model_name: "openai/*", litellm_params: {model: "openai/*"}}
            """
        )
        func target(_ name: String) throws -> (String, String?)? {
            let group = try #require(snapshot.resolver.resolve(name).first)
            let index = snapshot.table.model(at: group.model).deployments.lowerBound
            return deployment(snapshot, index).target(group.match).map {
                ($0.model, $0.deployment.provider?.prefix)
            }
        }
        #expect(try #require(try target("openai/gpt")) == ("gpt", "openai"))
        #expect(try #require(try target("groq/a/b")) == ("a/b", "groq"))
        #expect(try target("nobody/model") == nil)
    }

    @Test("brings what a client may set itself")
    func clientside() throws {
        let snapshot = try snapshot(
            yaml("api_key: dummy, configurable_clientside_auth_params: [api_key]")
        )
        let deployment = deployment(snapshot)
        let used = try deployment.using(ClientCredentials(apiKey: "sk-c"), allowsAll: false)
        #expect(
            String(decoding: used.headerLines, as: UTF8.self) == "authorization: Bearer sk-c\r\n"
        )
    }
}
