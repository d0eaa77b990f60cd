/// Collects the entries of one mapping with PyYAML's rules: merged entries come first, what is
/// written explicitly wins over them, the last of two equal keys wins, and a key keeps the place
/// where it first appeared.
struct YAMLMappingBuilder {
    private var merged: [YAMLEntry] = []
    private var explicit: [YAMLEntry] = []
    private(set) var problems: [YAMLProblem] = []

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
        if merged.isEmpty, explicit.count < 2 { return explicit }
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

    private func put(
        _ entry: YAMLEntry,
        _ result: inout [YAMLEntry],
        _ places: inout [YAMLKey: Int]
    ) -> YAMLKey {
        let key = YAMLKey(entry.key.value)
        if let place = places[key] {
            result[place] = entry
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
