import OpenAI
import RouteTable
import Testing
import Upstream

@testable import Providers

@Suite("A resolved deployment")
struct ResolvedDeploymentTests {
    @Test("sends a key in the header that its provider wants")
    func keyHeaders() throws {
        let key: ParameterSet = [.apiKey: .text(.secret("sk-up"))]
        let openAI = try Prepared(.of("openai", "gpt"), credential: key)
        #expect(openAI.headers == ["authorization: Bearer sk-up"])
        let azure = try Prepared(.of("azure", "gpt", base: "https://a.test"), credential: key)
        #expect(azure.headers == ["api-key: sk-up"])
        let mock = try Prepared(.of("mock", "m"), credential: key)
        #expect(mock.headers == [])
    }

    @Test("takes a key from the deployment's own parameters, or the provider's variable")
    func keySources() throws {
        let own = try Prepared(.of("openai", "gpt", [.apiKey: .text(.secret("sk-own"))]))
        #expect(own.headers == ["authorization: Bearer sk-own"])
        let variable = try Prepared(
            .of("openai", "gpt"),
            environment: ["OPENAI_API_KEY": "sk-env\n"]
        )
        #expect(variable.headers == ["authorization: Bearer sk-env"])
        let none = try Prepared(.of("hosted_vllm", "m", base: "http://up.test/v1"))
        #expect(!none.headers.contains { $0.contains("sk-") })
    }

    @Test("prefers Azure's token to a key")
    func azureToken() throws {
        let prepared = try Prepared(
            .of("azure", "gpt", base: "https://a.test"),
            credential: [.apiKey: .text(.secret("k")), .azureADToken: .text(.secret("t"))]
        )
        #expect(prepared.headers == ["authorization: Bearer t"])
    }

    @Test("adds the organisation and the table's headers, the last of a name only")
    func extraHeaders() throws {
        let pairs = [
            "X-Team", "a", "x-team", "b", "Authorization", "Bearer other", "bad name", "x",
        ]
        let prepared = try Prepared(
            .of("openai", "gpt", [.extraHeaders: .list(pairs.map { .literal($0) })]),
            credential: [
                .apiKey: .text(.secret("sk-up")), .organization: .text(.literal("org-1")),
            ]
        )
        #expect(
            prepared.headers == [
                "authorization: Bearer other", "openai-organization: org-1", "x-team: b",
            ]
        )
        #expect(prepared.deployment.setsHeader(Array("X-TEAM".utf8)))
        #expect(!prepared.deployment.setsHeader(Array("x-tea".utf8)))
    }

    @Test("looks references up, and trims what files leave around credentials")
    func references() throws {
        let prepared = try Prepared(
            .of("openai", "gpt", [.extraHeaders: .list([.literal("x-a"), .variable("A")])]),
            credential: [.apiKey: .text(.variable("KEY"))],
            values: ["os.environ/KEY": " sk-up\r\n", "os.environ/A": "one\r\ntwo: three"]
        )
        #expect(prepared.headers == ["authorization: Bearer sk-up", "x-a: one  two: three"])
        #expect(prepared.deployment.readiness == .ready)
    }

    @Test("is disabled, with the reason, by a reference without a value")
    func missing() throws {
        let prepared = try Prepared(
            .of("openai", "gpt", [.requestsPerMinute: .text(.variable("RPM"))]),
            credential: [.apiKey: .text(.variable("KEY"))]
        )
        #expect(prepared.deployment.readiness == .missing(["KEY", "RPM"]))
    }

    @Test("is disabled, without the value in the reason, by one that is no number")
    func unreadable() throws {
        let prepared = try Prepared(
            .of("openai", "gpt", [.timeoutMS: .text(.variable("T"))]),
            values: ["os.environ/T": "hunter2"]
        )
        guard case .invalid(let reason) = prepared.deployment.readiness else {
            Issue.record("it is \(prepared.deployment.readiness)")
            return
        }
        #expect(reason.contains("os.environ/T"))
        #expect(!reason.contains("hunter2"))
    }

    @Test("reads timeouts in seconds where they are references, and takes 0 for none")
    func timeouts() throws {
        let prepared = try Prepared(
            .of(
                "openai",
                "gpt",
                [.timeoutMS: .text(.variable("T")), .streamTimeoutMS: .integer(0)]
            ),
            values: ["os.environ/T": "1.5"]
        )
        #expect(prepared.deployment.timeoutMS == 1500)
        #expect(prepared.deployment.streamTimeoutMS == nil)
        let other = try Prepared(.of("openai", "gpt", [.requestTimeoutMS: .integer(7)]))
        #expect(other.deployment.timeoutMS == 7)
    }

    @Test(
        "says why it cannot serve",
        arguments: [
            (
                Deployment.of("hosted_vllm", "m"),
                ResolvedDeployment.Readiness.invalid("no api_base")
            ),
            (.of("openai", "m", base: "ftp://x"), .invalid("api_base is no http(s) URL")),
            (.of("openai", "m", [.isBlocked: .bool(true)]), .blocked),
            (.of("bedrock", "m", [.mockResponse: .text(.literal("hi"))]), .ready),
        ]
    )
    func readiness(deployment: Deployment, expected: ResolvedDeployment.Readiness) throws {
        #expect(try Prepared(deployment).deployment.readiness == expected)
    }

    @Test(
        "finds the URL of an endpoint",
        arguments: [
            ("openai", "http://up.test:8000/v1/", Endpoint.chatCompletions, "/v1/chat/completions"),
            ("hosted_vllm", "http://up.test:8000/v1", .tokenize, "/tokenize"),
            (
                "azure", "http://up.test:8000", .chatCompletions,
                "/openai/deployments/gpt/chat/completions?api-version=2025-02-01-preview"
            ),
        ]
    )
    func urls(prefix: String, base: String, endpoint: Endpoint, expected: String) throws {
        let deployment = try Prepared(.of(prefix, "gpt", base: base)).deployment
        let url = try #require(deployment.url(endpoint, model: "gpt", version: nil))
        #expect(url.origin == Origin(isTLS: false, host: "up.test", port: 8000))
        #expect((url.query.isEmpty ? url.path : url.path + "?" + url.query) == expected)
    }

    @Test("lets a client's api-version win, and keeps the URLs of both")
    func versions() throws {
        let prepared = try Prepared(
            .of("azure", "gpt", base: "https://a.test"),
            credential: [.apiVersion: .text(.literal("2024-10-21"))]
        )
        func version(_ asked: String?) -> String? {
            prepared.deployment.url(.chatCompletions, model: "gpt", version: asked)?.query
        }
        #expect(version(nil) == "api-version=2024-10-21")
        #expect(version("2") == "api-version=2")
        #expect(version(nil) == "api-version=2024-10-21")
    }

    @Test("joins the table's default parameters with the deployment's own, which win")
    func defaults() throws {
        let prepared = try Prepared(
            .of(
                "openai",
                "gpt",
                [
                    .defaultParameters: .json([.literal(#""seed":2"#)]),
                    .extraBody: .json([.literal(#""tag":"#), .variable("TAG")]),
                    .additionalDropParams: .list([.literal("user")]),
                ]
            ),
            settings: [.defaultParameters: .json([.literal(#""seed":1,"top_k":3"#)])],
            values: ["os.environ/TAG": #"a"b"#]
        )
        let policy = prepared.deployment.policy
        let texts = (policy.defaults.entries + policy.extraBody.entries).map {
            String(decoding: $0.text, as: UTF8.self)
        }
        #expect(texts.sorted() == [#""seed":2"#, #""tag":"a\"b""#, #""top_k":3"#])
        #expect(policy.droppedKeys == [Array("user".utf8)])
    }

    @Test("shows its base without a query")
    func shownBase() throws {
        let prepared = try Prepared(.of("openai", "gpt", base: "https://a.test/v1?sig=secret"))
        #expect(prepared.deployment.shownBase == "https://a.test/v1")
    }
}

@Suite("Header lines")
struct HeaderLinesTests {
    @Test(
        "leave out names that are no tokens or that frame the message",
        arguments: [
            "", "a b", "a:b", "a\r\nb", "ä", "Host", "Content-Length", "transfer-encoding", "TE",
        ]
    )
    func refusedNames(name: String) {
        var lines = HeaderLines()
        lines.set(name, "x")
        #expect(lines.bytes.isEmpty)
        #expect(lines.names.isEmpty)
    }

    @Test("never let a value end its line")
    func hostileValues() {
        var lines = HeaderLines()
        lines.set("x-a", "one\r\nx-b: two\0\u{7F}")
        #expect(String(decoding: lines.bytes, as: UTF8.self) == "x-a: one  x-b: two  \r\n")
    }
}
