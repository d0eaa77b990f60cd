import OpenAI
import TestSupport
import Testing

@Suite("MultipartFacts")
struct MultipartTests {
    private static let type = "multipart/form-data; boundary=XYZ"
    private static let body =
        "--XYZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;name=model.wav\"\r\n"
        + "Content-Type: audio/wav\r\n\r\n\u{0}--XY\r\n--XYz\r\r\n--XYZ\r\n"
        + "content-disposition:form-data;name=model\r\n\r\nwhisper\r\n--XYZ  \r\n"
        + "Content-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n--XYZ--\r\n"

    private func facts(_ body: String, _ type: String = type) throws -> MultipartFacts {
        let bytes = Array(body.utf8)
        return try MultipartFacts(bytes.span.bytes, contentType: type)
    }

    private func edited(_ body: String, model: String?) throws -> String {
        let bytes = Array(body.utf8)
        let facts = try MultipartFacts(bytes.span.bytes, contentType: Self.type)
        let edits = facts.edits(model: model.map { Array($0.utf8) }, body: bytes.span.bytes)
        return String(decoding: edits.apply(to: bytes.span.bytes), as: UTF8.self)
    }

    private static func part(_ name: String, _ value: String) -> String {
        "--XYZ\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    @Test("finds model and stream between other parts")
    func reads() throws {
        let facts = try facts(Self.body)
        #expect(facts.model == Array("whisper".utf8))
        #expect(facts.isStream)
        #expect(
            try edited(Self.body, model: "up/stream")
                == Self.body.replacing("whisper", with: "up/stream")
        )
        #expect(try edited(Self.body, model: "whisper") == Self.body)
        #expect(try edited(Self.body, model: nil) == Self.body)
    }

    @Test(
        "reads the boundary however it is written",
        arguments: [
            "Multipart/Form-Data; BOUNDARY=\"XYZ\"", "multipart/form-data;charset=x; boundary=XYZ ",
            "multipart/form-data; boundary=XYZ; x=y",
        ]
    )
    func boundaries(type: String) throws {
        #expect(try facts(Self.body, type).model == Array("whisper".utf8))
    }

    @Test(
        "refuses a content type without a proper boundary",
        arguments: [
            "multipart/form-data", "application/json; boundary=XYZ",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"a \"", "multipart/mixed; boundary=XYZ",
            "multipart/form-data; boundary=" + String(repeating: "x", count: 71),
        ]
    )
    func noBoundary(type: String) throws {
        let error = try #require(throws: OpenAIError.self) { _ = try facts(Self.body, type) }
        #expect(error.status == 400)
    }

    @Test("refuses every body that was cut short, and never misreads one")
    func everyCut() throws {
        let bytes = Array(Self.body.utf8)
        for count in 0..<(bytes.count - 2) {
            let cut = Array(bytes[..<count])
            #expect(throws: OpenAIError.self) {
                _ = try MultipartFacts(cut.span.bytes, contentType: Self.type)
            }
        }
    }

    @Test(
        "refuses parts that it cannot read",
        arguments: [
            "--XYZ\r\nX: y\r\n\r\n\r\n--XYZ--", "--XYZ\nContent-Disposition: form-data; name=a\n\n",
            part("model", "a") + part("model", "b") + "--XYZ--",
            part("mock_testing_fallbacks", "true") + "--XYZ--",
            String(repeating: part("a", "b"), count: 257) + "--XYZ--",
            "--XYZ\r\nContent-Disposition: form-data; name=a\r\nX: "
                + String(repeating: "x", count: 9000) + "\r\n\r\n\r\n--XYZ--",
        ]
    )
    func refused(body: String) throws {
        let error = try #require(throws: OpenAIError.self) { _ = try facts(body) }
        #expect(error.status == 400)
    }

    @Test("takes credentials out and puts a model in, wherever they are")
    func edits() throws {
        let key = Self.part("api_key", "sk")
        let tags = Self.part("tags", "[]")
        let n = Self.part("n", "1")
        let model = Self.part("model", "m")
        let end = "--XYZ--\r\n"
        for (body, wanted) in [
            (key + n + end, n + end), (n + key + end, n + end), (key + end, end),
            (key + tags + end, end), (key + tags + n + tags + key + end, n + end),
            (n + key + tags + n + end, n + n + end), (Self.part("api_key", "") + n + end, n + end),
        ] {
            #expect(try edited(body, model: nil) == wanted)
            let added = wanted.dropLast(end.count) + model + end
            #expect(try edited(body, model: "m") == added)
        }
        #expect(try edited(end, model: "m") == model + end)
    }

    @Test("reads random bytes without harm")
    func random() {
        var random = SeededRandom.make()
        let pieces = [
            "\r\n", "--XYZ", "--", "\r", "\n", ":", ";", "Content-Disposition", "name=", "\"",
        ]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...20, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let bytes = Array(text.utf8)
            guard let facts = try? MultipartFacts(bytes.span.bytes, contentType: Self.type) else {
                continue
            }
            let edits = facts.edits(model: [0x6D], body: bytes.span.bytes)
            let result = edits.apply(to: bytes.span.bytes)
            #expect(throws: Never.self) {
                let again = try MultipartFacts(result.span.bytes, contentType: Self.type)
                #expect(again.model == [0x6D])
            }
        }
    }
}
