import EventLoop
import Foundation
import TestSupport
import Testing

@testable import Redis

@Suite("RedisClient against a redis-server", .timeLimit(.minutes(3)))
struct LiveClientTests {
    @Test("sends commands and gets their answers")
    func commands() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        let replies = try await runner.run { client, _ in
            [
                try await client.send(RedisCommand("SET", key: "a", "1")),
                try await client.send(RedisCommand("INCRBY", key: "a", "41")),
                try await client.send(RedisCommand("GET", key: "a")),
                try await client.send(RedisCommand("GET", key: "none")),
                try await client.send(RedisCommand("MGET", key: "a", "none")),
            ]
        }
        #expect(replies[0].isOK)
        #expect(replies[1] == .integer(42))
        #expect(replies[2].text == "42")
        #expect(replies[3].isNull)
        #expect(replies[4] == .array([.string(Array("42".utf8)), .null]))
        #expect(runner.events.first == .state(.up))
    }

    @Test("throws what Redis answers as an error, and goes on")
    func serverError() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        try await runner.run { client, _ in
            let failure = await outcome(of: client, RedisCommand("INCRBY", key: "a", "x"))
            let error = ServerError(code: "ERR", text: "value is not an integer or out of range")
            #expect(failure == .failure(.server(error)))
            let reply = try await client.send(RedisCommand("SET", key: "a", "1"))
            #expect(reply.isOK)
        }
    }

    @Test("matches 10,000 answers in order, whoever gave up waiting")
    func pipelining() async throws {
        let server = try RedisServer()
        var settings = ClientRunner.settings(server.port)
        settings.limits.pendingMax = 20_000
        let runner = try await ClientRunner(settings)
        #expect(try await runner.wait { $0.state == .up })
        let random = SeededRandom.make()
        let tally = try await runner.run { client, loop in
            let tally = LoopBound(Tally())
            let bound = LoopBound(client)
            var generator = random
            for number in 0..<10_000 {
                // The shortest end while Redis still works on what is before them.
                let waitMS: UInt64 = Bool.random(using: &generator) ? 0 : 30_000
                Task(executorPreference: loop) {
                    let text = "value \(number)"
                    var command = RedisCommand("ECHO")
                    command.append(text)
                    let deadline = loop.now.advanced(milliseconds: waitMS)
                    let result = await outcome(of: bound.value, command, until: deadline)
                    tally.value.add(result, wanted: text)
                }
            }
            for _ in 0..<6_000 where tally.value.count < 10_000 {
                await pause(loop, milliseconds: 10)
            }
            // The connection is where it should be: nothing was mixed up, nothing is left.
            let reply = try await client.send(RedisCommand("PING"))
            #expect(reply.text == "PONG")
            return tally
        }
        #expect(tally.value.right + tally.value.late == 10_000)
        #expect(tally.value.wrong == [])
        #expect(tally.value.right >= 3_000)
    }

    @Test("leaves no two writes where one will do")
    func oneWrite() async throws {
        let fake = try FakeRedis()
        let runner = try await ClientRunner(ClientRunner.settings(fake.port))
        #expect(try await runner.wait { $0.state == .up })
        try await runner.run { client, loop in
            for number in 0..<100 {
                var command = RedisCommand("ECHO")
                command.append(number)
                client.post(command)
            }
            _ = try await client.send(RedisCommand("PING"))
        }
        // 101 commands of about 25 bytes each.
        #expect(fake.largestRead >= 2_000)
    }

    @Test("uses the database that is asked for")
    func select() async throws {
        let server = try RedisServer()
        var settings = ClientRunner.settings(server.port)
        settings.database = 3
        let runner = try await ClientRunner(settings)
        try await runner.run { client, _ in
            _ = try await client.send(RedisCommand("SET", key: "a", "in three"))
        }
        #expect(try server.command("-n", "3", "GET", "a") == "in three")
        #expect(try server.command("GET", "a") == "")
        #expect(try server.command("CLIENT", "LIST").contains("name=sidegate"))
    }

    @Test("is told of a database that there is not")
    func noDatabase() async throws {
        let server = try RedisServer()
        var settings = ClientRunner.settings(server.port)
        settings.database = 99
        let runner = try await ClientRunner(settings)
        #expect(try await runner.wait { $0.isDown })
        #expect("\(runner.events)".contains("refuses the database"))
    }

    @Test("speaks over a Unix socket")
    func unixSocket() async throws {
        let directory = try RedisServer.makeDirectory()
        let server = try RedisServer(["--unixsocket", directory + "/s"], directory: directory)
        var settings = ClientRunner.settings(server.port)
        settings.endpoints = [.unix(path: directory + "/s")]
        let runner = try await ClientRunner(settings)
        let reply = try await runner.run { client, _ in
            try await client.send(RedisCommand("PING"))
        }
        #expect(reply.text == "PONG")
    }

    @Test("loads a script that is not known, and again after a flush")
    func scripts() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        let script = RedisScript("return {KEYS[1], ARGV[1], tonumber(ARGV[2])}")
        for _ in 0..<3 {
            let reply = try await runner.run { client, _ in
                try await client.run(script, keys: ["k"], arguments: ["x", 7])
            }
            #expect(reply == .array([.string([0x6B]), .string([0x78]), .integer(7)]))
            try server.command("SCRIPT", "FLUSH")
        }
        let posted = try await runner.run { client, loop in
            let box = LoopBound(Tally())
            client.post(script, keys: ["k"], arguments: ["x", 7]) {
                box.value.add($0.map { .string(Array("\($0)".utf8)) }, wanted: "")
            }
            for _ in 0..<500 where box.value.count == 0 { await pause(loop, milliseconds: 10) }
            return box
        }
        #expect(posted.value.wrong.count == 1)
        #expect(posted.value.late == 0)
    }

    @Test("loses no call while scripts are flushed")
    func flushUnderLoad() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        let script = RedisScript("return redis.call('INCR', KEYS[1])")
        async let flushing: Void = onThread {
            for _ in 0..<20 { _ = try? server.command("SCRIPT", "FLUSH") }
        }
        let last = try await runner.run { client, _ in
            var last: RedisReply = .null
            for _ in 0..<2_000 {
                last = try await client.run(script, keys: ["n"], arguments: [])
            }
            return last
        }
        await flushing
        #expect(last == .integer(2_000))
    }
}

/// What became of a command.
func outcome(
    of client: RedisClient,
    _ command: RedisCommand,
    until deadline: Instant? = nil
) async -> Result<RedisReply, RedisError> {
    do throws(RedisError) {
        return .success(try await client.send(command, until: deadline))
    } catch {
        return .failure(error)
    }
}

/// Counts outcomes, on the loop.
final class Tally {
    private(set) var right = 0
    private(set) var late = 0
    private(set) var wrong: [String] = []
    private(set) var failures: [RedisError] = []

    var count: Int { right + late + wrong.count + failures.count }

    func add(_ outcome: Result<RedisReply, RedisError>, wanted: String) {
        switch outcome {
        case .success(let reply) where reply.text == wanted: right += 1
        case .success(let reply): wrong.append("\(reply.text ?? "\(reply)") for \(wanted)")
        case .failure(.timeout): late += 1
        case .failure(let error): failures.append(error)
        }
    }
}
