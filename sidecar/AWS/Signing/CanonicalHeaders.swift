internal import JSON

/// The fields that a signature covers, sorted, in the form that is hashed.
///
/// Only these are signed: `host`, `x-amz-…`, `x-amzn-bedrock-…`, `content-type` and `accept`. A
/// proxy on the way may change any other, and the signature must live through that.
struct CanonicalHeaders {
    /// `name:value` and a line feed for each.
    private(set) var lines: [UInt8] = []
    /// `content-type;host;x-amz-date`.
    private(set) var names = ""
    /// Where the date stands in `lines`.
    private var datePlace = 0

    init(_ request: SigningRequest, date: SigningDate, sessionToken: String?) {
        var fields = [
            Field(name: "host", value: request.host.lowercased(), place: 0),
            Field(name: SigV4.dateHeader, value: date.text, place: 0),
        ]
        if let sessionToken {
            fields.append(Field(name: SigV4.tokenHeader, value: sessionToken, place: 0))
        }
        for (place, header) in request.headers.enumerated() {
            let name = header.name.lowercased()
            guard Self.isSigned(name) else { continue }
            fields.append(Field(name: name, value: header.value, place: place))
        }
        // By place, too: the values of a repeated field keep their order.
        fields.sort { ($0.name, $0.place) < ($1.name, $1.place) }
        lines.reserveCapacity(
            fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 2 }
        )
        names.reserveCapacity(128)
        var previous: String?
        for field in fields {
            append(field, isRepeated: field.name == previous)
            previous = field.name
        }
        if previous != nil { lines.append(UInt8(ascii: "\n")) }
    }

    /// Puts another date in place of the first one; all are of the same length.
    mutating func setDate(_ date: SigningDate) {
        lines.replaceSubrange(datePlace..<datePlace + date.text.utf8.count, with: date.text.utf8)
    }

    private struct Field {
        let name: String
        let value: String
        let place: Int
    }

    /// Whether a field of the caller's is covered; those that signing itself sets are not taken
    /// from the caller.
    private static func isSigned(_ name: String) -> Bool {
        switch name {
        case "content-type", "accept": true
        case SigV4.dateHeader, SigV4.tokenHeader: false
        default: name.hasPrefix("x-amz-") || name.hasPrefix("x-amzn-bedrock-")
        }
    }

    private mutating func append(_ field: Field, isRepeated: Bool) {
        if isRepeated {
            lines.append(UInt8(ascii: ","))
        } else {
            if !lines.isEmpty {
                lines.append(UInt8(ascii: "\n"))
                names += ";"
            }
            names += field.name
            lines.append(contentsOf: field.name.utf8)
            lines.append(UInt8(ascii: ":"))
        }
        if field.name == SigV4.dateHeader { datePlace = lines.count }
        appendCollapsed(field.value)
    }

    /// The value without white space around it, and with one space for a run of it inside.
    private mutating func appendCollapsed(_ value: String) {
        // Session tokens are long, and have none.
        guard Self.hasSpace(value) else {
            return lines.append(contentsOf: value.utf8)
        }
        var isAfterSpace = false
        var isEmpty = true
        for byte in value.utf8 {
            if Self.isSpace(byte) {
                isAfterSpace = !isEmpty
                continue
            }
            if isAfterSpace { lines.append(UInt8(ascii: " ")) }
            lines.append(byte)
            isAfterSpace = false
            isEmpty = false
        }
    }

    private static func hasSpace(_ value: String) -> Bool {
        let bytes = value.rawSpan
        let all = 0..<bytes.byteCount
        return spaces.contains { bytes.firstIndex(of: $0, in: all) < all.upperBound }
    }

    private static let spaces: [UInt8] = [UInt8(ascii: " "), 9, 10, 11, 12, 13]

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (byte >= 9 && byte <= 13)
    }
}
