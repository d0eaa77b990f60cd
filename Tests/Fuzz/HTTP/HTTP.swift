import TestSupport

/// `http`: what one client sends over one connection. However it is cut, the same requests come
/// out of it, with the same bodies, and the same end.
extension Target {
    static let http = Target(name: "http") { bytes in
        let whole = HeardRequests(pieces: [bytes[...]])
        for pieces in Splits.of(bytes) {
            let other = HeardRequests(pieces: pieces)
            require(other == whole, "in \(pieces.count) pieces \(other), at once \(whole)")
        }
        for request in whole.requests {
            require(request.method != "CONNECT", "a tunnel")
            require(request.path.first == "/" || request.path == "*", "a path \(request.path)")
        }
        return .passed
    }
}
