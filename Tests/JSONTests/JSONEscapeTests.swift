import JSON
import Testing

@Suite("JSONEscape")
struct JSONEscapeTests {
    /// What RFC 8259 §7 asks for, one scalar after the other.
    private static func reference(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{8}": result += "\\b"
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\u{C}": result += "\\f"
            case "\r": result += "\\r"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    @Test("escapes what it must, wherever in eight bytes it stands, and nothing else")
    func places() {
        let fillers: [Character] = ["x", " ", "~", "\u{7F}", "é", "😀", "\u{0}"]
        for value in UInt32(0)..<0x180 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            for filler in fillers {
                for place in 0..<17 {
                    let text =
                        String(repeating: filler, count: place) + String(Character(scalar))
                        + String(repeating: filler, count: 16 - place)
                    let quoted = String(decoding: JSONEscape.quoted(text), as: UTF8.self)
                    #expect(quoted == Self.reference(text))
                }
            }
        }
    }
}
