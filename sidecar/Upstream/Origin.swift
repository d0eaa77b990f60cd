/// Where connections go to and may be shared: scheme, host and port (RFC 6454).
///
/// One object, hashed once: each request looks connections up by it.
package final class Origin: Hashable, Sendable, CustomStringConvertible {
    package let isTLS: Bool
    /// In lower case, without brackets.
    package let host: String
    package let port: UInt16
    /// The value of the Host header: the port only where it is not the scheme's own.
    package let authority: String
    private let hashed: Int

    package init(isTLS: Bool, host: String, port: UInt16) {
        self.isTLS = isTLS
        self.host = host
        self.port = port
        let bracketed = host.contains(":") ? "[\(host)]" : host
        authority = port == (isTLS ? 443 : 80) ? bracketed : "\(bracketed):\(port)"
        // Host and port tell origins apart well enough.
        var hasher = Hasher()
        hasher.combine(host)
        hasher.combine(port)
        hashed = hasher.finalize()
    }

    package var description: String { "\(isTLS ? "https" : "http")://\(authority)" }

    /// The authority follows from the rest, and is not looked at.
    package static func == (left: Origin, right: Origin) -> Bool {
        left === right
            || left.port == right.port && left.isTLS == right.isTLS && left.host == right.host
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hashed) }
}

/// A parsed `http` or `https` base URL.
package final class UpstreamURL: Hashable, Sendable {
    package let origin: Origin
    /// The path without a trailing slash; may be empty.
    package let path: String
    /// Behind the `?`, without it; may be empty.
    package let query: String
    /// Path and query, as a request line has them.
    package let target: String

    /// Origin and path.
    package var text: String { origin.description + path }

    package static func == (left: UpstreamURL, right: UpstreamURL) -> Bool {
        left === right || left.origin == right.origin && left.target == right.target
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(origin)
        hasher.combine(target)
    }

    /// Nil when it is not an http(s) URL with a host; user names and passwords are not accepted.
    package init?(_ text: String) {
        guard let schemeEnd = text.range(of: "://") else { return nil }
        let scheme = text[..<schemeEnd.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[schemeEnd.upperBound...]
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        guard
            let (host, port) = UpstreamURL.split(
                authority: rest[..<authorityEnd],
                standardPort: scheme == "https" ? 443 : 80
            )
        else { return nil }
        origin = Origin(isTLS: scheme == "https", host: host, port: port)
        let tail = rest[authorityEnd...].prefix { $0 != "#" }
        let question = tail.firstIndex(of: "?") ?? tail.endIndex
        var path = tail[..<question]
        while path.hasSuffix("/") { path = path.dropLast() }
        let all = text.utf8
        guard all.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        self.path = String(path)
        query = String(tail[question...].dropFirst())
        target = query.isEmpty ? self.path : self.path + "?" + query
    }

    private static func split(
        authority: Substring,
        standardPort: UInt16
    ) -> (host: String, port: UInt16)? {
        guard !authority.contains("@"), !authority.isEmpty else { return nil }
        var host = authority
        var port = standardPort
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let rest = authority[authority.index(after: close)...]
            if !rest.isEmpty {
                guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            if !digits.isEmpty {
                guard let number = UInt16(digits), number > 0 else { return nil }
                port = number
            }
        }
        return host.isEmpty ? nil : (host.lowercased(), port)
    }
}

extension StringProtocol {
    /// Foundation's `range(of:)`, for one short ASCII needle.
    fileprivate func range(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) {
                return start..<index(start, offsetBy: needle.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
