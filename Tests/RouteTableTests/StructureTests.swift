import Testing

@testable import Cryptography
@testable import RouteTable

enum SHA256Bytes {
    static func of(_ file: [UInt8], from start: Int) -> [UInt8] {
        SHA256.hash(Array(file[start...]))
    }
}

enum XXH3Bytes {
    static func of(_ file: [UInt8], upTo end: Int) -> UInt64 {
        XXH3.hash64(Array(file[..<end]).span.bytes)
    }
}

@Suite("A table's structure")
struct StructureTests {
    private let file: [UInt8]

    init() throws {
        file = try TableWriter.encode(SampleContents.rich)
    }

    /// The fault found after bytes of a section were changed and the file sealed again.
    private func fault(
        _ kind: SectionKind,
        at offset: Int,
        store bytes: [UInt8]
    ) -> TableFault? {
        var copy = file
        let start = Corruption.section(kind, in: file).offset + offset
        copy.replaceSubrange(start..<start + bytes.count, with: bytes)
        Corruption.reseal(&copy)
        guard case .malformed(let fault, _, _) = Corruption.error(copy) else { return nil }
        return fault
    }

    @Test("[F-1] [F-2] is proved, or refused with a typed error, for any byte changed under seal")
    func flips() throws {
        var refused = 0
        var accepted = 0
        for offset in 128..<file.count {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var copy = file
                copy[offset] ^= change
                Corruption.reseal(&copy)
                do {
                    Corruption.readAll(try RouteTable(bytes: copy))
                    accepted += 1
                } catch {
                    refused += 1
                }
            }
        }
        // Names, numbers and weights may be anything; what points or counts may not.
        #expect(refused > 1000 && accepted > 100, "\(refused) refused, \(accepted) accepted")
    }

    @Test("[F-2] survives random damage to many bytes under seal")
    func randomDamage() throws {
        var random = RandomContents(seed: TestSeed.value)
        print("seed \(TestSeed.value)")
        for _ in 0..<2000 {
            var copy = file
            for _ in 0...random.below(4) {
                copy[128 + random.below(file.count - 128)] = UInt8(random.below(256))
            }
            Corruption.reseal(&copy)
            if let table = try? RouteTable(bytes: copy) { Corruption.readAll(table) }
        }
    }

    @Test("[F-13] refuses sections out of order, apart, overlapping or missing")
    func directory() {
        func error(_ index: Int, _ field: Int, _ value: UInt64) -> TableError? {
            var copy = file
            copy.store(value, at: 128 + index * 24 + field)
            Corruption.reseal(&copy)
            return Corruption.error(copy)
        }
        #expect(error(3, 8, 0) == .malformed(.directory, section: .references, index: 3))
        #expect(error(3, 16, .max) == .malformed(.directory, section: .references, index: 3))
        #expect(error(0, 16, 1 << 40) == .malformed(.directory, section: .stringBytes, index: 0))
        var copy = file
        copy.store(UInt16(1), at: 128 + 24)
        Corruption.reseal(&copy)
        #expect(
            Corruption.error(copy) == .malformed(.directory, section: .stringBytes, index: 1)
        )
        copy = file
        copy.store(UInt32(65), at: 32)
        Corruption.reseal(&copy)
        #expect(Corruption.error(copy) == .malformed(.overLimit, section: nil, index: 0))
        copy = file
        copy.store(UInt32(18), at: 32)
        Corruption.reseal(&copy)
        #expect(Corruption.error(copy) != nil)
    }

    @Test("[F-14] refuses padding that is not zero")
    func padding() throws {
        var contents = TableContents()
        contents.models = [Model(name: "abc")]
        var copy = try TableWriter.encode(contents)
        let text = Corruption.section(.stringBytes, in: copy)
        #expect(text.count == 3)
        copy[text.offset + 3] = 1
        Corruption.reseal(&copy)
        #expect(Corruption.error(copy) == .malformed(.padding, section: .stringBytes, index: 0))
    }

    @Test("[F-15] skips unknown sections, unless they must be understood")
    func unknownSections() throws {
        let added = ForeignTable.adding(section: 300, flags: 0, to: file)
        #expect(try RouteTable(bytes: added).contents() == SampleContents.rich)
        let needed = ForeignTable.adding(section: 300, flags: 1, to: file)
        #expect(Corruption.error(needed) == .unknownSection(300))
        let flagged = ForeignTable.adding(section: 300, flags: 0x8000, to: file)
        #expect(Corruption.error(flagged) == .unknownSection(300))
        let ignored = ForeignTable.adding(section: 300, flags: 0x0080, to: file)
        #expect(Corruption.error(ignored) == nil)
    }

    @Test("[F-16] reads longer records, and refuses shorter ones", arguments: SectionKind.allCases)
    func strides(kind: SectionKind) throws {
        let longer = ForeignTable.widening(kind, by: 8, in: file)
        if kind == .stringBytes {
            #expect(Corruption.error(longer) == .malformed(.stride, section: kind, index: 0))
        } else {
            #expect(try RouteTable(bytes: longer).contents() == SampleContents.rich)
            var copy = file
            let entry = 128 + (Int(kind.rawValue) - 1) * 24
            copy.store(UInt32(kind.recordSize - 1), at: entry + 4)
            Corruption.reseal(&copy)
            let index = Int(kind.rawValue) - 1
            #expect(Corruption.error(copy) == .malformed(.stride, section: kind, index: index))
        }
    }

    @Test("[F-17] refuses text that is not UTF-8, and strings that begin inside a character")
    func utf8() throws {
        #expect(fault(.stringBytes, at: 0, store: [0xFF]) == .utf8)
        var contents = TableContents()
        contents.environment = [EnvironmentVariable(name: "é", value: .literal("x"))]
        var copy = try TableWriter.encode(contents)
        let offsets = Corruption.section(.stringOffsets, in: copy).offset
        copy.store(UInt32(1), at: offsets + 4)
        Corruption.reseal(&copy)
        #expect(
            Corruption.error(copy) == .malformed(.utf8, section: .stringOffsets, index: 1)
        )
    }

    @Test("[F-18] refuses texts that point nowhere, and the fourth kind of text")
    func texts() {
        #expect(fault(.lists, at: 0, store: [0xFF, 0xFF, 0xFF, 0x3F]) == .reference)
        #expect(fault(.lists, at: 0, store: [0, 0, 0, 0xC0]) == .reference)
        #expect(fault(.lists, at: 0, store: [0xFF, 0, 0, 0x40]) == .reference)
    }

    @Test("[F-19] refuses references of an unknown kind or with unknown flags")
    func references() {
        #expect(fault(.references, at: 4, store: [9]) == .value)
        #expect(fault(.references, at: 5, store: [4]) == .reserved)
        #expect(fault(.references, at: 6, store: [1]) == .reserved)
    }

    @Test("[F-20] refuses parameter sets whose first is not empty or whose offsets fall")
    func sets() {
        #expect(fault(.parameterSets, at: 4, store: [1]) == .offsets)
        #expect(fault(.parameterSets, at: 8, store: [0xFF]) == .offsets)
    }

    @Test("[F-21] skips unknown parameters, unless they must be understood")
    func parameters() throws {
        // The settings' last key, 400, becomes 9999.
        let place = Corruption.section(.parameters, in: file).offset + 4 * 16
        #expect(Corruption.integer(file, place, 2) == 400)
        var copy = file
        copy.store(UInt16(9999), at: place)
        Corruption.reseal(&copy)
        let table = try RouteTable(bytes: copy)
        #expect(table.settings.count == 5)
        #expect(table.settings.contents().count == 4)
        copy[place + 3] = 1
        Corruption.reseal(&copy)
        #expect(Corruption.error(copy) == .malformed(.value, section: .parameters, index: 4))
        // An unknown type of value likewise.
        copy[place + 2] = 99
        copy[place + 3] = 0
        Corruption.reseal(&copy)
        #expect(Corruption.error(copy) == nil)
    }

    @Test("[F-22] refuses models that are not sorted, or that share or skip deployments")
    func models() {
        #expect(fault(.models, at: 0, store: [0xFF, 0xFF]) == .reference)
        #expect(fault(.models, at: 4, store: [1]) == .offsets)
        #expect(fault(.models, at: 8, store: [9]) == .count)
        #expect(fault(.models, at: 16, store: [0]) == .reserved)
        let names = Corruption.section(.models, in: file).offset
        let second = Array(file[names + 20..<names + 24])
        #expect(fault(.models, at: 0, store: second) == .order)
    }

    @Test("[F-23] refuses deployments of another model, or with credentials that are not there")
    func deployments() {
        #expect(fault(.deployments, at: 8, store: [1]) == .reference)
        #expect(fault(.deployments, at: 24, store: [2, 0, 0, 0]) == .reference)
        #expect(fault(.deployments, at: 36, store: [2]) == .reserved)
        #expect(fault(.deployments, at: 38, store: [1]) == .reserved)
    }

    @Test("[F-24] refuses an order by identifier that is none")
    func deploymentOrder() {
        #expect(fault(.deploymentsByID, at: 0, store: [0xFF]) == .reference)
        let start = Corruption.section(.deploymentsByID, in: file).offset
        let second = Array(file[start + 4..<start + 8])
        #expect(fault(.deploymentsByID, at: 0, store: second) == .order)
    }

    @Test("[F-25] refuses an index in which a name would not be found")
    func nameIndex() {
        let slots = Corruption.section(.names, in: file)
        for slot in 0..<slots.count {
            let old = Corruption.integer(file, slots.offset + slot * 16 + 8, 4)
            let new: UInt8 = old == 0 ? 1 : 0
            #expect(
                fault(.names, at: slot * 16 + 8, store: [new, 0, 0, 0]) != nil,
                "slot \(slot)"
            )
            #expect(fault(.names, at: slot * 16, store: [0x5A, 0xA5, 1]) != nil)
            #expect(fault(.names, at: slot * 16 + 12, store: [0xFF, 0xFF]) != nil)
        }
    }

    @Test("[F-26] refuses patterns that are missing or not sorted")
    func patterns() {
        let start = Corruption.section(.patterns, in: file).offset
        let swapped = Array(file[start + 4..<start + 8] + file[start..<start + 4])
        #expect(fault(.patterns, at: 0, store: swapped) == .order)
        #expect(fault(.patterns, at: 0, store: [1, 0, 0, 0]) == .reference)
    }

    @Test("[F-27] refuses aliases with unknown flags, without targets, or with a wrong model")
    func aliases() {
        #expect(fault(.aliases, at: 4, store: [2]) == .reserved)
        #expect(fault(.aliases, at: 12, store: [0]) == .value)
        #expect(fault(.aliases, at: 8, store: [1]) == .offsets)
        #expect(fault(.targets, at: 4, store: [0]) == .reference)
    }

    @Test("[F-28] refuses virtual keys that are not sorted")
    func virtualKeys() {
        #expect(fault(.virtualKeys, at: 0, store: [0xFF]) == .order)
        #expect(fault(.virtualKeys, at: 36, store: [1]) == .reserved)
    }

    @Test("[F-29] refuses fallback rules of an unknown trigger or not sorted")
    func fallbacks() {
        #expect(fault(.fallbacks, at: 4, store: [9]) == .value)
        #expect(fault(.fallbacks, at: 4, store: [3]) == .order)
        #expect(fault(.fallbacks, at: 5, store: [1]) == .reserved)
    }

    @Test("[F-30] refuses settings that are not one record")
    func settings() {
        #expect(fault(.settings, at: 4, store: [1]) == .reserved)
        #expect(fault(.settings, at: 0, store: [0xFF]) == .reference)
    }
}
