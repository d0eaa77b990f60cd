/// Header lines of a message, safe against values that would end their line. A name stands there
/// once: what is set last wins.
package struct HeaderLines {
    private var lines: [(name: String, value: String)] = []

    /// None yet.
    package init() {}

    /// Names in lower case, without values.
    var names: Set<[UInt8]> { Set(lines.map { Array($0.name.utf8) }) }

    /// `name: value\r\n` for each.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line.name.utf8
            bytes += [UInt8(ascii: ":"), 0x20]
            bytes += HeaderLines.printable(line.value)
            bytes += [0x0D, 0x0A]
        }
        return bytes
    }

    /// Each as it is sent, for signing.
    var pairs: [(name: String, value: String)] {
        lines.map { ($0.name, HeaderLines.text($0.value)) }
    }

    /// A value as it may stand in a field: a line break would begin another one.
    static func text(_ value: String) -> String {
        String(decoding: printable(value), as: UTF8.self)
    }

    private static func printable(_ value: String) -> [UInt8] {
        value.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
    }

    /// Names that are not tokens (RFC 9110 §5.6.2), and those that frame the message or belong to
    /// the connection, are left out; control characters in values become spaces.
    package mutating func set(_ name: String, _ value: String) {
        let lowercase = name.lowercased()
        guard !name.isEmpty, name.utf8.allSatisfy(HeaderLines.isToken),
            !HeaderLines.reserved.contains(lowercase)
        else { return }
        lines.removeAll { $0.name == lowercase }
        lines.append((lowercase, value))
    }

    /// - Parameter name: in lower case.
    mutating func remove(_ name: String) {
        lines.removeAll { $0.name == name }
    }

    /// What the transport writes itself: a second one would give the message two meanings.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade",
        "keep-alive", "proxy-connection", "expect", "accept-encoding",
    ]

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
