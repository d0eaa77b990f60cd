internal import Glibc

/// A generator whose seed is printed, and can be given in `SIDEGATE_TEST_SEED`.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    package static func make(_ file: StaticString = #fileID) -> SeededRandom {
        let given = unsafe getenv("SIDEGATE_TEST_SEED").flatMap {
            unsafe UInt64(String(cString: $0))
        }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("\(file): SIDEGATE_TEST_SEED=\(seed)")
        return SeededRandom(state: seed)
    }

    /// SplitMix64.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
