internal import Cryptography

extension TableBuilder {
    /// Header, directory and sections as one file's bytes.
    func assemble(generation: UInt64) throws(TableWriterError) -> [UInt8] {
        let kinds = SectionKind.allCases
        let directoryEnd = TableLayout.Header.size + kinds.count * TableLayout.Directory.size
        var file = [UInt8](repeating: 0, count: directoryEnd)
        file.reserveCapacity(kinds.reduce(directoryEnd) { $0 + self[$1].count + 8 })
        for (index, kind) in kinds.enumerated() {
            let entry = TableLayout.Header.size + index * TableLayout.Directory.size
            file.store(kind.rawValue, at: entry + TableLayout.Directory.kind)
            file.store(UInt32(kind.recordSize), at: entry + TableLayout.Directory.stride)
            file.store(UInt64(file.count), at: entry + TableLayout.Directory.offset)
            file.store(UInt64(count(kind)), at: entry + TableLayout.Directory.count)
            file += self[kind]
            while file.count % TableLayout.alignment != 0 { file.append(UInt8(0)) }
        }
        try check(.fileBytes, file.count)
        TableSeal.write(
            to: &file,
            generation: generation,
            sectionCount: UInt32(kinds.count)
        )
        return file
    }
}

/// The header of a finished body.
enum TableSeal {
    /// Fills in the header: sizes, the body's digest and last the header's own checksum.
    static func write(to file: inout [UInt8], generation: UInt64, sectionCount: UInt32) {
        typealias Header = TableLayout.Header
        file.replaceSubrange(0..<TableLayout.magic.count, with: TableLayout.magic)
        file.store(TableLayout.readVersion, at: Header.readVersion)
        file.store(TableLayout.writeVersion, at: Header.writeVersion)
        file.store(UInt32(Header.size), at: Header.headerSize)
        file.store(UInt64(file.count), at: Header.fileSize)
        file.store(generation, at: Header.generation)
        file.store(sectionCount, at: Header.sectionCount)
        let digest = digest(file, from: Header.size)
        file.replaceSubrange(Header.bodyDigest..<Header.reserved, with: digest)
        let checksumOffset = Header.size - Header.checksumSize
        file.store(checksum(file, upTo: checksumOffset), at: checksumOffset)
    }

    private static func digest(_ file: [UInt8], from start: Int) -> [UInt8] {
        let body = file.span.extracting(start..<file.count)
        return unsafe SHA256.hash(body.bytes)
    }

    private static func checksum(_ file: [UInt8], upTo end: Int) -> UInt64 {
        let checked = file.span.extracting(0..<end)
        return unsafe XXH3.hash64(checked.bytes)
    }
}
