import Fleet
import Testing

@Suite("The pace of beats")
struct BeatPaceTests {
    /// The waits of some beats, each answered with a number of sidecars; nil is no answer.
    private func waits(_ answers: [Int?], isAlwaysQuick: Bool = false) -> [UInt64] {
        var pace = BeatPace()
        return answers.map { live in
            if let live { pace.heard(live: live) }
            return pace.next(isAlwaysQuick: isAlwaysQuick, isRefused: false)
        }
    }

    private let quick = Array(repeating: BeatPace.quickMS, count: BeatPace.quickCount)

    @Test("is quick after the start, and slow when nothing has changed for a lease")
    func start() {
        let answers = Array(repeating: 3 as Int?, count: BeatPace.quickCount + 2)
        #expect(waits(answers) == quick + [BeatPace.slowMS, BeatPace.slowMS])
    }

    @Test("is quick again when the number changes", arguments: [2, 4])
    func change(live: Int) {
        let before = Array(repeating: 3 as Int?, count: BeatPace.quickCount + 1)
        let after = Array(repeating: live as Int?, count: BeatPace.quickCount + 1)
        let slow = [BeatPace.slowMS]
        #expect(waits(before + after) == quick + slow + quick + slow)
    }

    @Test("does not stay quick where nobody answers")
    func silence() {
        let answers = Array(repeating: nil as Int?, count: BeatPace.quickCount + 1)
        #expect(waits(answers) == quick + [BeatPace.slowMS])
    }

    @Test("is quick for ever where more than limits is shared")
    func sharing() {
        let answers = Array(repeating: 3 as Int?, count: BeatPace.quickCount * 2)
        #expect(waits(answers, isAlwaysQuick: true) == quick + quick)
    }

    @Test("is slowest while rights are missing")
    func refused() {
        var pace = BeatPace()
        #expect(pace.next(isAlwaysQuick: true, isRefused: true) == BeatPace.refusedMS)
        #expect(pace.next(isAlwaysQuick: false, isRefused: false) == BeatPace.quickMS)
    }
}
