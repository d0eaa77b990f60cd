internal import JSON

/// Writes JSON in a form that is the same for all texts that mean the same, and different for any
/// two that do not: members by the order of their names, strings without escapes, no white space,
/// each value with its kind and length before it, so that none is the beginning of another.
///
/// Numbers stay as they are written: a model's template may print them.
///
/// Complexity: O(n) for objects in order; each level of others is copied once more.
struct CanonicalJSON {
    /// What was written so far.
    private(set) var bytes: [UInt8] = []
    /// The members of the objects that are open, the innermost last.
    private var members: [Member] = []

    /// More containers within each other have no canonical form here: reordering copies.
    static let depthMax = 64

    private struct Member {
        let start: Int
        let keyEnd: Int
        var end: Int
    }

    mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(bytes.count + count)
    }

    /// Writes a text that is no JSON.
    mutating func append(text: [UInt8]) {
        appendHead(UInt8(ascii: "x"), count: text.count)
        bytes += text
    }

    /// Writes a text that is no JSON.
    mutating func append(text: String) {
        appendHead(UInt8(ascii: "x"), count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes the object that these members of `document` are, in whatever order.
    ///
    /// - Returns: false when there is no canonical form: a name is there twice, a string is no
    ///   text, a scalar is none of JSON's, or too many containers lie within each other. What was
    ///   written is then of no use.
    mutating func append(
        members parts: [(key: Range<Int>, value: Range<Int>)],
        of document: RawSpan
    ) -> Bool {
        let open = beginObject()
        var parts = parts
        Self.order(&parts, document)
        for part in parts {
            let start = bytes.count
            guard appendString(document, part.key) else { return false }
            let keyEnd = bytes.count
            guard appendValue(document, at: part.value.lowerBound, depth: 1) != nil else {
                return false
            }
            members.append(Member(start: start, keyEnd: keyEnd, end: bytes.count))
        }
        return endObject(open)
    }

    // MARK: - Values

    /// - Returns: the place after the value; nil when it has no canonical form.
    private mutating func appendValue(
        _ document: RawSpan,
        at start: Int,
        depth: Int
    ) -> Int? {
        switch JSONWalker.kind(document, at: start) {
        case .string:
            let end = JSONWalker.end(ofValueAt: start, in: document)
            return appendString(document, start..<end) ? end : nil
        case .object where depth < Self.depthMax:
            return appendObject(document, at: start, depth: depth)
        case .array where depth < Self.depthMax:
            return appendArray(document, at: start, depth: depth)
        case .number:
            let end = JSONWalker.end(ofValueAt: start, in: document)
            guard Self.isNumber(document, start..<end) else { return nil }
            appendHead(UInt8(ascii: "#"), count: end - start)
            bytes.append(contentsOf: document.extracting(start..<end))
            return end
        case .true: return appendWord(Self.wordTrue, document, at: start)
        case .false: return appendWord(Self.wordFalse, document, at: start)
        case .null: return appendWord(Self.wordNull, document, at: start)
        default: return nil
        }
    }

    private static let wordTrue = Array("true".utf8)
    private static let wordFalse = Array("false".utf8)
    private static let wordNull = Array("null".utf8)

    private mutating func appendWord(
        _ word: [UInt8],
        _ document: RawSpan,
        at start: Int
    ) -> Int? {
        let end = JSONWalker.end(ofValueAt: start, in: document)
        guard document.equals(word, at: start..<end) else { return nil }
        // The first letter is enough: no other kind begins with it.
        bytes.append(word[0])
        return end
    }

    /// - Parameter range: of the string, quotes included.
    private mutating func appendString(_ document: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count >= 2 else { return false }
        let inner = range.lowerBound + 1..<range.upperBound - 1
        if document.firstIndex(of: UInt8(ascii: "\\"), in: inner) == inner.upperBound {
            appendHead(UInt8(ascii: "s"), count: inner.count)
            bytes.append(contentsOf: document.extracting(inner))
            return true
        }
        guard let text = JSONScalars.bytes(of: document, at: range) else { return false }
        appendHead(UInt8(ascii: "s"), count: text.count)
        bytes += text
        return true
    }

    private mutating func appendArray(
        _ document: RawSpan,
        at start: Int,
        depth: Int
    ) -> Int? {
        bytes.append(UInt8(ascii: "["))
        var position = Self.pastPunctuation(document, start + 1)
        while position < document.byteCount, document.byte(at: position) != UInt8(ascii: "]") {
            guard let end = appendValue(document, at: position, depth: depth + 1) else {
                return nil
            }
            position = Self.pastPunctuation(document, end)
        }
        bytes.append(UInt8(ascii: "]"))
        return position + 1
    }

    private mutating func appendObject(
        _ document: RawSpan,
        at start: Int,
        depth: Int
    ) -> Int? {
        let open = beginObject()
        var position = Self.pastPunctuation(document, start + 1)
        while position < document.byteCount, document.byte(at: position) != UInt8(ascii: "}") {
            let first = bytes.count
            let keyEnd = JSONWalker.end(ofValueAt: position, in: document)
            guard appendString(document, position..<keyEnd) else { return nil }
            let nameEnd = bytes.count
            let value = Self.pastPunctuation(document, keyEnd)
            guard let end = appendValue(document, at: value, depth: depth + 1) else { return nil }
            members.append(Member(start: first, keyEnd: nameEnd, end: bytes.count))
            position = Self.pastPunctuation(document, end)
        }
        return endObject(open) ? position + 1 : nil
    }

    private mutating func appendHead(_ kind: UInt8, count: Int) {
        // All at once: to append byte by byte takes several times as long.
        let head = UInt64(kind) | UInt64(UInt32(truncatingIfNeeded: count)) << 8
        unsafe withUnsafeBytes(of: head.littleEndian) { head in
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: head[..<5]))
        }
    }

    // MARK: - The order of members

    private struct OpenObject {
        let firstByte: Int
        let firstMember: Int
    }

    private mutating func beginObject() -> OpenObject {
        bytes.append(UInt8(ascii: "{"))
        return OpenObject(firstByte: bytes.count, firstMember: members.count)
    }

    /// - Returns: false when a name is there twice.
    private mutating func endObject(_ open: OpenObject) -> Bool {
        defer { bytes.append(UInt8(ascii: "}")) }
        defer { members.removeSubrange(open.firstMember...) }
        // Shorter names go first, so that the usual `role`, `content` is in order already.
        var isInOrder = true
        for place in members.indices.dropFirst(open.firstMember + 1) where isInOrder {
            isInOrder = Self.order(members[place - 1], members[place], bytes) < 0
        }
        if isInOrder { return true }
        guard let ordered = inOrder(members[open.firstMember...]) else { return false }
        bytes.replaceSubrange(open.firstByte..., with: ordered)
        return true
    }

    private func inOrder(_ members: ArraySlice<Member>) -> [UInt8]? {
        let sorted = members.sorted { Self.order($0, $1, bytes) < 0 }
        var ordered: [UInt8] = []
        ordered.reserveCapacity(sorted.reduce(0) { $0 + $1.end - $1.start })
        for place in sorted.indices {
            if place > 0, Self.order(sorted[place - 1], sorted[place], bytes) == 0 { return nil }
            ordered += bytes[sorted[place].start..<sorted[place].end]
        }
        return ordered
    }

    /// Below 0 when the first name goes before the second, 0 when they are the same.
    private static func order(_ first: Member, _ second: Member, _ bytes: [UInt8]) -> Int {
        let count = first.keyEnd - first.start
        let difference = count - (second.keyEnd - second.start)
        if difference != 0 { return difference }
        for place in 0..<count {
            let step = Int(bytes[first.start + place]) - Int(bytes[second.start + place])
            if step != 0 { return step }
        }
        return 0
    }

    /// Brings a few members into the order in which they are to be written, so that none is moved
    /// later. One whose name has escapes may be in another place; `endObject` sees that.
    private static func order(
        _ parts: inout [(key: Range<Int>, value: Range<Int>)],
        _ document: RawSpan
    ) {
        guard 2...orderedMax ~= parts.count else { return }
        for place in 1..<parts.count {
            let part = parts[place]
            var free = place
            while free > 0, goesBefore(part.key, parts[free - 1].key, document) {
                parts[free] = parts[free - 1]
                free -= 1
            }
            parts[free] = part
        }
    }

    /// Each may pass all before it: with more of them that would take too long.
    private static let orderedMax = 32

    private static func goesBefore(
        _ first: Range<Int>,
        _ second: Range<Int>,
        _ document: RawSpan
    ) -> Bool {
        if first.count != second.count { return first.count < second.count }
        for offset in 0..<first.count {
            let one = document.byte(at: first.lowerBound + offset)
            let other = document.byte(at: second.lowerBound + offset)
            if one != other { return one < other }
        }
        return false
    }

    // MARK: - Text

    private static func pastPunctuation(_ document: RawSpan, _ start: Int) -> Int {
        var position = start
        while position < document.byteCount {
            switch document.byte(at: position) {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: ":"): position += 1
            default: return position
            }
        }
        return position
    }

    /// RFC 8259 §6.
    private static func isNumber(_ document: RawSpan, _ range: Range<Int>) -> Bool {
        var position = range.lowerBound
        func byte() -> UInt8? {
            position < range.upperBound ? document.byte(at: position) : nil
        }
        func skipDigits() -> Int {
            let start = position
            while let digit = byte(), digit &- UInt8(ascii: "0") <= 9 { position += 1 }
            return position - start
        }
        if byte() == UInt8(ascii: "-") { position += 1 }
        let hasLeadingZero = byte() == UInt8(ascii: "0")
        let whole = skipDigits()
        guard whole == 1 || whole > 1 && !hasLeadingZero else { return false }
        if byte() == UInt8(ascii: ".") {
            position += 1
            guard skipDigits() > 0 else { return false }
        }
        if let mark = byte(), mark | 0x20 == UInt8(ascii: "e") {
            position += 1
            if let sign = byte(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                position += 1
            }
            guard skipDigits() > 0 else { return false }
        }
        return position == range.upperBound
    }
}
