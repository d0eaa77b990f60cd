package import POSIX
internal import Cryptography

/// A verified routing table: immutable, shared by all threads, read where it lies.
///
/// All is checked once, when the table is opened; after that nothing that is read can fail. An
/// index that the table did not hand out is a programmer's error and traps.
package final class RouteTable: Sendable {
    /// How a file's bytes come into memory.
    package enum Mode: Sendable {
        /// Read once into sealed memory: nothing that happens to the file matters later.
        case sealedCopy
        /// Map the file itself: one page cache for all processes of a machine, but a file that is
        /// truncated in place ends the process.
        case direct
    }

    let bytes: TableBytes
    let sections: SectionMap
    /// The number that a rollout gave this table.
    package let generation: UInt64
    /// The body's SHA-256: 32 bytes that identify the content.
    package let digest: [UInt8]
    /// The signatures that follow the table. They were checked only where keys were given.
    package let signatures: [TableSignature]
    package let counts: TableCounts
    /// What has to be looked up at load; `TextRef.Kind.reference` is an index into it.
    package let references: [Reference]

    /// Opens and verifies a file.
    ///
    /// - Parameter trusted: keys of which one must have signed the table; nil takes anybody's.
    package static func open(
        path: String,
        mode: Mode = .sealedCopy,
        trusted: TrustedKeys? = nil
    ) throws(TableError) -> RouteTable {
        let sizeMax = TableLayout.signedBytesMax
        let region: MappedRegion
        do throws(FileError) {
            region =
                switch mode {
                case .sealedCopy: try .sealedCopy(ofFile: path, sizeMax: sizeMax)
                case .direct: try .file(path, sizeMax: sizeMax)
                }
        } catch {
            throw .file(error)
        }
        return try RouteTable(region, trusted: trusted)
    }

    /// Verifies a table that is in memory, such as one just compiled.
    package convenience init(
        bytes: [UInt8],
        trusted: TrustedKeys? = nil
    ) throws(TableError) {
        let region: MappedRegion
        do throws(Errno) {
            region = try .sealedCopy(of: bytes)
        } catch {
            throw .memory(error)
        }
        try self.init(region, trusted: trusted)
    }

    /// Verifies mapped bytes.
    package init(_ region: MappedRegion, trusted: TrustedKeys? = nil) throws(TableError) {
        let bytes = TableBytes(region)
        let envelope = try TableEnvelope(verifying: bytes, trusted: trusted)
        let sections = try SectionMap(verifying: bytes, envelope: envelope)
        try TableVerifier(bytes: bytes, sections: sections).verify()
        self.bytes = bytes
        self.sections = sections
        generation = envelope.generation
        digest = envelope.digest
        signatures = envelope.signatures
        counts = TableCounts(
            models: sections[.models].count,
            deployments: sections[.deployments].count,
            aliases: sections[.aliases].count,
            patterns: sections[.patterns].count,
            credentials: sections[.credentials].count,
            virtualKeys: sections[.virtualKeys].count,
            fallbacks: sections[.fallbacks].count,
            references: sections[.references].count,
            environment: sections[.environment].count
        )
        references = Self.readReferences(bytes, sections)
    }

    /// `digest` as 64 hexadecimal digits.
    package var digestHex: String { Hex.encode(digest) }

    /// Settings of the whole table.
    package var settings: Parameters {
        parameters(bytes.u32(at: sections[.settings].record(0)))
    }

    private static func readReferences(
        _ bytes: TableBytes,
        _ sections: SectionMap
    ) -> [Reference] {
        (0..<sections[.references].count).map { index in
            let record = sections[.references].record(index)
            let flags = bytes.u8(at: record + TableLayout.Reference.flags)
            let id = StringID(raw: bytes.u32(at: record + TableLayout.Reference.name))
            let kind = bytes.u8(at: record + TableLayout.Reference.kind)
            return Reference(
                kind: Reference.Kind(rawValue: kind) ?? .environment,
                name: string(id, bytes, sections),
                isSecret: flags & TableLayout.Reference.isSecret != 0,
                isRequired: flags & TableLayout.Reference.isRequired != 0
            )
        }
    }

    // MARK: Strings

    static func span(
        of id: StringID,
        _ bytes: TableBytes,
        _ sections: SectionMap
    ) -> (offset: Int, count: Int) {
        let offsets = sections[.stringOffsets]
        let start = Int(bytes.u32(at: offsets.record(Int(id.raw))))
        let end = Int(bytes.u32(at: offsets.record(Int(id.raw) + 1)))
        return (sections[.stringBytes].offset + start, end - start)
    }

    static func string(
        _ id: StringID,
        _ bytes: TableBytes,
        _ sections: SectionMap
    ) -> String {
        let place = span(of: id, bytes, sections)
        let span = bytes.span(place.offset, count: place.count)
        return unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// A string of the pool, copied.
    package func string(_ id: StringID) -> String {
        Self.string(id, bytes, sections)
    }

    /// The bytes of a string of the pool, where they lie.
    @_lifetime(borrow self)
    package func bytes(of id: StringID) -> Span<UInt8> {
        let place = Self.span(of: id, bytes, sections)
        return span(place.offset, count: place.count)
    }

    /// A range of the table's bytes.
    @_lifetime(borrow self)
    func span(_ offset: Int, count length: Int) -> Span<UInt8> {
        let buffer = unsafe bytes.buffer(offset, count: length)
        return unsafe _overrideLifetime(Span<UInt8>(_unsafeBytes: buffer), borrowing: self)
    }

    /// Runs a closure with the bytes of a string of the pool.
    package func withBytes<Result>(of id: StringID, _ body: (Span<UInt8>) -> Result) -> Result {
        body(bytes(of: id))
    }
}
