internal import JSON

/// Walks the parts of a multipart body (RFC 2046 §5.1), strictly: CRLF throughout, no nesting.
struct MultipartScanner {
    /// One part.
    struct Part {
        /// The field's name.
        let name: [UInt8]
        /// Its value's bytes.
        let value: Range<Int>
        /// Where the delimiter before it begins, CRLF included if it has one.
        let start: Int
        /// Where the hyphens of that delimiter are.
        let hyphens: Int
    }

    /// CRLF, two hyphens, the boundary.
    let delimiter: [UInt8]
    /// Where the delimiter before the next part begins (its CRLF; its hyphens at the body's start).
    private(set) var position = 0
    private var partCount = 0
    private var isStarted = false

    init(boundary: [UInt8]) {
        delimiter = Array("\r\n--".utf8) + boundary
    }

    /// The next part; nil after the closing delimiter, at which `position` is then.
    mutating func next(_ body: RawSpan) throws(OpenAIError) -> Part? {
        if !isStarted { try start(body) }
        let start = position
        var cursor = hyphens(at: start, body) + delimiter.count - 2
        if body.has("--", at: cursor) { return nil }
        // RFC 2046 allows white space after a boundary.
        while body.has(" ", at: cursor) || body.has("\t", at: cursor) { cursor += 1 }
        guard body.has("\r\n", at: cursor) else {
            throw .invalidMultipart("a boundary is malformed")
        }
        partCount += 1
        guard partCount <= MultipartFacts.partsMax else {
            throw .invalidMultipart("too many parts")
        }
        let (name, valueStart) = try headers(body, from: cursor + 2)
        // A part without a body may have its delimiter right after the empty line.
        guard let end = find(body, from: valueStart - 2) else {
            throw .invalidMultipart("the last boundary is missing")
        }
        position = end
        let value = valueStart..<max(valueStart, end)
        return Part(name: name, value: value, start: start, hyphens: hyphens(at: start, body))
    }

    /// Where the hyphens are of the delimiter at `position`.
    func hyphens(at position: Int, _ body: RawSpan) -> Int {
        body.has("\r\n", at: position) ? position + 2 : position
    }

    private mutating func start(_ body: RawSpan) throws(OpenAIError) {
        isStarted = true
        if body.has(delimiter.dropFirst(2), at: 0) { return }
        guard let first = find(body, from: 0) else { throw .invalidMultipart("no boundary found") }
        position = first
    }

    /// The next delimiter's place.
    private func find(_ body: RawSpan, from start: Int) -> Int? {
        var cursor = start
        while cursor + delimiter.count <= body.byteCount {
            cursor = body.firstIndex(of: UInt8(ascii: "\r"), in: cursor..<body.byteCount)
            if body.has(delimiter[...], at: cursor) { return cursor }
            cursor += 1
        }
        return nil
    }

    /// Reads a part's headers; the name of its field, and where its value begins.
    private func headers(
        _ body: RawSpan,
        from start: Int
    ) throws(OpenAIError) -> (name: [UInt8], valueStart: Int) {
        var name: [UInt8]?
        var cursor = start
        while true {
            let end = lineEnd(body, from: cursor, limit: start + MultipartFacts.headerBytesMax)
            guard let end else { throw .invalidMultipart("a part's headers are malformed") }
            if end == cursor { break }
            if let found = Self.fieldName(body.array(cursor..<end)[...]) {
                if name != nil { throw .invalidMultipart("a part has two names") }
                name = found
            }
            cursor = end + 2
        }
        guard let name else { throw .invalidMultipart("a part has no name") }
        return (name, cursor + 2)
    }

    private func lineEnd(_ body: RawSpan, from start: Int, limit: Int) -> Int? {
        let end = min(limit, body.byteCount)
        guard start < end else { return nil }
        let line = body.firstIndex(of: UInt8(ascii: "\r"), in: start..<end)
        return body.has("\r\n", at: line) ? line : nil
    }

    /// The name in `Content-Disposition: form-data; name="…"`; nil for other headers.
    private static func fieldName(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let header = MultipartBoundary.lowercased(line[..<colon])
        guard header == Array("content-disposition".utf8) else { return nil }
        let value = line[(colon + 1)...]
        let type = value.prefix { $0 != UInt8(ascii: ";") }
        var parameters = MultipartParameters(value[type.endIndex...])
        while let (name, value) = parameters.next() {
            if MultipartBoundary.lowercased(name[...]) == Array("name".utf8) { return value }
        }
        return nil
    }
}

extension RawSpan {
    /// Whether the bytes at `offset` begin with `prefix`.
    fileprivate func has(_ prefix: ArraySlice<UInt8>, at offset: Int) -> Bool {
        guard offset >= 0, prefix.count <= byteCount - offset else { return false }
        for (index, byte) in prefix.enumerated() where self.byte(at: offset + index) != byte {
            return false
        }
        return true
    }

    fileprivate func has(_ prefix: StaticString, at offset: Int) -> Bool {
        has(prefix.withUTF8Buffer { unsafe Array($0) }[...], at: offset)
    }
}
