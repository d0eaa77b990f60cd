@testable import RouteTable

/// Tables as a later writer may make them.
enum ForeignTable {
    /// A copy with one more section, of 13 bytes, at its end.
    static func adding(section kind: UInt16, flags: UInt16, to file: [UInt8]) -> [UInt8] {
        var sections = split(file)
        sections.append(
            Piece(
                kind: kind,
                flags: flags,
                stride: 1,
                count: 13,
                bytes: [UInt8](repeating: 0xEE, count: 13)
            )
        )
        return join(sections, header: file)
    }

    /// A copy in which one section's records have more fields at their end.
    static func widening(_ kind: SectionKind, by extra: Int, in file: [UInt8]) -> [UInt8] {
        var sections = split(file)
        let index = Int(kind.rawValue) - 1
        let old = sections[index]
        sections[index].stride += extra
        sections[index].bytes = (0..<old.count).flatMap { record in
            old.bytes[record * old.stride..<(record + 1) * old.stride]
                + [UInt8](repeating: 0x77, count: extra)
        }
        return join(sections, header: file)
    }

    private struct Piece {
        var kind: UInt16
        var flags: UInt16
        var stride: Int
        var count: Int
        var bytes: [UInt8]
    }

    private static func split(_ file: [UInt8]) -> [Piece] {
        SectionKind.allCases.map { kind in
            let (offset, count) = Corruption.section(kind, in: file)
            let size = count * kind.recordSize
            return Piece(
                kind: kind.rawValue,
                flags: 0,
                stride: kind.recordSize,
                count: count,
                bytes: Array(file[offset..<offset + size])
            )
        }
    }

    private static func join(_ pieces: [Piece], header: [UInt8]) -> [UInt8] {
        var file = Array(header[..<128]) + [UInt8](repeating: 0, count: pieces.count * 24)
        for (index, piece) in pieces.enumerated() {
            let entry = 128 + index * 24
            file.store(piece.kind, at: entry)
            file.store(piece.flags, at: entry + 2)
            file.store(UInt32(piece.stride), at: entry + 4)
            file.store(UInt64(file.count), at: entry + 8)
            file.store(UInt64(piece.count), at: entry + 16)
            file += piece.bytes
            while file.count % 8 != 0 { file.append(0) }
        }
        file.store(UInt32(pieces.count), at: 32)
        file.store(UInt64(file.count), at: 16)
        Corruption.reseal(&file)
        return file
    }
}
