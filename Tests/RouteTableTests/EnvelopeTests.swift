import Testing

@testable import RouteTable

@Suite("A table's envelope")
struct EnvelopeTests {
    private let file: [UInt8]

    init() throws {
        file = try TableWriter.encode(SampleContents.rich)
    }

    /// The error for a file with some header bytes changed and its checksum right.
    private func error(storing bytes: [UInt8], at offset: Int) -> TableError? {
        var copy = file
        copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        Corruption.resealHeader(&copy)
        return Corruption.error(copy)
    }

    @Test("[F-3] is refused when cut at any length")
    func truncation() {
        for length in 0..<file.count {
            let expected: TableError =
                length < 128
                ? .tooSmall(size: length)
                : .wrongSize(declared: UInt64(file.count), actual: length)
            #expect(Corruption.error(Array(file[..<length])) == expected)
        }
    }

    @Test("[F-4] tells another kind of file from a text-mode copy")
    func magic() {
        #expect(Corruption.error([UInt8](repeating: 0x41, count: 4096)) == .notATable)
        // CR LF became LF: all after it moves up.
        #expect(Corruption.error(Array(file[..<4]) + file[5...]) == .textModeDamage)
        // LF became CR LF.
        #expect(Corruption.error(Array(file[..<7]) + [0x0D] + file[7...]) == .textModeDamage)
        // The top bit was lost, or the byte became U+FFFD.
        #expect(Corruption.error([0x09] + file[1...]) == .textModeDamage)
        #expect(Corruption.error([0xEF, 0xBF, 0xBD] + file[1...]) == .textModeDamage)
    }

    @Test("[F-5] is refused by a reader of another version, and takes any write version")
    func version() {
        #expect(error(storing: [2, 0], at: 8) == .unsupportedVersion(2))
        #expect(error(storing: [0, 0], at: 8) == .unsupportedVersion(0))
        #expect(error(storing: [9, 0], at: 10) == nil)
    }

    @Test("[F-6] is refused when a header byte changed", arguments: 12..<128)
    func headerChecksum(offset: Int) {
        var copy = file
        copy[offset] ^= 0x10
        #expect(Corruption.error(copy) == .headerDamaged)
    }

    @Test("[F-7] may have a longer header")
    func longerHeader() throws {
        var copy = file
        copy.insert(contentsOf: [UInt8](repeating: 0, count: 16), at: 120)
        copy.store(UInt32(144), at: 12)
        copy.store(UInt64(copy.count), at: 16)
        copy[121] = 5
        for entry in 0..<19 {
            let place = 144 + entry * 24 + 8
            copy.store(Corruption.integer(copy, place, 8) + 16, at: place)
        }
        copy.replaceSubrange(40..<72, with: SHA256Bytes.of(copy, from: 144))
        copy.store(XXH3Bytes.of(copy, upTo: 136), at: 136)
        #expect(try RouteTable(bytes: copy).contents() == SampleContents.rich)
        #expect(error(storing: [0x81, 0, 0, 0], at: 12) == .headerDamaged)
    }

    @Test("[F-8] is refused when its size is not the declared one")
    func declaredSize() {
        #expect(
            Corruption.error(file + [0])
                == .wrongSize(declared: UInt64(file.count), actual: file.count + 1)
        )
        #expect(error(storing: [UInt8](repeating: 0xFF, count: 8), at: 16) != nil)
    }

    @Test("[F-9] is refused when a reserved byte is not zero", arguments: 72..<120)
    func reserved(offset: Int) {
        #expect(error(storing: [1], at: offset) == .reservedNotZero(offset: offset))
    }

    @Test("[F-10] is refused for flags in the upper half, not for those in the lower")
    func flags() {
        #expect(error(storing: [0, 0, 1, 0], at: 36) == .unknownHeaderFlags(0x1_0000))
        #expect(error(storing: [1, 0, 0, 0], at: 36) == nil)
    }

    @Test("[F-11] is refused when any byte of the body changed")
    func bodyDigest() {
        for offset in 128..<file.count {
            var copy = file
            copy[offset] ^= 1
            #expect(Corruption.error(copy) == .bodyDamaged)
        }
    }

    @Test("[F-12] may be followed by a signature, which is seen and is not part of the digest")
    func signature() throws {
        let magic: [UInt8] = [0x89, 0x53, 0x47, 0x53, 0x0D, 0x0A, 0x1A, 0x0A]
        let signed = file + magic + [UInt8](repeating: 3, count: 72)
        let table = try RouteTable(bytes: signed)
        #expect(table.signatures.map(\.keyID) == [[UInt8](repeating: 3, count: 8)])
        #expect(try RouteTable(bytes: file).digest == table.digest)
        #expect(try RouteTable(bytes: file).signatures.isEmpty)
        #expect(Corruption.error(signed + [0]) != nil)
        #expect(Corruption.error(file + [UInt8](repeating: 0, count: 80)) != nil)
    }

    @Test("[F-2] says for every error what to do")
    func descriptions() {
        let errors: [TableError] = [
            .tooSmall(size: 3), .tooLarge(size: 1 << 40), .notATable, .textModeDamage,
            .unsupportedVersion(7), .headerDamaged, .wrongSize(declared: 5, actual: 4),
            .reservedNotZero(offset: 80), .unknownHeaderFlags(1 << 20), .bodyDamaged,
            .malformed(.order, section: .models, index: 3), .unknownSection(99),
        ]
        for error in errors {
            let text = error.description
            #expect(
                ["copy", "compile", "use a"].contains { text.contains($0) }
                    || text.contains("more than"),
                "\(text)"
            )
        }
    }
}
