package import JSON

/// JSON members such as `"a":1,"b":{"c":2}`, taken apart once, so that each can be put into a body
/// that does not have its key, or take the place of the one that has.
package struct MemberTexts: Hashable, Sendable {
    /// One member, ready to be spliced in.
    package struct Entry: Hashable, Sendable {
        /// Unescaped UTF-8.
        package let key: [UInt8]
        /// The whole member, `"key":value`.
        package let text: [UInt8]
        /// Where the value begins in `text`.
        let valueStart: Int

        /// Nil for a member that the gateway does not know.
        var field: RequestField? { RequestField(rawValue: String(decoding: key, as: UTF8.self)) }
        /// The value alone.
        package var value: [UInt8] { Array(text[valueStart...]) }
        var valueRange: Range<Int> { valueStart..<text.count }

        /// The same value under another key, which needs no escapes.
        func renamed(_ key: [UInt8]) -> Entry {
            let head = [UInt8(ascii: "\"")] + key + [UInt8(ascii: "\""), UInt8(ascii: ":")]
            return Entry(key: key, text: head + value, valueStart: head.count)
        }

        /// The member without what the paths point to inside of it.
        func without(_ paths: [DropPath]) -> Entry {
            guard let drops = NestedDrops(paths, through: { $0 == key }) else { return self }
            let document = unsafe text.span.bytes
            var edits = BodyEdits(bodyCount: text.count)
            drops.delete(at: valueStart, in: document, &edits)
            if edits.isEmpty { return self }
            return Entry(key: key, text: edits.apply(to: document), valueStart: valueStart)
        }
    }

    package let entries: [Entry]

    package static let none = MemberTexts(entries: [])

    package var isEmpty: Bool { entries.isEmpty }

    func contains(_ key: [UInt8]) -> Bool { entries.contains { $0.key == key } }

    /// The member of a name; nil where there is none.
    package func last(_ field: RequestField) -> Entry? {
        entries.last { $0.field == field }
    }

    /// Those that are to be kept.
    func filtered(_ isKept: (Entry) -> Bool) -> MemberTexts {
        MemberTexts(entries: entries.filter(isKept))
    }

    init(entries: [Entry]) {
        self.entries = entries
    }

    /// Takes members apart; of a key that is there twice the last counts.
    package init(parsing members: [UInt8], scanner: JSONScanner) throws(JSONError) {
        let object = [UInt8(ascii: "{")] + members + [UInt8(ascii: "}")]
        try self.init(object: unsafe object.span.bytes, scanner: scanner)
    }

    /// Takes a JSON object apart likewise.
    package init(object document: RawSpan, scanner: JSONScanner) throws(JSONError) {
        var entries: [Entry] = []
        for index in try scanner.scan(document, names: .none) {
            let member = scanner[index]
            guard let key = JSONScalars.bytes(of: document, at: member.key) else {
                throw .invalidEscape(offset: member.key.lowerBound)
            }
            entries.removeAll { $0.key == key }
            entries.append(
                Entry(
                    key: key,
                    text: document.array(member.range),
                    valueStart: member.value.lowerBound - member.key.lowerBound
                )
            )
        }
        self.entries = entries
    }
}
