/// What Redis answers, in the terms of its protocol's second version (RESP2).
package enum RedisReply: Hashable, Sendable {
    /// A string of any bytes; also a status, as `OK`.
    case string([UInt8])
    case integer(Int)
    case array([RedisReply])
    /// No value: a key that is not there.
    case null
    /// An error within an array, as a script or a transaction can have it. An answer that is itself
    /// an error is thrown.
    case error(ServerError)

    /// The string's bytes.
    package var bytes: [UInt8]? {
        if case .string(let bytes) = self { bytes } else { nil }
    }

    /// The string, what is not UTF-8 replaced.
    package var text: String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The number, also one that came as a string of digits.
    package var integer: Int? {
        switch self {
        case .integer(let value): value
        case .string(let bytes): Int(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    /// The array's elements.
    package var elements: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var isNull: Bool { self == .null }

    /// Whether it is the status `OK`.
    package var isOK: Bool { self == .string([0x4F, 0x4B]) }
}

/// An error that Redis answered, as `-CODE text`.
package struct ServerError: Hashable, Sendable, CustomStringConvertible {
    /// The first word, in capitals by convention: `ERR`, `NOSCRIPT`, `MOVED`.
    package let code: String
    /// What follows it.
    package let text: String

    package init(code: String, text: String) {
        self.code = code
        self.text = text
    }

    /// From the line behind the `-`.
    package init(line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 1)
        code = parts.first.map(String.init) ?? "ERR"
        // A server that does not know a command repeats its arguments, as AUTH's password.
        let rest = parts.count > 1 ? parts[1] : ""
        self.text = String(rest[..<(rest.firstRange(of: Self.echo)?.lowerBound ?? rest.endIndex)])
    }

    private static let echo = ", with args beginning with"

    package var description: String { text.isEmpty ? code : "\(code) \(text)" }
}
