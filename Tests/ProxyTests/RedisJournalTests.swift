import EventLoop
import Redis
import Testing

@testable import Proxy

@Suite("What operators are told of Redis")
struct RedisJournalTests {
    private typealias Note = (worker: Int, event: RedisEvent, line: String?)

    private func told(_ notes: [(Int, RedisEvent)]) -> [String?] {
        var report = ServerReport()
        var lines: [String?] = []
        for (worker, event) in notes { lines.append(report.take(event, worker: worker)) }
        return lines
    }

    @Test("is one line for each change, however many workers notice it")
    func states() {
        let lines = told([
            (1, .state(.up)), (2, .state(.up)),
            (1, .state(.down("refused"))), (2, .state(.down("reset"))),
            (2, .state(.up)), (1, .state(.up)),
        ])
        #expect(lines == ["Redis is up", nil, "Redis is down: refused", nil, nil, "Redis is up"])
    }

    @Test("is another line when there is another reason")
    func reasons() {
        let lines = told([
            (1, .state(.down("refused"))), (2, .state(.down("refused"))),
            (1, .state(.down("wrong password"))), (2, .state(.down("wrong password"))),
        ])
        let wanted = ["Redis is down: refused", nil, "Redis is down: wrong password", nil]
        #expect(lines == wanted)
    }

    @Test("is the worst that a worker sees")
    func worst() {
        let lines = told([
            (1, .state(.up)), (1, .state(.partly("a"))), (2, .state(.down("b"))),
            (1, .state(.up)), (2, .state(.partly("c"))), (2, .state(.up)),
        ])
        let wanted = [
            "Redis is up", "Redis is partly up: a", "Redis is down: b", nil,
            "Redis is partly up: c", "Redis is up",
        ]
        #expect(lines == wanted)
    }

    @Test("is a finding once for all workers, and again when one tells again")
    func findings() {
        let old = RedisFinding.oldVersion("6.0")
        let lines = told([
            (1, .finding(old)), (2, .finding(old)), (2, .finding(.keepsNothing)),
            (1, .finding(.keepsNothing)), (1, .finding(old)),
        ])
        #expect(lines == ["\(old)", nil, "\(RedisFinding.keepsNothing)", nil, "\(old)"])
    }

    private func at(_ seconds: UInt64) -> Instant {
        Instant(nanoseconds: 0).advanced(milliseconds: seconds * 1_000)
    }

    @Test("is that commands are refused, once, and that they are taken again, when all are")
    func refusals() {
        var watch = RefusalWatch()
        var told: [String] = []
        func refused(_ name: String, _ seconds: UInt64) {
            if watch.refused(name, at: at(seconds)) { told.append("refused \(seconds)") }
        }
        func took(_ name: String, _ seconds: UInt64) {
            if watch.took(name, at: at(seconds)) { told.append("took \(seconds)") }
        }
        took("GET", 0)
        refused("SET", 1)
        refused("SET", 2)
        refused("GET", 3)
        // A full memory takes some.
        took("SET", 4)
        refused("SET", 5)
        took("SET", 14)
        #expect(watch.isActive)
        took("SET", 15)
        took("SET", 16)
        #expect(told == ["refused 1"])
        took("GET", 20)
        #expect(told == ["refused 1", "took 20"])
        #expect(!watch.isActive)
        refused("GET", 21)
        #expect(told == ["refused 1", "took 20", "refused 21"])
    }
}
