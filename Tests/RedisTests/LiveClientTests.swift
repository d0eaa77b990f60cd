import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite("RedisClient against a redis-server", .timeLimit(.minutes(2)))
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

    @Test("throws what Redis answers as an error")
    func serverError() async throws {
        let server = try RedisServer()
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        try await runner.run { client, _ in
            await #expect(throws: RedisError.self) {
                _ = try await client.send(RedisCommand("INCRBY", key: "a", "x"))
            }
            _ = try await client.send(RedisCommand("SET", key: "a", "1"))
        }
    }
}
