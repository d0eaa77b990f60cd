import EventLoop
import Synchronization
import TestSupport

@testable import Redis

/// A client on a loop of its own, with what it told.
final class ClientRunner: Sendable {
    let harness: LoopHarness
    private let bound: Mutex<LoopBound<RedisClient>?> = Mutex(nil)
    private let heard = Mutex<[RedisEvent]>([])

    init(_ settings: RedisSettings, starts: Bool = true) async throws {
        harness = try LoopHarness()
        let client = try await harness.run { [weak self] loop in
            let client = RedisClient(
                settings: settings,
                loop: loop,
                resolve: { host, _, _ throws(RedisError) in throw .down("no address of \(host)") },
                onEvent: { event in self?.heard.withLock { $0.append(event) } }
            )
            if starts { client.start() }
            return LoopBound(client)
        }
        bound.withLock { $0 = client }
    }

    deinit {
        let client = bound.withLock { $0 }
        harness.loop.execute { client?.value.close() }
    }

    var events: [RedisEvent] { heard.withLock { $0 } }

    /// Runs `body` on the loop.
    func run<R: Sendable>(
        _ body: @Sendable (RedisClient, EventLoop) async throws -> R
    ) async throws -> R {
        guard let client = bound.withLock({ $0 }) else { fatalError("the client was made") }
        return try await harness.run { loop in try await body(client.value, loop) }
    }

    /// Waits until `condition` holds, for a machine that is very busy.
    func wait(
        seconds: Int = 20,
        until condition: @Sendable (RedisClient) -> Bool
    ) async throws -> Bool {
        try await run { client, loop in
            for _ in 0..<seconds * 100 {
                if condition(client) { return true }
                await pause(loop, milliseconds: 10)
            }
            return condition(client)
        }
    }

    /// Settings with deadlines for a machine that is very busy.
    static func settings(_ port: UInt16) -> RedisSettings {
        var settings = RedisSettings(host: "127.0.0.1", port: port)
        settings.commandMS = 5_000
        settings.connectMS = 10_000
        return settings
    }
}
