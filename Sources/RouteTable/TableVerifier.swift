/// The pass that proves a table's body well-formed: every offset, count, order and reference.
///
/// Each method relies on what the ones before it have proved, so their order matters.
struct TableVerifier {
    let bytes: TableBytes
    let sections: SectionMap

    func verify() throws(TableError) {
        try verifyLimits()
        try verifyStrings()
        try verifyReferences()
        try verifyTexts(.lists, at: 0)
        try verifyParameterSets()
        try verifyParameters()
        try verifyCredentials()
        try verifyModels()
        try verifyDeployments()
        try verifyDeploymentOrder()
        try verifyPatterns()
        try verifyAliases()
        try verifyNameIndex()
        try verifyFallbacks()
        try verifyTargets()
        try verifyVirtualKeys()
        try verifyTexts(.environment, at: TableLayout.Environment.value)
        try verifyNames(.environment, at: TableLayout.Environment.name)
        try verifySettings()
    }

    // MARK: What the passes share

    func count(_ kind: SectionKind) -> Int { sections[kind].count }

    func fail(_ fault: TableFault, _ kind: SectionKind, _ index: Int) -> TableError {
        .malformed(fault, section: kind, index: index)
    }

    func require(
        _ condition: Bool,
        _ fault: TableFault,
        _ kind: SectionKind,
        _ index: Int
    ) throws(TableError) {
        if !condition { throw fail(fault, kind, index) }
    }

    var stringCount: UInt32 { UInt32(count(.stringOffsets) - 1) }

    /// The bytes of a string whose identifier is known to be good.
    @_lifetime(borrow self)
    func string(_ raw: UInt32) -> Span<UInt8> {
        let place = RouteTable.span(of: StringID(raw: raw), bytes, sections)
        return unsafe _overrideLifetime(
            bytes.span(place.offset, count: place.count),
            borrowing: self
        )
    }

    func isText(_ raw: UInt32) -> Bool {
        let value = raw & TextRef.valueMask
        return switch raw >> 30 {
        case 0, 2: value < stringCount
        case 1: value < UInt32(count(.references))
        default: false
        }
    }

    /// A field of every record is a text.
    private func verifyTexts(_ kind: SectionKind, at field: Int) throws(TableError) {
        for index in 0..<count(kind) {
            let raw = bytes.u32(at: sections[kind].record(index) + field)
            try require(isText(raw), .reference, kind, index)
        }
    }

    /// A field of every record is a string that may name something.
    func verifyNames(_ kind: SectionKind, at field: Int) throws(TableError) {
        for index in 0..<count(kind) {
            let raw = bytes.u32(at: sections[kind].record(index) + field)
            try require(raw < stringCount, .reference, kind, index)
            let length = string(raw).count
            try require(length > 0, .value, kind, index)
            try require(length <= TableLimit.nameBytes.maximum, .overLimit, kind, index)
        }
    }

    /// A field of every record is a parameter set.
    func verifyParameterField(_ kind: SectionKind, at field: Int) throws(TableError) {
        for index in 0..<count(kind) {
            let set = bytes.u32(at: sections[kind].record(index) + field)
            try require(set < UInt32(count(.parameterSets) - 1), .reference, kind, index)
        }
    }

    /// A field of every record, a string, rises strictly.
    func verifyRising(_ kind: SectionKind, at field: Int) throws(TableError) {
        guard count(kind) > 1 else { return }
        for index in 1..<count(kind) {
            let before = bytes.u32(at: sections[kind].record(index - 1) + field)
            let this = bytes.u32(at: sections[kind].record(index) + field)
            try require(string(before).compare(string(this)) < 0, .order, kind, index)
        }
    }

    private func verifyLimits() throws(TableError) {
        let limits: [(SectionKind, TableLimit, Int)] = [
            (.stringOffsets, .strings, 1), (.lists, .listElements, 0),
            (.references, .references, 0), (.digests, .digests, 0),
            (.parameters, .parameters, 0), (.parameterSets, .parameterSets, 1),
            (.models, .models, 0), (.deployments, .deployments, 0), (.patterns, .patterns, 0),
            (.aliases, .aliases, 0), (.credentials, .credentials, 0),
            (.virtualKeys, .virtualKeys, 0), (.fallbacks, .fallbacks, 0),
            (.environment, .environmentVariables, 0),
        ]
        for (kind, limit, extra) in limits {
            try require(count(kind) <= limit.maximum + extra, .overLimit, kind, count(kind))
        }
    }
}
