/// Collects the entries of one mapping with PyYAML's rules: merged entries come first, what is
/// written explicitly wins over them, the last of two equal keys wins, and a key keeps the place
/// where it first appeared.
struct YAMLMappingBuilder {
    private var merged: [YAMLEntry] = []
    private var explicit: [YAMLEntry] = []
    private(set) var problems: [YAMLProblem] = []

    var explicitCount: Int { explicit.count }

    mutating func add(_ entry: YAMLEntry) {
        explicit.append(entry)
    }

    /// Takes the value of a `<<` key; false if it is not a mapping or a list of mappings.
    mutating func merge(_ value: YAMLNode) -> Bool {
        if let entries = value.entries {
            merged += entries
            return true
        }
        guard let items = value.items else { return false }
        // The first source of a list wins, so it goes in last.
        for item in items.reversed() {
            guard let entries = item.entries else { return false }
            merged += entries
        }
        return true
    }

    mutating func finish() -> [YAMLEntry] {
        if merged.isEmpty, Self.areFewDifferentTexts(explicit) { return explicit }
        var places: [YAMLKey: Int] = [:]
        var result: [YAMLEntry] = []
        result.reserveCapacity(merged.count + explicit.count)
        for entry in merged {
            _ = put(entry, &result, &places)
        }
        var written: [YAMLKey: YAMLMark] = [:]
        for entry in explicit {
            let key = put(entry, &result, &places)
            if let first = written[key] {
                problems.append(
                    YAMLProblem(
                        kind: .duplicateKey(entry.key.text, first: first),
                        mark: entry.keyMark
                    )
                )
            }
            written[key] = entry.keyMark
        }
        return result
    }

    /// Whether the keys are texts, each another one: what nearly all mappings have, and quicker to
    /// see than by their hashes. False also where there are too many to compare each with each.
    private static func areFewDifferentTexts(_ entries: [YAMLEntry]) -> Bool {
        guard entries.count <= 16 else { return false }
        for (index, entry) in entries.enumerated() {
            guard case .string = entry.key.value else { return entries.count == 1 }
            for other in entries[..<index] where other.key.text == entry.key.text { return false }
        }
        return true
    }

    private func put(
        _ entry: YAMLEntry,
        _ result: inout [YAMLEntry],
        _ places: inout [YAMLKey: Int]
    ) -> YAMLKey {
        let key = YAMLKey(entry.key.value)
        if let place = places[key] {
            // As in Python's dict, the first of two equal keys (`1`, `true`) stays.
            result[place].keyMark = entry.keyMark
            result[place].value = entry.value
        } else {
            places[key] = result.count
            result.append(entry)
        }
        return key
    }
}

/// Keys are equal when Python says so: `1`, `1.0` and `true` are one key.
private enum YAMLKey: Hashable {
    case number(Double)
    case other(YAMLValue)

    init(_ value: YAMLValue) {
        switch value {
        case .bool(let bool): self = .number(bool ? 1 : 0)
        case .integer(let integer) where integer.magnitude < 1 << 53:
            self = .number(Double(integer))
        case .float(let double) where !double.isNaN: self = .number(double)
        default: self = .other(value)
        }
    }
}
