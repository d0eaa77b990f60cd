internal import Cryptography

/// A table under construction: the sections' bytes and the pools that deduplicate.
struct TableBuilder {
    private var sections = [[UInt8]](repeating: [], count: SectionKind.allCases.count + 1)

    // All keyed by bytes: Swift's strings are equal when they look the same, even when their
    // bytes differ, and a model's name is its bytes.
    private var stringIDs: [[UInt8]: UInt32] = [:]
    private var referenceIndexes: [[UInt8]: UInt32] = [:]
    private var listStarts: [[UInt32]: UInt32] = [:]
    private var digestIndexes: [[UInt8]: UInt32] = [:]
    private var setIndexes: [[UInt8]: UInt32] = [:]

    /// The models' and aliases' names with their targets, for the index.
    var names: [(name: [UInt8], target: UInt32)] = []
    /// Which model has a name.
    var modelIndexes: [[UInt8]: UInt32] = [:]

    init() {
        self[.stringOffsets].put(UInt32(0))
        self[.parameterSets].put(UInt32(0))
        // Set 0 is the empty one, which most records have.
        self[.parameterSets].put(UInt32(0))
        setIndexes[[]] = 0
    }

    subscript(kind: SectionKind) -> [UInt8] {
        _read { yield sections[Int(kind.rawValue)] }
        _modify { yield &sections[Int(kind.rawValue)] }
    }

    func count(_ kind: SectionKind) -> Int { self[kind].count / kind.recordSize }

    func check(_ limit: TableLimit, _ count: Int) throws(TableWriterError) {
        if count > limit.maximum { throw .overLimit(limit, count: count) }
    }

    // MARK: Pools

    mutating func string(_ text: String) throws(TableWriterError) -> UInt32 {
        try string(Array(text.utf8))
    }

    mutating func string(_ bytes: [UInt8]) throws(TableWriterError) -> UInt32 {
        if let id = stringIDs[bytes] { return id }
        try check(.stringBytes, bytes.count)
        try check(.strings, stringIDs.count + 1)
        try check(.fileBytes, self[.stringBytes].count + bytes.count)
        let id = UInt32(stringIDs.count)
        stringIDs[bytes] = id
        self[.stringBytes] += bytes
        self[.stringOffsets].put(UInt32(self[.stringBytes].count))
        return id
    }

    /// A string that names something, and so is not empty.
    mutating func name(_ text: String) throws(TableWriterError) -> UInt32 {
        if text.utf8.isEmpty { throw .emptyName }
        try check(.nameBytes, text.utf8.count)
        return try string(text)
    }

    mutating func text(_ text: Text) throws(TableWriterError) -> UInt32 {
        switch text {
        case .literal(let value): TextRef(.literal(StringID(raw: try string(value)))).raw
        case .secret(let value): TextRef(.secret(StringID(raw: try string(value)))).raw
        case .reference(let value): TextRef(.reference(Int(try reference(value)))).raw
        }
    }

    private mutating func reference(_ value: Reference) throws(TableWriterError) -> UInt32 {
        if value.name.utf8.isEmpty { throw .emptyName }
        var flags: UInt8 = 0
        if value.isSecret { flags |= TableLayout.Reference.isSecret }
        if value.isRequired { flags |= TableLayout.Reference.isRequired }
        let key = [value.kind.rawValue, flags] + Array(value.name.utf8)
        if let index = referenceIndexes[key] { return index }
        try check(.references, referenceIndexes.count + 1)
        let index = UInt32(referenceIndexes.count)
        referenceIndexes[key] = index
        let name = try string(value.name)
        self[.references].put(name)
        self[.references] += [value.kind.rawValue, flags, 0, 0]
        return index
    }

    /// Where a list of texts begins in the pool of lists.
    mutating func list(_ texts: [Text]) throws(TableWriterError) -> UInt32 {
        var elements: [UInt32] = []
        for item in texts { elements.append(try text(item)) }
        if elements.isEmpty { return 0 }
        if let start = listStarts[elements] { return start }
        let start = UInt32(count(.lists))
        try check(.listElements, Int(start) + elements.count)
        listStarts[elements] = start
        for element in elements { self[.lists].put(element) }
        return start
    }

    mutating func digest(_ bytes: [UInt8]) throws(TableWriterError) -> UInt32 {
        if bytes.count != SHA256.byteCount { throw .badDigest }
        if let index = digestIndexes[bytes] { return index }
        try check(.digests, digestIndexes.count + 1)
        let index = UInt32(digestIndexes.count)
        digestIndexes[bytes] = index
        self[.digests] += bytes
        return index
    }

    /// The index of a parameter set; equal sets are stored once.
    mutating func parameters(_ set: ParameterSet) throws(TableWriterError) -> UInt32 {
        var bytes: [UInt8] = []
        for key in set.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let value = set[key] else { continue }
            let entry = try entry(key, value)
            bytes.put(key.rawValue)
            bytes += [entry.type.rawValue, 0]
            bytes.put(entry.aux)
            bytes.put(entry.value)
        }
        if let index = setIndexes[bytes] { return index }
        try check(.parameterSets, setIndexes.count + 1)
        let index = UInt32(setIndexes.count)
        setIndexes[bytes] = index
        self[.parameters] += bytes
        try check(.parameters, count(.parameters))
        self[.parameterSets].put(UInt32(count(.parameters)))
        return index
    }

    private mutating func entry(
        _ key: ParameterKey,
        _ value: ParameterValue
    ) throws(TableWriterError) -> (type: ParameterType, aux: UInt32, value: UInt64) {
        switch value {
        case .bool(let value): return (.bool, 0, value ? 1 : 0)
        case .integer(let value): return (.integer, 0, UInt64(bitPattern: value))
        case .number(let value):
            if !value.isFinite { throw .notFinite(key) }
            return (.number, 0, value.bitPattern)
        case .text(let value): return (.text, 0, UInt64(try text(value)))
        case .list(let value): return (.list, UInt32(value.count), UInt64(try list(value)))
        case .json(let value): return (.json, UInt32(value.count), UInt64(try list(value)))
        case .digest(let value): return (.digest, 0, UInt64(try digest(value)))
        }
    }
}

extension [UInt8] {
    /// Appends an integer's bytes, the lowest first.
    mutating func put<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        var rest = value
        for _ in 0..<MemoryLayout<T>.size {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// Overwrites bytes with an integer's, the lowest first.
    mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        var bytes: [UInt8] = []
        bytes.put(value)
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}
