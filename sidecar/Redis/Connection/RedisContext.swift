internal import Cryptography
package import EventLoop

/// Finds the addresses of a host, in the order in which to try them.
/// - Throws: `.down` with the reason, when there are none by the deadline.
package typealias RedisResolver =
    (_ host: String, _ port: UInt16, _ deadline: Instant) async throws(RedisError)
    -> [SocketAddress]

/// What the connections of one client share. It belongs to the loop, as everything here.
final class RedisContext {
    let settings: RedisSettings
    let loop: EventLoop
    let resolve: RedisResolver
    let counter: RedisCounter
    private let scratch = ByteBuffer(capacity: RedisContext.scratchBytes)
    private var spare: [PendingCommand] = []

    private let tasks: LoopTasks
    private var tls: TLSContext?
    private var tlsMadeAt: Instant?

    /// What was read from files is read again after a failure, when it is older than this, in
    /// milliseconds: certificates may have been renewed.
    private static let tlsAgeMS: UInt64 = 30_000
    private static let scratchBytes = 65_536
    private static let spareMax = 256

    init(
        settings: RedisSettings,
        loop: EventLoop,
        counter: RedisCounter,
        resolve: @escaping RedisResolver
    ) {
        self.settings = settings
        self.loop = loop
        self.counter = counter
        self.resolve = resolve
        tasks = LoopTasks(loop: loop)
    }

    /// Room for one read, to be used up before anything else is read.
    var scratchSpace: UnsafeMutableRawBufferPointer {
        scratch.removeAll()
        return unsafe scratch.spare(RedisContext.scratchBytes)
    }

    /// Whom TLS trusts and what it shows, read from files when first needed.
    func tls(_ settings: RedisTLS) throws(TLSError) -> TLSContext {
        if let tls { return tls }
        let new = try TLSContext(
            verifies: settings.verifies,
            caFile: settings.caFile,
            caDirectory: settings.caDirectory,
            certificateFile: settings.certificateFile,
            keyFile: settings.keyFile
        )
        tls = new
        tlsMadeAt = loop.now
        return new
    }

    /// An attempt to connect has failed.
    func forgetOldTLS() {
        guard let tlsMadeAt, loop.now.since(tlsMadeAt) >= RedisContext.tlsAgeMS * 1_000_000 else {
            return
        }
        tls = nil
    }

    /// Begins a task beside what runs.
    func begin(_ body: @escaping () async -> Void) {
        let bound = OnLoop(value: body)
        Task(executorPreference: loop) { [tasks] in await tasks.run(bound) }
    }

    /// A command that someone will wait for.
    func makePending() -> PendingCommand {
        spare.popLast() ?? PendingCommand(loop: loop)
    }

    /// Takes one back for the next command, unless a connection still knows it.
    func recycle(_ pending: PendingCommand) {
        guard !pending.isInFlight, spare.count < RedisContext.spareMax else { return }
        pending.reset()
        spare.append(pending)
    }
}

/// Runs what belongs to a loop in tasks of that loop.
private actor LoopTasks {
    private let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    func run(_ body: OnLoop<() async -> Void>) async {
        await body.value()
    }
}

/// Unchecked because only tasks of the loop's actor open it, and only on the loop was it made.
private struct OnLoop<Value>: @unchecked Sendable {
    let value: Value
}
