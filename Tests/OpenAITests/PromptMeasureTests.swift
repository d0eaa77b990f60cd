import JSON
import TestSupport
import Testing

@testable import OpenAI

@Suite("PromptMeasure")
struct PromptMeasureTests {
    private func measure<R>(
        _ text: String,
        _ body: (PromptMeasure, RawSpan) throws -> R
    ) throws -> R {
        let bytes = Array(text.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        return try body(PromptMeasure(facts), bytes.span.bytes)
    }

    private func tokens(_ text: String) throws -> Int {
        try measure(text) { $0.tokens(in: $1) }
    }

    private func prefix(_ text: String, _ bytesMax: Int) throws -> [String] {
        let bytes = Array(text.utf8)
        let prefix = try measure(text) { measure, _ in measure.prefix(bytesMax: bytesMax) }
        return [prefix.first, prefix.second].map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    // MARK: - Tokens

    /// Texts, and how many tokens `cl100k_base` makes of them.
    private static let texts: [(text: String, tokens: Int)] = [
        (
            "The gateway reads each request once. It looks up the model, chooses one of the d"
                + "eployments that can serve it, and passes the body on without changing a byte tha"
                + "t it does not have to change. When an upstream fails before anything was sent to"
                + " the client, the next deployment is tried; when all of them fail, the first erro"
                + "r is the answer, since that is the one that says what went wrong.",
            82
        ),
        (
            "Das Gateway liest jede Anfrage genau einmal. Es sucht das Modell heraus, wählt e"
                + "ine der Bereitstellungen, die es bedienen können, und reicht den Inhalt weiter, "
                + "ohne ein Byte zu ändern, das es nicht ändern muss. Fällt ein Server aus, bevor e"
                + "twas gesendet wurde, so wird der nächste gefragt; fallen alle aus, ist der erste"
                + " Fehler die Antwort.",
            86
        ),
        (
            "La passerelle lit chaque requête une seule fois. Elle cherche le modèle, choisit"
                + " l'un des déploiements qui peuvent le servir et transmet le corps sans changer u"
                + "n octet qu'elle n'est pas obligée de changer. Quand un serveur échoue avant que "
                + "rien n'ait été envoyé, on essaie le suivant.",
            75
        ),
        (
            "Шлюз читает каждый запрос только один раз. Он находит модель, выбирает один из с"
                + "ерверов, которые могут её обслужить, и передаёт тело дальше, не меняя ни одного "
                + "байта без необходимости. Если сервер отказал до того, как что-либо было отправле"
                + "но, пробуется следующий.",
            102
        ),
        (
            "网关对每个请求只读取一次。它查找模型，从可用的部署中选择一个，并将请求体原样转发，不改变任何不必改变的字节。如果上游在向客户端发送任何内容之前失败，就会尝试下一"
                + "个部署；如果全部失败，第一个错误就是答案。",
            91
        ),
        (
            "ゲートウェイは各リクエストを一度だけ読みます。モデルを探し、それを提供できるデプロイの中から一つを選び、変える必要のないバイトは変えずに本文をそのまま渡します。"
                + "上流が失敗した場合は次を試します。",
            97
        ),
        (
            "def chunks(data: bytes, size: int = 4096) -> Iterator[bytes]:\n    \"\"\"Cuts da"
                + "ta into pieces of at most `size` bytes.\"\"\"\n    for start in range(0, len(dat"
                + "a), size):\n        yield data[start:start + size]\n\n\nclass Counter:\n    def "
                + "__init__(self, limit: int) -> None:\n        self.limit = limit\n        self.se"
                + "en: dict[str, int] = {}\n\n    def add(self, key: str) -> bool:\n        self.se"
                + "en[key] = self.seen.get(key, 0) + 1\n        return self.seen[key] <= self.limit"
                + "\n",
            133
        ),
        (
            "2024-05-01 12:30:45.123 GET /v1/models 200 0.0123\n2024-05-01 12:30:46.007 POST "
                + "/v1/chat/completions 200 1.9981\n2024-05-01 12:30:47.518 POST /v1/chat/completio"
                + "ns 429 0.0031\n2024-05-01 12:31:02.940 GET /health 200 0.0009\n",
            112
        ),
    ]

    @Test("comes within a fifth of the tokens that a tokenizer makes", arguments: texts.indices)
    func accuracy(index: Int) throws {
        let (text, expected) = Self.texts[index]
        var writer = JSONWriter()
        writer.string(text)
        let plain = String(decoding: writer.bytes, as: UTF8.self)
        // What Python's json module writes unless it is told otherwise.
        let escaped = plain.utf16.map { unit in
            let hex = String(unit, radix: 16)
            return unit < 0x80
                ? String(UnicodeScalar(UInt8(unit)))
                : "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }.joined()
        for quoted in [plain, escaped] {
            let found = try tokens(#"{"prompt":\#(quoted)}"#) - 3
            #expect(abs(found - expected) * 5 <= expected, "\(found) for \(expected)")
        }
    }

    @Test("counts what a message costs beside its text, and not its keys")
    func messages() throws {
        let text = String(repeating: "word ", count: 100)
        let bare = try tokens(#"{"prompt":"\#(text)"}"#)
        #expect(try tokens("{}") == 3)
        let one = try tokens(#"{"messages":[{"role":"user","content":"\#(text)"}]}"#)
        #expect((bare + 3...bare + 6).contains(one))
        let parts = #"[{"type":"text","text":"\#(text)"}]"#
        let listed = try tokens(#"{"messages":[{"role":"user","content":\#(parts)}]}"#)
        #expect((one...one + 4).contains(listed))
        let input = try tokens(#"{"instructions":"\#(text)","input":"\#(text)"}"#)
        #expect(input == 2 * bare - 3)
        #expect(try tokens(#"{"prompt":[1,22,333]}"#) == 6)
        #expect(try tokens(#"{"messages":null,"prompt":7}"#) == 4)
    }

    @Test("counts tools with the keys of their schemas")
    func tools() throws {
        let tool =
            #"[{"type":"function","function":{"name":"f","parameters":{"a_long_key_name":1}}}]"#
        #expect(try tokens(#"{"tools":\#(tool)}"#) > 15)
    }

    @Test("counts images as images, whatever they weigh")
    func images() throws {
        let base64 = String(repeating: "iVBORw0KGgo/+", count: 20_000)
        for image in [
            #"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(base64)"}}"#,
            #"{"type":"image_url","image_url":"https://example.com/a.png"}"#,
            #"{"type":"input_audio","input_audio":{"data":"\#(base64)","format":"wav"}}"#,
        ] {
            let count = try tokens(#"{"messages":[{"role":"user","content":[\#(image)]}]}"#)
            #expect((250...270).contains(count), "\(count)")
        }
    }

    @Test("counts text as text, whatever it looks like")
    func disguised() throws {
        let word = String(repeating: "abcdefgh", count: 10_000)
        let prose = String(repeating: " word", count: 10_000)
        for text in [
            word, "data:a," + word, "data:text/plain," + String(repeating: "x", count: 260) + prose,
        ] {
            for body in [
                #"{"prompt":"\#(text)"}"#, #"{"prompt":["\#(text)"]}"#, #"{"system":"\#(text)"}"#,
                #"{"messages":[{"role":"user","content":"\#(text)"}]}"#,
                #"{"messages":[{"role":"user","content":[{"type":"text","text":"\#(text)"}]}]}"#,
                #"{"messages":[{"data":1,"content":"\#(text)"}]}"#, #"{"input":"\#(text)"}"#,
                #"{"tools":[{"function":{"url":"\#(text)"}}]}"#,
            ] {
                #expect(try tokens(body) > 5_000, "\(body.prefix(80))")
            }
        }
        let document = #"{"source":{"data":"data:text/plain,\#(prose)"}}"#
        #expect(try tokens(#"{"messages":[{"content":[\#(document)]}]}"#) > 5_000)
    }

    @Test("reads any body without harm")
    func random() throws {
        var random = SeededRandom.make()
        let pieces = [
            #"\n"#, #"\u00e9"#, #"\ud83d\ude00"#, #"\\"#, #"\""#, "word ", "7", "é", "漢", "data:,",
            String(repeating: "A", count: 1030), "image_url", #"\/"#,
        ]
        for _ in 0..<500 {
            let text = (0..<10).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let body =
                #"{"messages":[{"\#(text)":["\#(text)",{"x":"\#(text)"}]}],"system":"\#(text)"}"#
            #expect(try tokens(body) > 0)
            for bytesMax in [0, 1, 100, 10_000] {
                #expect(try prefix(body, bytesMax).joined().utf8.count <= bytesMax + 6)
            }
        }
    }

    // MARK: - Prefixes

    @Test(
        "says how a prompt begins, without what is around it",
        arguments: [
            (#"{"messages":[{"role":"user"}],"model":"m"}"#, 10, "", #"{"role":"u"#),
            (#"{"messages":[{}],"system":"abc"}"#, 100, "abc", "{}"),
            (#"{"messages":[{}],"system":"abc"}"#, 2, "ab", ""),
            (#"{"messages":[{}],"system":"abc"}"#, 4, "abc", "{"),
            (#"{"messages":[1],"system":null,"prompt":"x"}"#, 9, "", "1"),
            (#"{"prompt":"hello"}"#, 4, "hell", ""), (#"{"prompt":["a","b"]}"#, 9, #""a","b""#, ""),
            (#"{"input":"in","instructions":"be"}"#, 9, "be", "in"),
            (#"{"input":"in"}"#, 1, "", "i"), ("{}", 9, "", ""), (#"{"messages":[]}"#, 9, "", ""),
            (#"{"prompt":"hello"}"#, 0, "", ""),
        ]
    )
    func prefixes(text: String, bytesMax: Int, first: String, second: String) throws {
        #expect(try prefix(text, bytesMax) == [first, second])
    }

    @Test("is the same for prompts that begin alike, wherever they are in their bodies")
    func alike() throws {
        let one = try prefix(#"{"model":"a","messages":[{"content":"same start, then one"}]}"#, 25)
        let two = try prefix(#"{"messages":[{"content":"same start, then two"}],"n":1}"#, 25)
        #expect(one == two)
    }
}
