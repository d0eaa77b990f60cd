package import JSON

/// JSON members such as `"a":1,"b":{"c":2}`, taken apart once when a table is loaded, so that
/// each can be put into a body that does not have its key.
package struct MemberTexts: Hashable, Sendable {
    /// One member, ready to be spliced in.
    package struct Entry: Hashable, Sendable {
        /// Unescaped UTF-8.
        package let key: [UInt8]
        /// The whole member, `"key":value`.
        package let text: [UInt8]
    }

    package let entries: [Entry]

    package static let none = MemberTexts(entries: [])

    func contains(_ key: [UInt8]) -> Bool { entries.contains { $0.key == key } }

    private init(entries: [Entry]) {
        self.entries = entries
    }

    /// Takes members apart; of a key that is there twice the last counts.
    package init(parsing members: [UInt8], scanner: JSONScanner) throws(JSONError) {
        let object = [UInt8(ascii: "{")] + members + [UInt8(ascii: "}")]
        let document = unsafe object.span.bytes
        var entries: [Entry] = []
        for index in try scanner.scan(document, names: .none) {
            let member = scanner[index]
            guard let key = JSONScalars.bytes(of: document, at: member.key) else {
                throw .invalidEscape(offset: member.key.lowerBound)
            }
            entries.removeAll { $0.key == key }
            entries.append(Entry(key: key, text: document.array(member.range)))
        }
        self.entries = entries
    }
}
