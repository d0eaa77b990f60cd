import Discovery
import Testing
import YAML

@Suite("A file with a list of models")
struct ModelListFileTests {
    private func model(_ name: String, tokens: Int64? = nil) throws -> DiscoveredModel {
        let length = tokens.map { "\($0)" } ?? "null"
        let body = #"{"data": [{"id": "\#(name)", "max_model_len": \#(length)}]}"#
        let address = try ServerAddress("http://vllm:8000")
        let answer = try ModelAnswer(Array(body.utf8), from: address, apiKey: nil, version: nil)
        return try #require(answer.models.first)
    }

    private func update(_ text: String, _ found: [DiscoveredModel]) throws -> (String, [Int]) {
        let file = try ModelListFile(Array(text.utf8))
        let source = ModelListFile.Source.server(try ServerAddress("http://vllm:8000"))
        let update = try file.updated(with: found, of: [source])
        let counts = [update.added, update.updated, update.removed, update.skipped]
        return (String(decoding: update.text, as: UTF8.self), counts)
    }

    private static let entry = """
          - model_name: a
            litellm_params:
              model: hosted_vllm/a
              api_base: http://vllm:8000/v1
            model_info:
              id: discovered/vllm:8000/v1/a

        """

    @Test("gets what is new, keeps what is there, and is left alone the next time")
    func adding() throws {
        let (text, counts) = try update("model_list: [] # none yet\n", [model("a")])
        #expect(text == "model_list: # none yet\n" + Self.entry)
        #expect(counts == [1, 0, 0, 0])
        let (again, none) = try update(text, [model("a")])
        #expect(again == text)
        #expect(none == [0, 0, 0, 0])
    }

    @Test("loses what its server has no more, and nothing of another server")
    func removing() throws {
        let other = Self.entry.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\n").replacing("vllm:8000", with: "other:8000")
        let (text, counts) = try update("model_list:\n" + Self.entry + other, [model("b")])
        let expected =
            other
            + Self.entry.replacing("model_name: a", with: "model_name: b")
            .replacing("/a\n", with: "/b\n")
        #expect(text == "model_list:\n" + expected)
        #expect(counts == [1, 0, 1, 0])
    }

    @Test("has its entries updated where they stand, comments behind them kept")
    func updating() throws {
        let before = "model_list:\n" + Self.entry + "      # a note\n  - model_name: mine\n"
        let (text, counts) = try update(before, [model("a", tokens: 512)])
        let added = "      max_model_len: 512\n      max_input_tokens: 512\n"
        #expect(
            text == "model_list:\n" + Self.entry + added + "      # a note\n  - model_name: mine\n"
        )
        #expect(counts == [0, 1, 0, 0])
    }

    @Test("is not given what somebody has written already")
    func skipping() throws {
        let written = """
            model_list:
            - model_name: mine
              litellm_params: {model: openai/a, api_base: "http://vllm:8000/v1/"}

            """
        let (text, counts) = try update(written, [model("a")])
        #expect(text == written)
        #expect(counts == [0, 0, 0, 1])
    }

    @Test(
        "of another form is refused",
        arguments: ["model_list: [a]", "- a", "a: [", "a: 1\n---\nb: 2", "model_list: {a: 1}"]
    )
    func refusing(text: String) throws {
        #expect(throws: DiscoveryError.self) { try update(text, [model("a")]) }
    }

    @Test("keeps a text without an end of its last line as it is while nothing changes")
    func lastEnd() throws {
        #expect(try update("a: 1", []).0 == "a: 1")
        #expect(
            try update("a: 1\r\nb: 2", [model("a")]).0.hasPrefix("a: 1\r\nb: 2\nmodel_list:\r\n")
        )
    }
}
