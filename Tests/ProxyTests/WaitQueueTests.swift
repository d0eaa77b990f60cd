import EventLoop
import TestSupport
import Testing

@testable import Proxy

@Suite("A queue for places")
struct WaitQueueTests {
    /// Runs `body` with a queue of three, numbered 1 to 3.
    private func withThree(_ body: @Sendable (inout WaitQueue) throws -> Void) async throws {
        try await LoopHarness().run { loop in
            var queue = WaitQueue()
            for id in 1...3 {
                queue.append(UInt64(id), RemoteSignal(Waiter(loop: loop), on: loop))
            }
            try body(&queue)
        }
    }

    /// `#expect` takes no mutating calls.
    private func expect(_ isTrue: Bool, _ location: SourceLocation = #_sourceLocation) {
        #expect(isTrue, sourceLocation: location)
    }

    @Test("promises each place to one who was not told yet, in order of arrival")
    func order() async throws {
        try await withThree { queue in
            #expect(!queue.hasPromised)
            expect(queue.tellNext() != nil)
            #expect(queue.hasPromised)
            expect(queue.tellNext() != nil)
            expect(queue.remove(1))
            expect(queue.remove(2))
            #expect(!queue.hasPromised)
            expect(!queue.remove(3))
            #expect(queue.isEmpty)
            expect(queue.tellNext() == nil)
        }
    }

    @Test("lets one who cannot use a place pass it on and keep its turn")
    func passOn() async throws {
        try await withThree { queue in
            expect(queue.takeBack(1, passesOn: true) == nil)
            _ = queue.tellNext()
            expect(queue.takeBack(1, passesOn: true) != nil)
            #expect(queue.hasPromised)
            expect(queue.remove(2))
            #expect(!queue.hasPromised)
            // The first one is still the first.
            _ = queue.tellNext()
            expect(queue.remove(1))
        }
    }

    @Test("keeps no promise when nobody is left to pass a place on to")
    func lastPassesOn() async throws {
        try await withThree { queue in
            for _ in 0..<3 { _ = queue.tellNext() }
            expect(queue.takeBack(3, passesOn: true) == nil)
            expect(queue.remove(1))
            expect(queue.remove(2))
            #expect(!queue.hasPromised)
            #expect(queue.count == 1)
        }
    }

    @Test("forgets one who leaves untold")
    func leave() async throws {
        try await withThree { queue in
            expect(!queue.remove(2))
            expect(!queue.remove(2))
            _ = queue.tellNext()
            _ = queue.tellNext()
            expect(queue.remove(3))
        }
    }
}
