import Testing

@testable import Upstream

@Suite("ConnectionLimits")
struct ConnectionLimitsTests {
    @Test("are a minute and a thousand exchanges by default")
    func defaults() {
        #expect(ConnectionLimits().ageMS == 60_000)
        #expect(ConnectionLimits().exchanges == 1_000)
    }

    @Test(
        "end a connection at its share of the age, or at the count",
        arguments: [
            (0, 0, 1, true), (99, 9, 1, true), (100, 9, 1, false), (99, 10, 1, false),
            (89, 0, 0.9, true), (90, 0, 0.9, false),
        ] as [(UInt64, Int, Double, Bool)]
    )
    func bounds(ageMS: UInt64, served: Int, share: Double, isAllowed: Bool) {
        var limits = ConnectionLimits()
        limits.ageMS = 100
        limits.exchanges = 10
        let ageNS = ageMS * 1_000_000
        #expect(limits.allowsReuse(ageNS: ageNS, served: served, share: share) == isAllowed)
    }

    @Test("may be as large as a number can be")
    func huge() {
        var limits = ConnectionLimits()
        limits.ageMS = UInt64(Int.max)
        limits.exchanges = .max
        #expect(limits.allowsReuse(ageNS: .max, served: 1 << 40, share: 0.9))
    }
}
