internal import Cryptography

/// The one form of a request that both sides hash (AWS, "Create a canonical request").
struct CanonicalRequest {
    /// The form itself, lines separated by line feeds.
    private(set) var bytes: [UInt8] = []
    /// The names of the fields in it: `content-type;host;x-amz-date`.
    let signedHeaders: String

    init(_ request: SigningRequest, date: SigningDate, sessionToken: String?) {
        self.init(
            method: request.method,
            path: Self.path(request.path),
            query: request.query,
            headers: CanonicalHeaders(request, date: date, sessionToken: sessionToken),
            bodyDigest: request.bodyDigest
        )
    }

    /// - Parameter path: in the form that is hashed.
    init(
        method: String,
        path: [UInt8],
        query: String,
        headers: CanonicalHeaders,
        bodyDigest: [UInt8]
    ) {
        signedHeaders = headers.names
        bytes.reserveCapacity(256 + path.count + headers.lines.count + 3 * query.utf8.count)
        bytes.append(contentsOf: method.utf8)
        bytes.append(Self.lineFeed)
        bytes.append(contentsOf: path)
        bytes.append(Self.lineFeed)
        if !query.isEmpty { appendQuery(query) }
        bytes.append(Self.lineFeed)
        bytes.append(contentsOf: headers.lines)
        bytes.append(Self.lineFeed)
        bytes.append(contentsOf: signedHeaders.utf8)
        bytes.append(Self.lineFeed)
        bytes.append(contentsOf: Hex.encode(bodyDigest).utf8)
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let slash = UInt8(ascii: "/")

    /// The path as on the wire, with dot segments and repeated slashes resolved, and then encoded
    /// once more: AWS encodes what it received.
    static func path(_ path: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(path.utf8.count + 32)
        var slash: Int?
        for byte in path.utf8 {
            if byte == Self.slash {
                closeSegment(at: slash, in: &bytes)
                slash = nil
                continue
            }
            if slash == nil {
                slash = bytes.count
                bytes.append(Self.slash)
            }
            PercentEncoding.append(byte, to: &bytes)
        }
        closeSegment(at: slash, in: &bytes)
        if path.utf8.last == Self.slash || bytes.isEmpty { bytes.append(Self.slash) }
        return bytes
    }

    /// Takes the last segment out if it is one of dots, and with two of them the one before.
    private static func closeSegment(at slash: Int?, in bytes: inout [UInt8]) {
        guard let slash, bytes.count - slash <= 3, bytes[slash + 1] == UInt8(ascii: ".") else {
            return
        }
        if bytes.count - slash == 2 {
            bytes.removeSubrange(slash...)
        } else if bytes[slash + 2] == UInt8(ascii: ".") {
            let last = bytes[..<slash].lastIndex(of: Self.slash) ?? slash
            bytes.removeSubrange(last...)
        }
    }

    /// The pairs of a query, encoded, sorted by name and then by value.
    private mutating func appendQuery(_ query: String) {
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            var name: [UInt8] = []
            var value: [UInt8] = []
            PercentEncoding.appendNormalized(pair[..<equals], to: &name)
            PercentEncoding.appendNormalized(pair[equals...].dropFirst(), to: &value)
            pairs.append((name, value))
        }
        pairs.sort { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value)
                : left.name.lexicographicallyPrecedes(right.name)
        }
        for (place, pair) in pairs.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: "&")) }
            bytes.append(contentsOf: pair.name)
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: pair.value)
        }
    }
}
