import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import Redis

/// What came after nobody waited for it, on the loop.
private final class Late {
    var replies: [RedisReply] = []
    var isOver = false
}

@Suite("RedisCall", .timeLimit(.minutes(3)))
struct CallTests {
    private func echo(_ text: String) -> RedisCommand {
        var command = RedisCommand("ECHO")
        command.append(text)
        return command
    }

    @Test("has its answer whenever that is asked for, and those of others in between")
    func laterAnswer() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        let texts = try await runner.run { client, loop in
            let first = try client.begin(echo("first"))
            let second = try client.begin(echo("second"))
            let third = try await client.send(echo("third"))
            await pause(loop, milliseconds: 20)
            return [try await second.answer(), try await first.answer(), third].map(\.text)
        }
        #expect(texts == ["second", "first", "third"])
    }

    @Test("leaves in one write with what is asked in the same turn")
    func oneWrite() async throws {
        let fake = try FakeRedis()
        let runner = try await ClientRunner(ClientRunner.settings(fake.port))
        #expect(try await runner.wait { $0.state == .up })
        try await runner.run { client, _ in
            let calls = try (0..<50).map { try client.begin(echo("number \($0)")) }
            for call in calls { _ = try await call.answer() }
        }
        #expect(fake.largestRead >= 1_400)
    }

    @Test("gives an answer that nobody wants to who asked for that", arguments: [true, false])
    func givenUp(isAnswered: Bool) async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        let replies = try await runner.run { client, loop in
            let late = Late()
            let call = try client.begin(echo("late")) { late.replies.append($0) }
            if isAnswered { _ = try await client.send(echo("now")) }
            call.giveUp()
            // Commands that take the place of the given up one are not mixed up with it.
            for number in 0..<20 {
                #expect(try await client.send(echo("\(number)")).text == "\(number)")
            }
            return late.replies
        }
        #expect(replies.map(\.text) == ["late"])
    }

    @Test("that nobody holds any more is given up")
    func dropped() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        let replies = try await runner.run { client, _ in
            let late = Late()
            do {
                _ = try client.begin(echo("late")) { late.replies.append($0) }
            }
            _ = try await client.send(echo("now"))
            return late.replies
        }
        #expect(replies.map(\.text) == ["late"])
    }

    @Test("that timed out gives its answer all the same when it comes")
    func timedOut() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        server.pause()
        let late = try await runner.run { client, loop in
            let late = Late()
            let call = try client.begin(echo("late"), until: loop.now) { late.replies.append($0) }
            await #expect(throws: RedisError.timeout) { try await call.answer() }
            #expect(late.replies.isEmpty)
            return LoopBound(late)
        }
        server.resume()
        let replies = try await runner.run { client, _ in
            _ = try await client.send(echo("now"), until: .now().advanced(milliseconds: 20_000))
            return late.value.replies
        }
        #expect(replies.map(\.text) == ["late"])
        let counts = try await runner.run { client, _ in client.counts }
        #expect(counts.timedOut == 1 && counts.lost == 0)
    }

    @Test("whose connection ends has no late answer")
    func lost() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        server.pause()
        let late = try await runner.run { client, _ in
            let late = Late()
            try client.begin(echo("late")) { late.replies.append($0) }.giveUp()
            return LoopBound(late)
        }
        server.kill()
        #expect(try await runner.wait { $0.counts.lost >= 1 })
        let replies = try await runner.run { _, _ in late.value.replies }
        #expect(replies.isEmpty)
    }

    @Test("of a script that is not known brings the source, also where its answer is late")
    func script() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        let script = RedisScript("return {KEYS[1], ARGV[1], ARGV[2]}")
        let reply = try await runner.run { client, _ in
            let call = script.call(keys: ["k"], arguments: ["x", 7])
            return try await client.begin(script, call).answer()
        }
        #expect(reply == .array([.string([0x6B]), .string([0x78]), .string([0x37])]))
    }

    @Test("posted commands wait for others to leave with, but not for long")
    func patience() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        let value = try await runner.run { client, loop in
            client.post(RedisCommand("SET", key: "a", "1"))
            client.post(RedisCommand("INCR", key: "a"))
            return try await client.send(RedisCommand("GET", key: "a")).text
        }
        #expect(value == "2", "in order")
        try await runner.run { client, _ in _ = client.post(RedisCommand("INCR", key: "a")) }
        for _ in 0..<500 where try server.command("GET", "a") != "3" {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try server.command("GET", "a") == "3")
    }

    @Test("posted commands are tried again where the server asks for that, for a command's time")
    func tryAgain() async throws {
        let asked = Mutex(0)
        let fake = try FakeRedis { command in
            guard command.hasPrefix("SET") else { return "-TRYAGAIN keys are on both sides\r\n" }
            let count = asked.withLock { count in
                count += 1
                return count
            }
            return count < 4 ? "-TRYAGAIN keys are on both sides\r\n" : "+OK\r\n"
        }
        var settings = ClientRunner.settings(fake.port)
        let patient = try await ClientRunner(settings)
        #expect(try await said(patient, RedisCommand("SET", key: "a", "1"))?.isOK == true)
        #expect(asked.withLock { $0 } == 4)
        settings.commandMS = 50
        let hasty = try await ClientRunner(settings)
        #expect(try await hasty.wait { $0.state == .up })
        #expect(try await said(hasty, RedisCommand("GET", key: "a")) == nil)
    }

    /// The answer to a posted command; nil where it was an error.
    private func said(
        _ runner: ClientRunner,
        _ command: RedisCommand
    ) async throws -> RedisReply? {
        try await runner.run { client, loop in
            let late = Late()
            client.post(command) { outcome in
                late.isOver = true
                if case .success(let reply) = outcome { late.replies.append(reply) }
            }
            for _ in 0..<2_000 where !late.isOver { await pause(loop, milliseconds: 10) }
            #expect(late.isOver)
            return late.replies.first
        }
    }

    @Test("every command counts once")
    func counts() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        let (before, after) = try await runner.run { client, _ in
            let before = client.counts
            for number in 0..<10 { _ = try await client.send(echo("\(number)")) }
            _ = await outcome(of: client, RedisCommand("INCRBY", key: "a", "x"))
            client.post(echo("posted"))
            try client.begin(echo("given up")).giveUp()
            _ = try await client.send(echo("last"))
            return (before, client.counts)
        }
        #expect(after.answered - before.answered == 14)
        #expect(after.sent - before.sent == 14)
        #expect(after.bytesOut - before.bytesOut > 14 * 20)
        #expect(after.bytesIn - before.bytesIn > 14 * 8)
        #expect(after.timedOut + after.lost + after.refused == 0 && after.connected == 1)
    }
}
