// Strings, references, parameter sets: what all other records point to.
extension TableVerifier {
    func verifyStrings() throws(TableError) {
        let offsets = sections[.stringOffsets]
        let pool = sections[.stringBytes]
        try require(offsets.count >= 1, .count, .stringOffsets, 0)
        let text = bytes.span(pool.offset, count: pool.count)
        // One check of the whole pool; then no string may begin inside a character.
        do {
            _ = try UTF8Span(validating: text)
        } catch {
            throw fail(.utf8, .stringBytes, 0)
        }
        var last = 0
        for index in 0..<offsets.count {
            let offset = Int(bytes.u32(at: offsets.record(index)))
            try require(
                index == 0 ? offset == 0 : offset >= last && offset <= pool.count,
                .offsets,
                .stringOffsets,
                index
            )
            try require(
                offset - last <= TableLimit.stringBytes.maximum,
                .overLimit,
                .stringOffsets,
                index
            )
            let isInside = offset < pool.count && text[offset] & 0xC0 == 0x80
            try require(!isInside, .utf8, .stringOffsets, index)
            last = offset
        }
        try require(last == pool.count, .offsets, .stringOffsets, offsets.count - 1)
    }

    func verifyReferences() throws(TableError) {
        typealias Layout = TableLayout.Reference
        for index in 0..<count(.references) {
            let record = sections[.references].record(index)
            let name = bytes.u32(at: record + Layout.name)
            try require(name < stringCount, .reference, .references, index)
            try require(!string(name).isEmpty, .value, .references, index)
            let kind = bytes.u8(at: record + Layout.kind)
            try require(Reference.Kind(rawValue: kind) != nil, .value, .references, index)
            let flags = bytes.u8(at: record + Layout.flags)
            let isKnown = flags & ~(Layout.isSecret | Layout.isRequired) == 0
            try require(
                isKnown && bytes.u16(at: record + Layout.reserved) == 0,
                .reserved,
                .references,
                index
            )
        }
    }

    func verifyParameterSets() throws(TableError) {
        let sets = sections[.parameterSets]
        try require(sets.count >= 2, .count, .parameterSets, 0)
        var last: UInt32 = 0
        for index in 0..<sets.count {
            let start = bytes.u32(at: sets.record(index))
            // Set 0 is the empty one, so the first two are both 0.
            try require(
                index < 2 ? start == 0 : start >= last,
                .offsets,
                .parameterSets,
                index
            )
            try require(start <= UInt32(count(.parameters)), .offsets, .parameterSets, index)
            try verifyKeysRise(from: Int(last), to: Int(start))
            last = start
        }
        try require(
            last == UInt32(count(.parameters)),
            .offsets,
            .parameterSets,
            sets.count - 1
        )
    }

    private func verifyKeysRise(from first: Int, to end: Int) throws(TableError) {
        guard end - first > 1 else { return }
        for index in first + 1..<end {
            try require(key(index - 1) < key(index), .order, .parameters, index)
        }
    }

    private func key(_ index: Int) -> UInt16 {
        bytes.u16(at: sections[.parameters].record(index) + TableLayout.Parameter.key)
    }

    func verifyParameters() throws(TableError) {
        typealias Layout = TableLayout.Parameter
        for index in 0..<count(.parameters) {
            let record = sections[.parameters].record(index)
            let flags = bytes.u8(at: record + Layout.flags)
            try require(flags & ~Layout.mustUnderstand == 0, .reserved, .parameters, index)
            let type = ParameterType(rawValue: bytes.u8(at: record + Layout.type))
            let isKnown = type != nil && ParameterKey(rawValue: key(index)) != nil
            // What is unknown is skipped, unless it says that it must not be.
            try require(isKnown || flags == 0, .value, .parameters, index)
            guard let type else { continue }
            try verifyParameter(type, at: record, index)
        }
    }

    private func verifyParameter(
        _ type: ParameterType,
        at record: Int,
        _ index: Int
    ) throws(TableError) {
        let aux = bytes.u32(at: record + TableLayout.Parameter.aux)
        let value = bytes.u64(at: record + TableLayout.Parameter.value)
        switch type {
        case .bool: try require(value <= 1, .value, .parameters, index)
        case .integer: break
        case .number:
            try require(Double(bitPattern: value).isFinite, .value, .parameters, index)
        case .text:
            let isGood = value <= UInt64(UInt32.max) && isText(UInt32(truncatingIfNeeded: value))
            try require(isGood, .reference, .parameters, index)
        case .list, .json:
            let total = UInt64(count(.lists))
            let isGood = UInt64(aux) <= total && value <= total - UInt64(aux)
            try require(isGood, .reference, .parameters, index)
            return
        case .digest:
            try require(value < UInt64(count(.digests)), .reference, .parameters, index)
        }
        try require(aux == 0, .reserved, .parameters, index)
    }

    func verifyCredentials() throws(TableError) {
        for index in 0..<count(.credentials) {
            let record = sections[.credentials].record(index)
            let name = bytes.u32(at: record + TableLayout.Credential.name)
            try require(name < stringCount, .reference, .credentials, index)
        }
        try verifyParameterField(.credentials, at: TableLayout.Credential.parameters)
    }

    func verifyVirtualKeys() throws(TableError) {
        typealias Layout = TableLayout.VirtualKey
        try verifyParameterField(.virtualKeys, at: Layout.parameters)
        for index in 0..<count(.virtualKeys) {
            let record = sections[.virtualKeys].record(index)
            try require(
                bytes.u32(at: record + Layout.reserved) == 0,
                .reserved,
                .virtualKeys,
                index
            )
            if index > 0 {
                let before = bytes.span(sections[.virtualKeys].record(index - 1), count: 32)
                let this = bytes.span(record, count: 32)
                try require(before.compare(this) < 0, .order, .virtualKeys, index)
            }
        }
    }

    func verifySettings() throws(TableError) {
        try require(count(.settings) == 1, .count, .settings, count(.settings))
        try verifyParameterField(.settings, at: TableLayout.Settings.parameters)
        let record = sections[.settings].record(0)
        try require(
            bytes.u32(at: record + TableLayout.Settings.reserved) == 0,
            .reserved,
            .settings,
            0
        )
    }
}
