import Testing

@testable import RateLimits

@Suite("How many sidecars share a limit")
struct LiveCountsTests {
    @Test(
        "is the most that was said within a lease",
        arguments: [
            // Each is said five seconds after the one before.
            ([3], [3]),
            ([1, 2, 5], [1, 2, 5]),
            // Redis has lost what it knew.
            ([5, 1, 4, 5], [5, 5, 5, 5]),
            // Two have gone: believed when what was said before is a lease old.
            ([5, 3, 3, 3, 3], [5, 5, 5, 5, 3]),
            ([5, 4, 3, 2, 1, 1, 1, 1], [5, 5, 5, 5, 4, 3, 2, 1]),
            ([0, -1], [1, 1]),
        ]
    )
    func most(_ said: [Int], _ wanted: [Int]) {
        var counts = LiveCounts()
        var found: [Int] = []
        for (place, count) in said.enumerated() {
            found.append(counts.add(count, atMS: Int64(place) * 5_000))
        }
        #expect(found == wanted)
    }

    @Test("is believed at once after a long silence")
    func silence() {
        var counts = LiveCounts()
        let first = counts.add(50, atMS: 0)
        let second = counts.add(2, atMS: 60_000)
        #expect(first == 50 && second == 2)
    }
}
