import RouteTable
import Routing
import Testing

@testable import TableCompiler

@Suite("What explain prints")
struct ExplanationTextTests {
    private func explain(_ config: String, _ name: String) throws -> Explanation {
        let table = try RouteTable(bytes: TableWriter.encode(Compiled(config).contents))
        return try Explainer.explain(ExplainQuery(name: name), table: table)
    }

    @Test("is a few lines for a simple model")
    func simple() throws {
        let found = try explain(
            """
            model_list:
            - model_name: a
              litellm_params: {model: openai/gpt, api_key: os.environ/OPENAI_API_KEY}
              model_info: {id: one}
            """,
            "a"
        )
        let expected = """
            a: a model
            group a
              strategy: simple-shuffle
              tried in this order, each one failing:
                1. one: openai/gpt
                  first for 100 %; needs OPENAI_API_KEY
              retries: 2
              time-outs:
                600 s an attempt
                2 s to connect
                600 s for the whole request
              cooldown: 5 s; by status
              worst case: at most 3 attempts in 1 group, 600 s
            fallbacks
              after any failure: none: the error is the answer

            """
        #expect(ExplanationText.render(found) == expected)
    }

    @Test("holds no secret, in either form")
    func secrets() throws {
        let found = try explain(
            """
            model_list:
            - model_name: a
              litellm_params:
                model: openai/gpt
                api_base: https://user:hunter-two@host/v1?key=hunter-two
                api_key: hunter-two
                tags: [hunter-two]
              model_info: {id: hunter-two}
            """,
            "a"
        )
        for text in [ExplanationText.render(found), ExplanationJSON.render(found)] {
            #expect(!text.contains("hunter-two"))
            #expect(text.contains("***"))
        }
    }

    @Test("steers no terminal by a model's name")
    func controls() throws {
        let config = """
            model_list:
            - {model_name: "a\\e[2J", litellm_params: {model: openai/gpt, api_key: x}}
            """
        let text = ExplanationText.render(try explain(config, "a\u{1B}[2J"))
        #expect(!text.contains("\u{1B}"))
        let error = #expect(throws: ExplainError.self) { try explain(config, "b\u{1B}[2J") }
        #expect(error?.description.contains("\u{1B}") == false)
        #expect(error?.description.contains("near it") == true)
    }

    @Test(
        "rounds shares without saying more than is known",
        arguments: [
            (0, "0 %"), (0.001, "under 1 %"), (0.333, "33 %"), (0.995, "over 99 %"), (1, "100 %"),
        ]
    )
    func shares(share: Double, text: String) {
        #expect(Shown.percent(share) == text)
    }
}
