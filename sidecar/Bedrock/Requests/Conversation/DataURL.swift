/// A `data:` URL in base64 (RFC 2397), which is how OpenAI's clients send files.
struct DataURL {
    /// Lower case, without parameters; empty where the URL does not say it.
    let mediaType: String
    /// Standard base64, checked, without white space and with padding.
    let base64: String

    /// Nil for what is no such URL, or no base64.
    init?(_ text: String) {
        guard text.utf8.starts(with: "data:".utf8),
            let comma = text.utf8.firstIndex(of: UInt8(ascii: ","))
        else { return nil }
        let head = text[..<comma].dropFirst("data:".utf8.count).lowercased()
        var parts = head.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.popLast() == "base64", let base64 = Base64.checked(text[comma...].dropFirst())
        else { return nil }
        mediaType = parts.first.map { String(DataURL.trimmed($0)) } ?? ""
        self.base64 = base64
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// Base64 that stays base64: Bedrock takes what clients send, once it is in standard form.
enum Base64 {
    /// Without white space and with padding; nil for what is none, or empty.
    static func checked(_ text: Substring) -> String? {
        var characters = 0
        var padding = 0
        var hasSpace = false
        for byte in text.utf8 {
            if classes[Int(byte)] == .character, padding == 0 {
                characters += 1
            } else if byte == UInt8(ascii: "="), padding < 2 {
                padding += 1
            } else if classes[Int(byte)] == .space {
                hasSpace = true
            } else {
                return nil
            }
        }
        let missing = (4 - characters % 4) % 4
        guard characters > 0, missing < 3, padding == 0 || padding == missing else { return nil }
        var result =
            hasSpace
            ? String(decoding: text.utf8.filter { classes[Int($0)] != .space }, as: UTF8.self)
            : String(text)
        if padding < missing { result += String(repeating: "=", count: missing) }
        return result
    }

    /// Up to twelve bytes at the beginning of the data.
    static func head(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8.prefix(16) {
            guard let value = value(byte) else { break }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private enum Class {
        case character
        case space
        case other
    }

    private static let classes: [Class] = (0...255).map { byte in
        if value(UInt8(byte)) != nil { return .character }
        return byte == 0x20 || (0x09...0x0D).contains(byte) ? .space : .other
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
