/// A parameter set of a table, read where it lies. Getters give nil when the key is absent or its
/// value has another type.
package struct Parameters: Sendable {
    let table: RouteTable
    let first: Int
    /// How many parameters there are, unknown ones included.
    package let count: Int

    /// Whether there are none.
    package var isEmpty: Bool { count == 0 }

    /// Whether the key is there, whatever its type.
    package func contains(_ key: ParameterKey) -> Bool { record(key) != nil }

    /// A yes or no.
    package func bool(_ key: ParameterKey) -> Bool? {
        value(key, .bool).map { $0 != 0 }
    }

    /// In the unit that the key's comment names.
    package func integer(_ key: ParameterKey) -> Int? {
        value(key, .integer).map { Int(Int64(bitPattern: $0)) }
    }

    /// A number, or a whole number as one.
    package func number(_ key: ParameterKey) -> Double? {
        value(key, .number).map { Double(bitPattern: $0) } ?? integer(key).map { Double($0) }
    }

    /// A text, its reference not yet looked up.
    package func text(_ key: ParameterKey) -> TextRef? {
        value(key, .text).map { TextRef(raw: UInt32(truncatingIfNeeded: $0)) }
    }

    /// An ordered list, its references not yet looked up.
    package func list(_ key: ParameterKey) -> TextList? { texts(key, .list) }

    /// The pieces of a JSON text; `RouteTable.resolve(json:using:)` puts them together.
    package func json(_ key: ParameterKey) -> TextList? { texts(key, .json) }

    /// A SHA-256 digest, 32 bytes.
    package func digest(_ key: ParameterKey) -> [UInt8]? {
        value(key, .digest).map { index in
            table.bytes.array(table.sections[.digests].record(Int(index)), count: 32)
        }
    }

    /// A text with its reference looked up; nil also when that has no value.
    package func string(_ key: ParameterKey, using values: ReferenceValues) -> String? {
        text(key).flatMap { table.resolve($0, using: values) }
    }

    // MARK: Entries

    private func texts(_ key: ParameterKey, _ type: ParameterType) -> TextList? {
        guard let record = record(key), isType(record, type) else { return nil }
        return texts(at: record)
    }

    private func texts(at record: Int) -> TextList {
        TextList(
            table: table,
            first: Int(table.bytes.u64(at: record + TableLayout.Parameter.value)),
            count: Int(table.bytes.u32(at: record + TableLayout.Parameter.aux))
        )
    }

    private func value(_ key: ParameterKey, _ type: ParameterType) -> UInt64? {
        guard let record = record(key), isType(record, type) else { return nil }
        return table.bytes.u64(at: record + TableLayout.Parameter.value)
    }

    private func isType(_ record: Int, _ type: ParameterType) -> Bool {
        table.bytes.u8(at: record + TableLayout.Parameter.type) == type.rawValue
    }

    /// Sets are small; entries are sorted by key, so the search can stop early.
    private func record(_ key: ParameterKey) -> Int? {
        let section = table.sections[.parameters]
        for index in 0..<count {
            let record = section.record(first + index)
            let stored = table.bytes.u16(at: record + TableLayout.Parameter.key)
            if stored == key.rawValue { return record }
            if stored > key.rawValue { return nil }
        }
        return nil
    }

    /// All parameters that this version knows, as values.
    package func contents() -> ParameterSet {
        var set: ParameterSet = [:]
        let section = table.sections[.parameters]
        for index in 0..<count {
            let record = section.record(first + index)
            let raw = table.bytes.u16(at: record + TableLayout.Parameter.key)
            let type = table.bytes.u8(at: record + TableLayout.Parameter.type)
            if let key = ParameterKey(rawValue: raw), let type = ParameterType(rawValue: type) {
                set[key] = contents(key, type)
            }
        }
        return set
    }

    private func contents(_ key: ParameterKey, _ type: ParameterType) -> ParameterValue? {
        switch type {
        case .bool: bool(key).map { .bool($0) }
        case .integer: integer(key).map { .integer(Int64($0)) }
        case .number: number(key).map { .number($0) }
        case .text: text(key).map { .text(table.contents($0)) }
        case .list: list(key).map { .list($0.map { table.contents($0) }) }
        case .json: json(key).map { .json($0.map { table.contents($0) }) }
        case .digest: digest(key).map { .digest($0) }
        }
    }
}

/// An ordered list of texts in a table.
package struct TextList: RandomAccessCollection, Sendable {
    let table: RouteTable
    let first: Int
    package let count: Int

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }
    /// The text at a place; traps outside the list.
    package subscript(index: Int) -> TextRef {
        precondition(index >= 0 && index < count, "no such element")
        return TextRef(raw: table.bytes.u32(at: table.sections[.lists].record(first + index)))
    }
}
