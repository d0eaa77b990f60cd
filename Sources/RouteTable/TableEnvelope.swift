internal import Cryptography

/// A table's header and what must hold before its body is looked at.
struct TableEnvelope {
    let headerSize: Int
    /// Header and body, without a signature.
    let fileSize: Int
    let generation: UInt64
    let sectionCount: Int
    let digest: [UInt8]
    let signatures: [TableSignature]

    /// Checks, in this order: size, magic, version, header checksum, declared size, signatures
    /// where keys are trusted, reserved bytes and flags, body digest.
    ///
    /// - Parameter trusted: keys of which one must have signed; nil when anybody's table is taken.
    init(verifying bytes: TableBytes, trusted: TrustedKeys?) throws(TableError) {
        typealias Header = TableLayout.Header
        try Self.verifyBeginning(bytes)
        headerSize = try Self.verifiedHeaderSize(bytes)
        let declared = bytes.u64(at: Header.fileSize)
        signatures = try Self.signatures(bytes, declared: declared, headerSize: headerSize)
        fileSize = Int(declared)
        if let trusted {
            let header = bytes.array(0, count: headerSize)
            if let error = trusted.objection(to: signatures, of: header) { throw error }
        }
        for offset in Header.reserved..<Header.size - Header.checksumSize
        where bytes.u8(at: offset) != 0 && offset < headerSize - Header.checksumSize {
            throw .reservedNotZero(offset: offset)
        }
        let unknown = bytes.u32(at: Header.flags) & Header.mustUnderstandFlags
        if unknown != 0 { throw .unknownHeaderFlags(unknown) }
        generation = bytes.u64(at: Header.generation)
        sectionCount = Int(bytes.u32(at: Header.sectionCount))
        digest = bytes.array(Header.bodyDigest, count: SHA256.byteCount)
        let body = bytes.span(headerSize, count: fileSize - headerSize)
        if unsafe SHA256.hash(body.bytes) != digest { throw .bodyDamaged }
    }

    private static func verifyBeginning(_ bytes: TableBytes) throws(TableError) {
        if bytes.count > TableLayout.signedBytesMax {
            throw .tooLarge(size: bytes.count)
        }
        if bytes.count < TableLayout.Header.size { throw .tooSmall(size: bytes.count) }
        let magic = bytes.array(0, count: TableLayout.magic.count)
        if magic != TableLayout.magic {
            let name = TableLayout.magic[1...3]
            // The name is there with its top bit or its line ends changed, or after the three
            // bytes that stand for an undecodable one.
            let isDamaged = magic[1...3] == name || bytes.array(3, count: 3)[...] == name
            throw isDamaged ? .textModeDamage : .notATable
        }
        let version = bytes.u16(at: TableLayout.Header.readVersion)
        if version != TableLayout.readVersion { throw .unsupportedVersion(version) }
    }

    private static func verifiedHeaderSize(_ bytes: TableBytes) throws(TableError) -> Int {
        typealias Header = TableLayout.Header
        let size = Int(bytes.u32(at: Header.headerSize))
        guard size >= Header.size, size <= min(Header.sizeMax, bytes.count),
            size % TableLayout.alignment == 0
        else { throw .headerDamaged }
        let checked = bytes.span(0, count: size - Header.checksumSize)
        let checksum = bytes.u64(at: size - Header.checksumSize)
        if unsafe XXH3.hash64(checked.bytes) != checksum { throw .headerDamaged }
        return size
    }

    /// What follows the declared end: nothing, or signatures without a gap.
    private static func signatures(
        _ bytes: TableBytes,
        declared: UInt64,
        headerSize: Int
    ) throws(TableError) -> [TableSignature] {
        typealias Layout = TableLayout.Signature
        let actual = bytes.count
        guard declared >= UInt64(headerSize), declared <= UInt64(actual) else {
            throw .wrongSize(declared: declared, actual: actual)
        }
        let rest = actual - Int(declared)
        guard rest % Layout.size == 0, rest / Layout.size <= Layout.countMax else {
            throw .wrongSize(declared: declared, actual: actual)
        }
        var found: [TableSignature] = []
        for offset in stride(from: Int(declared), to: actual, by: Layout.size) {
            guard bytes.array(offset, count: Layout.magic.count) == Layout.magic else {
                throw .wrongSize(declared: declared, actual: actual)
            }
            let keyID = bytes.array(offset + Layout.keyID, count: Layout.signature - Layout.keyID)
            let signature = bytes.array(
                offset + Layout.signature,
                count: Layout.size - Layout.signature
            )
            found.append(TableSignature(keyID: keyID, bytes: signature))
        }
        return found
    }
}

extension SectionMap {
    /// Reads the directory: sections in rising order of kind, one after the other without a gap,
    /// padded with zeros, up to the declared end.
    init(verifying bytes: TableBytes, envelope: TableEnvelope) throws(TableError) {
        typealias Directory = TableLayout.Directory
        self.init()
        guard envelope.sectionCount <= TableLimit.sections.maximum else {
            throw .malformed(.overLimit, section: nil, index: 0)
        }
        var end = envelope.headerSize + envelope.sectionCount * Directory.size
        guard end <= envelope.fileSize else {
            throw .malformed(.directory, section: nil, index: 0)
        }
        var found: Set<SectionKind> = []
        var lastKind: UInt16 = 0
        for index in 0..<envelope.sectionCount {
            let entry = envelope.headerSize + index * Directory.size
            let raw = bytes.u16(at: entry + Directory.kind)
            let kind = SectionKind(rawValue: raw)
            guard raw > lastKind else { throw .malformed(.directory, section: kind, index: index) }
            lastKind = raw
            let flags = bytes.u16(at: entry + Directory.flags)
            let isUnknown = kind == nil && flags & Directory.mustUnderstand != 0
            if isUnknown || flags & Directory.mustUnderstandFlags != 0 {
                throw .unknownSection(raw)
            }
            let section = try Self.section(bytes, entry: entry, end: end, envelope, kind, index)
            end = section.offset + section.count * section.stride
            let padded = end + (TableLayout.alignment - end % TableLayout.alignment) % 8
            guard padded <= envelope.fileSize, bytes.areZero(end, count: padded - end) else {
                throw .malformed(.padding, section: kind, index: index)
            }
            end = padded
            if let kind {
                self[kind] = section
                found.insert(kind)
            }
        }
        guard end == envelope.fileSize else {
            throw .malformed(.directory, section: nil, index: envelope.sectionCount)
        }
        for kind in SectionKind.allCases where !found.contains(kind) {
            throw .malformed(.missing, section: kind, index: 0)
        }
    }

    private static func section(
        _ bytes: TableBytes,
        entry: Int,
        end: Int,
        _ envelope: TableEnvelope,
        _ kind: SectionKind?,
        _ index: Int
    ) throws(TableError) -> Section {
        typealias Directory = TableLayout.Directory
        let stride = bytes.u32(at: entry + Directory.stride)
        guard stride >= UInt32(kind?.recordSize ?? 1), stride <= Directory.strideMax,
            kind != .stringBytes || stride == 1
        else { throw .malformed(.stride, section: kind, index: index) }
        let count = bytes.u64(at: entry + Directory.count)
        guard bytes.u64(at: entry + Directory.offset) == UInt64(end),
            count <= UInt64(envelope.fileSize - end) / UInt64(stride)
        else { throw .malformed(.directory, section: kind, index: index) }
        return Section(offset: end, count: Int(count), stride: Int(stride))
    }
}
