import JSON
import OpenAI
import RouteTable
import Testing
import Upstream

@testable import Providers

@Suite("A client's credentials")
struct ClientCredentialsTests {
    private static let secrets = ["sk-table", "org-table", "x-secret", "extra-secret"]

    private func prepared(allowing names: [String] = []) throws -> Prepared {
        try Prepared(
            .of(
                "openai",
                "gpt",
                base: "https://table.test/v1",
                [
                    .clientsideAuthParams: .list(names.map { .literal($0) }),
                    .extraHeaders: .list([
                        .literal("api-key"), .literal("x-secret"), .literal("x-team"),
                        .literal("a"),
                    ]),
                    .extraBody: .json([.literal(#""token":"extra-secret""#)]),
                ]
            ),
            credential: [
                .apiKey: .text(.secret("sk-table")), .organization: .text(.literal("org-table")),
            ]
        )
    }

    private func read(_ text: String) throws -> ClientCredentials? {
        let bytes = Array(text.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        return ClientCredentials(facts, body: bytes.span.bytes)
    }

    @Test("are read from the body")
    func reading() throws {
        #expect(try read(#"{"model":"m"}"#) == nil)
        #expect(try read(#"{"model":"m","api_version":"1"}"#) == nil)
        #expect(try read(#"{"api_key":7,"api_base":null,"base_url":""}"#) == nil)
        let key = try read(#"{"api_key":"sk-\u0061","model":"m"}"#)
        #expect(key == ClientCredentials(apiKey: "sk-a"))
        let base = try read(#"{"base_url":"http://a","api_base":"http://b"}"#)
        #expect(base == ClientCredentials(base: "http://b"))
    }

    @Test(
        "change nothing where the table does not allow them",
        arguments: [
            [], ["temperature"], ["api_version"],
        ]
    )
    func refused(names: [String]) throws {
        let deployment = try prepared(allowing: names).deployment
        let client = ClientCredentials(apiKey: "sk-client", base: "https://client.test")
        #expect(try deployment.using(client, allowsAll: false) === deployment)
    }

    @Test("replace the table's key, whatever header it is in")
    func key() throws {
        let deployment = try prepared(allowing: ["api_key"]).deployment
        let client = ClientCredentials(apiKey: "sk-client", base: "https://client.test")
        let used = try deployment.using(client, allowsAll: false)
        #expect(Prepared.headers(of: used) == ["authorization: Bearer sk-client", "x-team: a"])
        #expect(used.shownBase == "https://table.test/v1")
        let url = used.url(.chatCompletions, model: "gpt", version: nil)
        #expect(url?.origin.host == "table.test")
    }

    @Test(
        "never take the table's secrets to a base of the client's own",
        arguments: [nil, "sk-client"]
    )
    func base(key: String?) throws {
        for (names, allowsAll) in [(["api_base", "api_key"], false), ([], true)] {
            let deployment = try prepared(allowing: names).deployment
            let client = ClientCredentials(apiKey: key, base: "https://client.test/v1")
            let used = try deployment.using(client, allowsAll: allowsAll)
            let url = used.url(.chatCompletions, model: "gpt", version: nil)
            #expect(url?.origin.host == "client.test")
            #expect(
                Prepared.headers(of: used) == (key.map { ["authorization: Bearer \($0)"] } ?? [])
            )
            let body = used.policy.extraBody.entries.map {
                String(decoding: $0.text, as: UTF8.self)
            }
            for secret in Self.secrets {
                #expect(!String(decoding: used.headerLines, as: UTF8.self).contains(secret))
                #expect(!body.joined().contains(secret))
            }
            // A label for each of a client's own inventions would be one too many.
            #expect(used.shownBase == "")
        }
    }

    @Test("take no provider's key from the environment to a base of the client's own")
    func environmentKey() throws {
        let prepared = try Prepared(.of("openai", "gpt"), environment: ["OPENAI_API_KEY": "sk-env"])
        let client = ClientCredentials(base: "https://client.test")
        let used = try prepared.deployment.using(client, allowsAll: true)
        #expect(used.headerLines.isEmpty)
    }

    @Test(
        "are refused with a base that is no URL",
        arguments: [
            "ftp://a", "file:///etc/passwd", "http://", "a b", "http://user:pw@host/",
        ]
    )
    func badBase(base: String) throws {
        let deployment = try prepared().deployment
        let error = #expect(throws: OpenAIError.self) {
            _ = try deployment.using(ClientCredentials(base: base), allowsAll: true)
        }
        #expect(error?.status == 400)
        #expect(error?.param == "api_base")
    }
}
