import Testing

@testable import RouteConfig

@Suite("Secrets in quoted lines")
struct SecretScannerTests {
    /// The last line of a text as a diagnostic quotes it.
    private static func shown(_ text: String) -> String {
        let file = SourceFile(name: "gateway.yaml", bytes: Array(text.utf8))
        let last = text.split(separator: "\n", omittingEmptySubsequences: false).count
        let lines = MaskedLines(files: [file], secrets: SecretSet())
        return lines.line(last, ofFile: 0)?.quoted(column: 1).line ?? ""
    }

    @Test(
        "are hidden, and the keys around them shown",
        arguments: [
            ("api_key: hunter", "api_key: ***"),
            ("api_key: &k hunter # mine", "api_key: &k *** # ***"),
            ("{api_key: 'a, b}', rpm: many}", "{api_key: ***, rpm: many}"),
            ("{\"api_key\":\"hunter\",\"rpm\":1}", "{\"api_key\":***,\"rpm\":1}"),
            ("api_key hunter", "api_key ***"),
            ("- api_key hunter", "- api_key ***"),
            ("api_key: hunter: : :", "api_key: ***"),
            ("api_key: ${OTHER:-hunter}", "api_key: ***"),
            ("slack_webhook: hunter", "slack_webhook: ***"),
            ("nobody_knows: hunter", "nobody_knows: ***"),
            ("timeout: many # was: hunter", "timeout: many # ***"),
            ("environment_variables: {A: b, C: d}", "environment_variables: {A: ***, C: ***}"),
            ("environment_variables:\n  A: hunter", "  A: ***"),
            ("environment_variables:\n- A=hunter", "- ***"),
            ("environment_variables:\n- name: A\n  value: hunter", "  value: ***"),
            ("environment_variables: {\nA: hunter", "A: ***"),
            ("extra_headers:\n  model: hunter", "  model: ***"),
            ("api_key: |\n  hunter: 2", "  ***"),
            ("api_key: \"one\n  hunter\" : :", "  ***\" : :"),
            ("x: {api_key: one\n  hunter, rpm: 1}", "  ***, rpm: 1}"),
            ("x: {api_key:\nhunter}", "***}"),
            ("api_key: *hunter", "api_key: ***"),
            ("api_key: !hunter", "api_key: ***"),
            ("api_key: &hunter", "api_key: ***"),
            ("api_key: >hunter", "api_key: ***"),
            ("{api_key: *hunter, a: !hunter}", "{api_key: ***, a: ***}"),
            ("list:\n- A=hunter", "- A=***"),
        ]
    )
    func hidden(text: String, expected: String) {
        #expect(Self.shown(text) == expected)
    }

    @Test(
        "do not take the rest of the configuration with them",
        arguments: [
            "api_key: os.environ/A_KEY", "api_key: file:/run/secrets/key",
            "a: &shared b\napi_key: *shared",
            "{a: &k 1, api_key: *k}", "{api_key: null, model: openai/gpt-4o}",
            "model: anthropic/claude-3-5-sonnet-20241022",
            "api_base: http://host:8000/v1", "api_base: http://host/models/gemini@001",
            "environment_variables:\n  A: os.environ/B",
            "environment_variables:\n  A: b\nrpm: many",
            "environment_variables: {A: b}\nmodel: a", "master_key: a\nmodel: a",
            "fallbacks:\n- gpt-4o: [gpt-4o-mini, other]", "model_group_alias: {fast: gpt-4o-mini}",
            "input_cost_per_token: 0.000001", "max_tokens: 5", "nobody_knows: 17", "alias: a",
            "- just a text", "routing_strategy: usage-based-routing-v2", "api_key: \"\"",
            "api_key: ${A_KEY}", "api_key: !!str os.environ/A", "key: |-",
        ]
    )
    func left(text: String) {
        #expect(Self.shown(text) == text.split(separator: "\n").last.map(String.init))
    }

    @Test(
        "are found by their looks in any text",
        arguments: [
            ("see https://u:p@host/a?sig=1&v=2#x now", "see https://***@host/a?sig=***&v=*** now"),
            ("https://hooks.slack.com/services/T/B/x", "https://hooks.slack.com/***"),
            ("redis://:pa/ss@host:6379/0", "redis://***@host:6379/0"),
            ("token sk-abcdefgh.", "token ***"),
            ("Bearer abcdef", "***"),
            ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "id ***"),
            ("0123456789abcdef0123456789abcdef", "***"),
        ]
    )
    func looks(text: String, expected: String) {
        #expect(SecretMask.masked(text).hasPrefix(expected))
        #expect(
            SecretMask.masked("context_window_fallbacks of http://[::1]:80/v1 at 2024-10-21")
                == "context_window_fallbacks of http://[::1]:80/v1 at 2024-10-21"
        )
    }

    @Test("are known again under another name, in lines and in messages")
    func again() {
        let decoded = Decoded(
            """
            model_list:
            - model_name: a
              litellm_params: {model: openai/a, api_key: &k hunter-two, order: *k}
            router_settings: {routing_strategy: *k, num_retries: hunter-two}
            """
        )
        #expect(decoded.reported.count >= 3)
        let printers = [
            decoded.sink.diagnostics.map(
                DiagnosticText(files: decoded.sink.files, secrets: decoded.sink.secrets).render
            ).joined(),
            DiagnosticJSON(files: decoded.sink.files, secrets: decoded.sink.secrets)
                .render(decoded.sink.diagnostics),
        ]
        for text in printers {
            #expect(!text.contains("hunter-two"))
            #expect(text.contains("unknown routing_strategy ***"))
        }
    }
}
