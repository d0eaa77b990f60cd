import Testing

@testable import Proxy

@Suite("Timing")
struct TimingTests {
    private let limits: ProxyLimits = {
        var limits = ProxyLimits()
        limits.firstByteMS = 500
        limits.totalMS = 900
        limits.streamIdleMS = 70
        return limits
    }()

    private func timing(
        _ isStream: Bool,
        asked: Timing.Pair = .init(),
        deployment: Timing.Pair = .init(),
        table: Timing.Pair = .init()
    ) -> [UInt64] {
        let timing = Timing(
            isStream: isStream,
            asked: asked,
            deployment: deployment,
            table: table,
            limits: limits
        )
        return [timing.headMS, timing.totalMS, timing.idleMS]
    }

    @Test("is the limits' where nothing is set")
    func defaults() {
        #expect(timing(false) == [500, 900, 70])
        #expect(timing(true) == [500, 900, 70])
    }

    @Test("of the deployment goes before the table's, and the client's before both")
    func precedence() {
        let table = Timing.Pair(wholeMS: 30, streamMS: 31)
        let deployment = Timing.Pair(wholeMS: 20, streamMS: 21)
        let asked = Timing.Pair(wholeMS: 10, streamMS: 11)
        #expect(timing(false, table: table) == [30, 30, 31])
        #expect(timing(false, deployment: deployment, table: table) == [20, 20, 21])
        #expect(
            timing(false, asked: asked, deployment: deployment, table: table) == [10, 10, 11]
        )
    }

    @Test("of a stream's head is the stream's own, else the whole's within the limit")
    func streams() {
        #expect(timing(true, table: .init(wholeMS: 30, streamMS: 31)) == [31, 30, 31])
        #expect(timing(true, table: .init(wholeMS: 30)) == [30, 30, 70])
        #expect(timing(true, table: .init(wholeMS: 5000)) == [500, 5000, 70])
        #expect(timing(true, asked: .init(wholeMS: 5), table: .init(streamMS: 31)) == [5, 5, 31])
    }

    @Test("of a whole answer may be longer than the first byte's limit")
    func longWhole() {
        #expect(timing(false, deployment: .init(wholeMS: 5000)) == [5000, 5000, 70])
    }
}
