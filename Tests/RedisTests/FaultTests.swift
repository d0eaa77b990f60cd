import EventLoop
import Foundation
import TestSupport
import Testing

@testable import Redis

/// What becomes of commands when Redis is not well.
@Suite("RedisClient and faults of Redis", .timeLimit(.minutes(4)))
struct FaultTests {
    /// With the deadline that is the default.
    private func settings(_ port: UInt16) -> RedisSettings {
        var settings = ClientRunner.settings(port)
        settings.commandMS = 25
        settings.connectMS = 1_000
        return settings
    }

    private let ping = RedisCommand("PING")

    @Test("asks a hung Redis a few times, then not at all until it answers a probe")
    func hung() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        server.pause()
        let failures = try await runner.run { client, loop in
            var failures: [RedisError] = []
            while failures.count < 20 {
                if case .failure(let error) = await outcome(of: client, ping) {
                    failures.append(error)
                }
            }
            return failures
        }
        #expect(failures.filter { $0 == .timeout }.count <= CircuitBreaker.timeoutsMax)
        #expect(failures.last?.kind == "down")
        // While it hangs no command costs a deadline, whatever is tried to reach it again.
        let (timeouts, refused) = try await runner.run { client, loop in
            let before = client.counts
            for _ in 0..<300 {
                _ = await outcome(of: client, ping)
                await pause(loop, milliseconds: 10)
            }
            let after = client.counts
            return (after.timedOut - before.timedOut, after.refused - before.refused)
        }
        #expect(timeouts == 0)
        #expect(refused == 300)
        server.resume()
        #expect(try await runner.wait { $0.state == .up })
        let states = runner.events.compactMap { event in
            if case .state(let state) = event { state.isUp } else { nil }
        }
        #expect(states.first == true && states.last == true && states.contains(false))
        let reply = try await runner.run { client, _ in
            try await client.send(ping, until: .now().advanced(milliseconds: 10_000))
        }
        #expect(reply.text == "PONG")
    }

    @Test("is up on the same connection again after a short pause")
    func shortPause() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        server.pause()
        try await runner.run { client, _ in
            while !client.isDown { _ = await outcome(of: client, ping) }
        }
        server.resume()
        #expect(try await runner.wait { $0.state == .up })
        let counts = try await runner.run { client, _ in client.counts }
        #expect(counts.opened == 1)
    }

    @Test("tells once that nothing is heard, whatever is tried meanwhile")
    func silence() async throws {
        let server = try RedisServer()
        var settings = ClientRunner.settings(server.port)
        settings.commandMS = 300
        settings.connectMS = 300
        let runner = try await ClientRunner(settings)
        #expect(try await runner.wait { $0.state == .up })
        server.pause()
        try await runner.run { client, _ in
            while !client.isDown { _ = await outcome(of: client, ping) }
        }
        // Long enough for the connection to be given up, and new ones to be tried.
        let failures = try await runner.run { client, loop in
            await pause(loop, milliseconds: 3_000)
            return await outcome(of: client, ping)
        }
        #expect("\(failures)".contains("several times in a row"))
        server.kill()
        try await runner.run { _, loop in await pause(loop, milliseconds: 1_000) }
        try server.start()
        #expect(try await runner.wait { $0.state == .up })
        let states = runner.events.compactMap { event in
            if case .state(let state) = event { state.isUp } else { nil }
        }
        #expect(states == [true, false, true])
    }

    @Test("says of a Redis that takes no more connections what that said")
    func tooManyClients() async throws {
        let server = try RedisServer(["--maxclients", "1"])
        let first = try await ClientRunner(settings(server.port))
        #expect(try await first.wait { $0.state == .up })
        var settings = ClientRunner.settings(server.port)
        settings.password = "secret"
        let second = try await ClientRunner(settings)
        #expect(try await second.wait { $0.isDown })
        let wanted = "it refuses the connection: ERR max number of clients reached"
        let failure = try await second.run { client, _ in await outcome(of: client, ping) }
        #expect("\(failure)".contains(wanted))
    }

    @Test("waits for no Redis that is not there")
    func absent() async throws {
        let port = try RedisServer.freePort()
        let runner = try await ClientRunner(settings(port))
        #expect(try await runner.wait { $0.isDown })
        let failure = try await runner.run { client, _ in await outcome(of: client, ping) }
        guard case .failure(.down(let reason)) = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect(reason.contains("127.0.0.1:\(port)") && reason.contains("refused"))
        let server = try RedisServer(port: port)
        #expect(try await runner.wait { $0.state == .up })
        _ = server
    }

    @Test("comes back to a Redis that was killed and starts anew on its port")
    func restart() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        for _ in 0..<2 {
            server.kill()
            #expect(try await runner.wait { $0.isDown })
            try server.start()
            #expect(try await runner.wait { $0.state == .up })
        }
        let reply = try await runner.run { client, loop in
            try await client.send(ping, until: loop.now.advanced(milliseconds: 10_000))
        }
        #expect(reply.text == "PONG")
    }

    @Test("fails commands that wait when the connection ends")
    func lost() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        server.pause()
        async let failure = runner.run { client, loop in
            await outcome(of: client, ping, until: loop.now.advanced(milliseconds: 60_000))
        }
        #expect(try await runner.wait { $0.counts.sent == 1 })
        server.kill()
        guard case .failure(.closed) = try await failure else {
            Issue.record("not closed")
            return
        }
    }

    @Test(
        "does not use a server that cannot serve",
        arguments: [
            "LOADING Redis is loading", "READONLY You can't write", "MASTERDOWN Link",
            // As before 7.0.
            "ERR Error running script (call to f_1): @user_script:7: -READONLY You can't write",
        ]
    )
    func unusable(_ answer: String) async throws {
        let fake = try FakeRedis { _ in "-\(answer)\r\n" }
        let runner = try await ClientRunner(ClientRunner.settings(fake.port))
        let command = RedisCommand("SET", key: "a", "1")
        let failure = try await runner.run { client, _ in await outcome(of: client, command) }
        guard case .failure(.server(let error)) = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect("\(error)" == answer)
        // The connection is given up, and greeted anew.
        #expect(try await runner.wait { _ in fake.connections >= 2 })
    }

    @Test("does not use a replica")
    func replica() async throws {
        let master = try RedisServer()
        let server = try RedisServer(["--replicaof", "127.0.0.1 \(master.port)"])
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        #expect(try await runner.wait { $0.isDown })
        #expect("\(runner.events)".contains("replica"))
        try server.command("REPLICAOF", "NO", "ONE")
        #expect(try await runner.wait { $0.state == .up })
    }

    @Test(
        "ends the connection to what does not speak its protocol",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "$-5\r\n", "*-7\r\n", ":12x\r\n", "$5\r\nabcdefgh",
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "*2000000000\r\n",
            "+a\r\n+one too many\r\n",
        ]
    )
    func garbage(_ answer: String) async throws {
        let fake = try FakeRedis { _ in answer }
        let runner = try await ClientRunner(ClientRunner.settings(fake.port))
        let command = RedisCommand("GET", key: "a")
        let result = try await runner.run { client, _ in await outcome(of: client, command) }
        if answer.hasPrefix("+a") {
            #expect(result == .success(.string([0x61])))
        } else if case .failure(.protocolViolation) = result {
        } else {
            Issue.record("\(result)")
        }
        #expect(try await runner.wait { _ in fake.connections >= 2 })
    }

    @Test("takes no more of a reply, or of a line, than it may")
    func giant() async throws {
        let line = String(repeating: "x", count: 1_000_000)
        let cases = ["$64000000000\r\n" + line, "+" + line, "*3\r\n$600000\r\n" + line]
        for answer in cases {
            let fake = try FakeRedis { _ in answer }
            var settings = ClientRunner.settings(fake.port)
            settings.limits.replyBytesMax = 500_000
            let runner = try await ClientRunner(settings)
            let command = RedisCommand("GET", key: "a")
            let result = try await runner.run { client, _ in await outcome(of: client, command) }
            guard case .failure(.protocolViolation) = result else {
                Issue.record("\(result)")
                continue
            }
        }
    }

    @Test("takes as many commands as may wait, and no more")
    func tooMany() async throws {
        let fake = try FakeRedis { _ in "" }
        var settings = ClientRunner.settings(fake.port)
        settings.limits.postedMax = 100
        settings.limits.pendingMax = 150
        let runner = try await ClientRunner(settings)
        #expect(try await runner.wait { $0.state == .up })
        try await runner.run { client, _ in
            let command = RedisCommand("GET", key: "a")
            let taken = (0..<200).count { _ in client.post(command) }
            #expect(taken == 100)
        }
    }
}
