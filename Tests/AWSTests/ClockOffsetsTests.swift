import Testing

@testable import AWS

@Suite struct ClockOffsetsTests {
    @Test func `a host that has not complained has our time`() {
        #expect(ClockOffsets()["bedrock-runtime.us-east-1.amazonaws.com"] == 0)
    }

    @Test(arguments: [600, -600, 86_400, -2])
    func `a host's time is kept for that host alone`(offset: Int) {
        var offsets = ClockOffsets()
        let news = offsets.note("a", serverSeconds: 10_000 + offset, localSeconds: 10_000)
        #expect(news == offset)
        #expect(offsets["a"] == offset)
        #expect(offsets["b"] == 0)
    }

    @Test func `the rounding of dates is no news`() {
        var offsets = ClockOffsets()
        #expect(offsets.note("a", serverSeconds: 1_001, localSeconds: 1_000) == nil)
        #expect(offsets.note("a", serverSeconds: 1_600, localSeconds: 1_000) == 600)
        #expect(offsets.note("a", serverSeconds: 1_601, localSeconds: 1_000) == nil)
        #expect(offsets["a"] == 600)
    }

    @Test func `a clock that is set right again is noticed`() {
        var offsets = ClockOffsets()
        _ = offsets.note("a", serverSeconds: 1_600, localSeconds: 1_000)
        #expect(offsets.note("a", serverSeconds: 1_600, localSeconds: 1_600) == 0)
        #expect(offsets["a"] == 0)
    }

    @Test func `hosts are bounded`() {
        var offsets = ClockOffsets()
        for number in 0..<1_000 {
            _ = offsets.note("host\(number)", serverSeconds: 100, localSeconds: 0)
        }
        let known = (0..<1_000).count { offsets["host\($0)"] != 0 }
        #expect(known <= 256)
        #expect(offsets["host999"] == 100)
    }
}
