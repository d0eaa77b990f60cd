/// The few parts of a URL that joining and host look-ups need; nothing is decoded or validated.
package struct URLParts: Hashable, Sendable {
    /// `https`, or empty without `://`.
    package var scheme: String
    /// Host in lower case, without port and user information.
    package var host: String
    /// Scheme, authority: everything before the path.
    package var origin: String
    /// From the first `/` after the authority, without slashes at its end; empty for the root.
    package var path: String
    /// Without the `?`; nil when there is none.
    package var query: String?

    package init(_ url: String) {
        var rest = Substring(url)
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        query = nil
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        var authority = rest
        scheme = ""
        if let colon = rest.firstIndex(of: ":"), rest[colon...].hasPrefix("://") {
            scheme = rest[..<colon].lowercased()
            authority = rest[rest.index(colon, offsetBy: 3)...]
        }
        var pathStart = authority.endIndex
        if let slash = authority.firstIndex(of: "/") { pathStart = slash }
        var trimmed = authority[pathStart...]
        while trimmed.last == "/" { trimmed = trimmed.dropLast() }
        path = String(trimmed)
        origin = String(rest[..<pathStart])
        authority = authority[..<pathStart]
        if let at = authority.lastIndex(of: "@") {
            authority = authority[authority.index(after: at)...]
        }
        if !authority.hasPrefix("["), let port = authority.lastIndex(of: ":") {
            authority = authority[..<port]
        } else if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            authority = authority[...close]
        }
        host = authority.lowercased()
    }
}
