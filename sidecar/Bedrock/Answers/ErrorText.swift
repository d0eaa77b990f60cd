internal import JSON

/// What an error's body says, in whichever of AWS' forms it has.
struct ErrorText {
    /// `__type`, else `code`; empty when there is neither.
    private(set) var name = ""
    /// `message`, else `Message`, else `originalMessage`, else the body itself.
    private(set) var message = ""

    private enum Field: Int {
        case lower, upper, original, type, code
    }

    private static let names = JSONNames([
        "message", "Message", "originalMessage", "__type", "code",
    ])
    /// A body that is not JSON is repeated to the client up to here, in bytes.
    private static let rawBytesMax = 2048
    /// A message that is longer says the same again, in bytes.
    private static let messageBytesMax = 8192

    init(_ body: RawSpan, scanner: JSONScanner) {
        guard let found = try? scanner.scan(body, names: Self.names) else {
            message = Self.text(body, bytesMax: Self.rawBytesMax)
            return
        }
        var texts: [Field: String] = [:]
        for index in found {
            let member = scanner[index]
            guard let field = member.name.flatMap(Field.init), member.kind == .string else {
                continue
            }
            texts[field] = JSONScalars.string(of: body, at: member.value)
        }
        name = texts[.type] ?? texts[.code] ?? ""
        let said = [texts[.lower], texts[.upper], texts[.original]]
        let first = said.lazy.compactMap { $0 }.first { !$0.isEmpty }
        message = first.map { Self.cut($0) } ?? Self.text(body, bytesMax: Self.rawBytesMax)
    }

    private static func text(_ body: RawSpan, bytesMax: Int) -> String {
        String(decoding: body.array(0..<min(body.byteCount, bytesMax)), as: UTF8.self)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > messageBytesMax else { return text }
        return String(decoding: text.utf8.prefix(messageBytesMax), as: UTF8.self)
    }
}
