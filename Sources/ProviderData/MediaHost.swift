/// A host that images and files may be fetched from (`sidegate.media_hosts` and
/// `private_media_hosts`): `images.example.com`, `*.cdn.example.com`, `files.example.com:8443`, and
/// `http://files.default.svc` for one that is asked in plain text.
package struct MediaHost: Hashable, Sendable {
    package let isTLS: Bool
    /// In lower case, without brackets; without the star of a wildcard.
    package let name: String
    package let port: UInt16
    /// Whether any name below is meant, of one label more or several.
    package let isWildcard: Bool
    /// Whether its name may lead to private addresses, as those of a cluster's services do.
    package var mayBePrivate = false

    /// Nil for what is no such entry: user names, paths, stars elsewhere than in front.
    package init?(_ text: String) {
        var rest = Substring(text.lowercased())
        var isTLS = true
        if rest.hasPrefix("https://") {
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("http://") {
            isTLS = false
            rest = rest.dropFirst(7)
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        isWildcard = rest.hasPrefix("*.")
        if isWildcard { rest = rest.dropFirst(2) }
        let standardPort: UInt16 = isTLS ? 443 : 80
        guard let (name, port) = Self.split(rest, standardPort: standardPort) else { return nil }
        let isName = !name.contains(":") && !name.utf8.allSatisfy(Self.isDigitOrDot)
        // A wildcard over a whole top-level domain is a mistake, and one over addresses is none.
        guard !isWildcard || isName && name.contains(".") else { return nil }
        self.isTLS = isTLS
        self.name = name
        self.port = port
    }

    /// Whether a URL's host is one of this entry.
    package func matches(isTLS: Bool, host: String, port: UInt16) -> Bool {
        guard isTLS == self.isTLS, port == self.port else { return false }
        return isWildcard ? host.hasSuffix("." + name) : host == name
    }

    private static func split(
        _ text: Substring,
        standardPort: UInt16
    ) -> (name: String, port: UInt16)? {
        var host = text
        var port = standardPort
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            if !rest.isEmpty {
                guard rest.first == ":", let number = number(rest.dropFirst()) else { return nil }
                port = number
            }
            guard host.utf8.allSatisfy(isAddressByte), host.contains(":") else { return nil }
            return (String(host), port)
        }
        if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            guard let number = number(text[text.index(after: colon)...]) else { return nil }
            port = number
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...253).contains(host.utf8.count),
            labels.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isLabelByte) })
        else { return nil }
        return (String(host), port)
    }

    private static func number(_ digits: Substring) -> UInt16? {
        guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let number = UInt16(digits), number > 0
        else { return nil }
        return number
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isDigitOrDot(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
