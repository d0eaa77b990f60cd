import POSIX
import RouteConfig
import Testing

/// Golden files: `Fixtures/NAME.yaml` and what is printed for it. Set SIDEGATE_WRITE_FIXTURES=1 to
/// write them anew, and review the difference.
@Suite("Diagnostics as they are printed")
struct DiagnosticTextTests {
    private static let folder = {
        var path = #filePath
        path.removeLast(path.split(separator: "/").last?.count ?? 0)
        return path + "Fixtures/"
    }()

    @Test(
        "are what the golden file says",
        arguments: [
            "yaml", "keys", "secrets", "models", "routing", "strategies", "sidegate",
        ]
    )
    func golden(name: String) throws {
        let source = try File.read(Self.folder + name + ".yaml", sizeMax: 1 << 20)
        let decoded = Decoded(String(decoding: source, as: UTF8.self))
        let printed = Array(decoded.text.utf8)
        let path = Self.folder + name + ".diagnostics"
        if ProcessEnvironment.value("SIDEGATE_WRITE_FIXTURES") == "1" {
            try File.writeAtomically(path, printed)
        }
        let expected = try File.read(path, sizeMax: 1 << 20)
        #expect(
            String(decoding: printed, as: UTF8.self) == String(decoding: expected, as: UTF8.self)
        )
        #expect(!printed.isEmpty)
    }

    @Test("put the caret under the place, whatever is before it")
    func caret() throws {
        let wide = Decoded("router_settings: {\"漢é\": 1, routing_strategy: nope}\n").text
        let lines = wide.split(separator: "\n").map(String.init)
        let quoted = try #require(lines.lastIndex { $0.contains("nope}") })
        // Two columns for the wide character, one for the accented letter.
        let before = "router_settings: {\"xxé\": 1, routing_strategy: "
        #expect(lines[quoted + 1] == "    " + String(repeating: " ", count: before.count) + "^")
        let tab = Decoded("router_settings: {\"a\":\t1, routing_strategy:\tnope}\n").text
        #expect(tab.contains("\n" + String(repeating: " ", count: 26) + "\t"))
        #expect(tab.contains("\t^\n"))
    }

    @Test(
        "never show a secret",
        arguments: [
            "  api_key: sk-abcdef123456 # mine",
            "  - {model_name: a, litellm_params: {api_key: 'hunter22', model: 5}}",
            "  aws_secret_access_key: \"a, b}hunter22\"",
            "  redis_url: redis://:hunter22@host:6379",
            "  password: x, hunter22}",
            "  url: https://user:hunter22@host/",
            "  other: [sk-hunter22abc]",
        ]
    )
    func masks(line: String) {
        let decoded = Decoded("general_settings:\n  unknown: {\n" + line + " : : :\n")
        let texts =
            decoded.text
            + DiagnosticJSON(files: decoded.sink.files)
            .render(decoded.sink.diagnostics)
        #expect(!texts.contains("hunter22"))
        #expect(!texts.contains("abcdef123456"))
    }

    @Test("show references, since they are no secrets")
    func references() {
        let decoded = Decoded(
            "model_list:\n- {model_name: 5, litellm_params: {api_key: os.environ/A_KEY}}\n"
        )
        #expect(decoded.text.contains("os.environ/A_KEY"))
    }

    @Test("are JSON for programs")
    func json() {
        let decoded = Decoded("router_settings:\n  num_retries: \"many\\\"\"\n")
        let json = DiagnosticJSON(files: decoded.sink.files).render(decoded.sink.diagnostics)
        #expect(json.contains("\"severity\":\"warning\",\"code\":\"SG0022\""))
        #expect(json.contains("\"file\":\"gateway.yaml\",\"line\":2,\"column\":16"))
    }

    @Test("become errors under --strict")
    func strict() {
        let text = "litellm_settings:\n  dropparams: true\n"
        #expect(Decoded(text).reported == ["warning SG0020 2:3"])
        #expect(Decoded(text, isStrict: true).reported == ["error SG0020 2:3"])
    }
}
