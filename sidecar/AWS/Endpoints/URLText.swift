/// The parts of a base URL. Whatever could make another host of it is refused: user names, queries,
/// fragments, white space.
struct URLText {
    let isTLS: Bool
    let host: String
    let port: Int?
    /// Without slashes at its end.
    let path: String

    init?(_ url: String) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        switch url[..<scheme.lowerBound].lowercased() {
        case "https": isTLS = true
        case "http": isTLS = false
        default: return nil
        }
        let rest = url[scheme.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = Self.hostAndPort(rest[..<slash]) else { return nil }
        self.host = host
        self.port = port
        var path = rest[slash...]
        while path.hasSuffix("/") { path.removeLast() }
        guard path.utf8.allSatisfy(Self.isPathByte) else { return nil }
        self.path = String(path)
    }

    private static func hostAndPort(_ text: Substring) -> (host: String, port: Int?)? {
        var host = text
        var port: Int?
        let hostEnd = text.hasPrefix("[") ? text.firstIndex(of: "]") : text.startIndex
        guard let hostEnd else { return nil }
        if let colon = text[hostEnd...].firstIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
                let number = Int(digits), (1...65_535).contains(number)
            else { return nil }
            port = number
            host = text[..<colon]
        }
        guard isHost(host) else { return nil }
        return (String(host), port)
    }

    private static func isHost(_ host: Substring) -> Bool {
        guard (1...255).contains(host.utf8.count) else { return false }
        if host.hasPrefix("[") {
            return host.hasSuffix("]") && host.utf8.count > 3
                && host.dropFirst().dropLast().utf8.allSatisfy { byte in
                    byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") || isHexDigit(byte)
                }
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty
                && label.utf8.allSatisfy { $0 != UInt8(ascii: "~") && isLabelByte($0) }
        }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        PercentEncoding.isUnreserved(byte) && byte != UInt8(ascii: ".")
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    /// What may stand in a path as it is (RFC 3986 §3.3).
    private static func isPathByte(_ byte: UInt8) -> Bool {
        PercentEncoding.isUnreserved(byte) || Array("/%!$&'()*+,;=:@".utf8).contains(byte)
    }
}
