import Bedrock
import JSON
import TestSupport
import Testing

@Suite("Numbers of embeddings")
struct EmbeddingNumberTests {
    private func answer(
        _ number: String,
        _ encoding: EmbeddingAnswer.Encoding
    ) throws(BedrockFailure) -> String {
        var answer = EmbeddingAnswer(model: "m", encoding: encoding, inputCount: 1)
        let body = Array("{\"embedding\":[\(number)],\"inputTextTokenCount\":1}".utf8)
        try answer.add(body.span.bytes, inputs: 0..<1, inputTokens: nil, scanner: JSONScanner())
        return String(decoding: try answer.body(), as: UTF8.self)
    }

    /// The four bytes of a vector of one number.
    private func bits(_ number: String) throws -> UInt32? {
        let body = try answer(number, .base64)
        let marker = #""embedding":""#
        guard let start = body.range(of: marker) else { return nil }
        var bits: UInt64 = 0
        for character in body[start...].prefix(6) {
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            guard let place = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt64(alphabet.distance(from: alphabet.startIndex, to: place))
        }
        return UInt32(truncatingIfNeeded: bits >> 4).byteSwapped
    }

    @Test("are those that the library reads, however they are written")
    func values() throws {
        var random = SeededRandom.make()
        for _ in 0..<2000 {
            let exponent = Int.random(in: -30...30, using: &random)
            let value = Double.random(in: -1...1, using: &random)
            let forms = [
                "\(value)", "\(Float(value))", "\(Float(value))e\(exponent)",
                "\(Int(value * 1e9))E+\(abs(exponent) % 20)", "\(Int(value * 1e18))",
                "0.000\(Int(abs(value) * 1e15))",
            ]
            for form in forms {
                // A small number's own text has an exponent already.
                guard let number = Double(form) else { continue }
                let wanted = Float(number)
                #expect(try bits(form) == wanted.bitPattern, "\(form)")
            }
        }
    }

    @Test("keep their digits as floats", arguments: ["-0.50", "1e-7", "12345678901234567890", "0"])
    func digits(number: String) throws {
        #expect(try answer(number, .float).contains("\"embedding\":[\(number)]"))
    }

    @Test(
        "are refused when they are none",
        arguments: [
            "01", "-", "1.", ".5", "1e", "+1", "0x1", "1e+", "nul", "NaN", "\"1\"", "[1]", "",
        ]
    )
    func refused(number: String) {
        #expect(throws: BedrockFailure.self) { try answer(number, .float) }
    }

    @Test("are refused as float32 when they do not fit", arguments: ["1e39", "1e400", "-1e39"])
    func tooLarge(number: String) throws {
        #expect(throws: BedrockFailure.self) { try answer(number, .base64) }
        #expect(try answer(number, .float).contains(number))
    }
}

extension String {
    /// Where the text after `marker` begins.
    fileprivate func range(of marker: String) -> Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(marker) { return index(start, offsetBy: marker.count) }
            start = index(after: start)
        }
        return nil
    }
}
