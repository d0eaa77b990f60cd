/// Ways to cut an input into pieces, the same for the same input.
enum Splits {
    /// In two somewhere, in small and large pieces, and byte by byte where that is quick.
    static func of(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
        var random = MutationRandom(seed: hash(bytes))
        let middle = random.below(bytes.count + 1)
        var splits = [[bytes[..<middle], bytes[middle...]]]
        if bytes.count <= 512 { splits.append(bytes.indices.map { bytes[$0...$0] }) }
        for most in [7, 64] {
            var pieces: [ArraySlice<UInt8>] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = 1 + random.below(most)
                pieces.append(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            splits.append(pieces)
        }
        return splits
    }

    /// FNV-1a.
    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}

/// Chance from a seed (SplitMix64).
struct MutationRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number below `count`, which is above 0.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    mutating func element<Element>(of list: [Element]) -> Element? {
        list.isEmpty ? nil : list[below(list.count)]
    }
}
