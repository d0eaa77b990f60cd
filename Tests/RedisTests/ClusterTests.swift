import EventLoop
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Redis

@Suite("RedisClient against a cluster", .timeLimit(.minutes(5)), .serialized)
struct ClusterTests {
    /// With no more rights than docs/redis.md names.
    private func settings(_ cluster: RedisCluster) -> RedisSettings {
        var settings = ClientRunner.settings(cluster.servers[0].port)
        settings.username = "sidegate"
        settings.password = "secret"
        settings.isCluster = true
        return settings
    }

    @Test("finds each key's master, from one member, told or not that it is a cluster")
    func routing() async throws {
        let cluster = try RedisCluster(masters: 3)
        for isTold in [true, false] {
            var settings = settings(cluster)
            settings.isCluster = isTold
            let runner = try await ClientRunner(settings)
            try await runner.run { client, _ in
                for number in 0..<100 {
                    let reply = try await client.send(
                        RedisCommand("SET", key: "key \(number)", "\(number)")
                    )
                    #expect(reply.isOK)
                }
                let script = RedisScript("return redis.call('GET', KEYS[1])")
                for number in 0..<100 {
                    let reply = try await client.run(script, keys: ["key \(number)"], arguments: [])
                    #expect(reply.text == "\(number)")
                }
            }
            #expect(try await runner.wait { $0.state == .up })
            // With the map every command goes right at once.
            let redirected = try await runner.run { client, _ in
                let before = client.counts.redirected
                for number in 0..<100 {
                    _ = try await client.send(RedisCommand("GET", key: "key \(number)"))
                }
                return client.counts.redirected - before
            }
            #expect(redirected == 0)
            #expect(!"\(runner.events)".contains("finding(Redis.RedisFinding.missingRight"))
        }
    }

    @Test("loses no command while a slot moves to another master")
    func resharding() async throws {
        let cluster = try RedisCluster(masters: 3)
        let runner = try await ClientRunner(settings(cluster))
        let load = try await Load(runner, key: "{moving}")
        let slot = KeySlot.of("{moving}")
        for _ in 0..<4 {
            try cluster.move(slot)
            try await load.goOn()
        }
        let (done, failures) = try await load.end()
        #expect(failures == [])
        let value = try await runner.run { client, _ in
            try await client.send(RedisCommand("GET", key: "{moving}"))
        }
        #expect(value.integer == done)
        let redirected = try await runner.run { client, _ in client.counts.redirected }
        #expect(redirected > 0)
    }

    @Test("loses no command when a replica takes over in order")
    func failover() async throws {
        let cluster = try RedisCluster(masters: 3, replicas: 1)
        let runner = try await ClientRunner(settings(cluster))
        let key = cluster.keyOfFirstMaster
        let load = try await Load(runner, key: key)
        let replica = cluster.servers[3]
        #expect(try replica.command("CLUSTER", "FAILOVER") == "OK")
        let isMaster = try cluster.wait { try replica.command("ROLE").hasPrefix("master") }
        let log = try replica.command("CLUSTER", "NODES")
        #expect(isMaster, "\(log)")
        try await load.goOn()
        let (done, failures) = try await load.end()
        #expect(failures == [])
        let value = try await runner.run { client, _ in
            try await client.send(RedisCommand("GET", key: key))
        }
        #expect(value.integer == done)
    }

    @Test("serves the other masters' keys at once when one is killed, and its keys by the replica")
    func crash() async throws {
        let cluster = try RedisCluster(masters: 3, replicas: 1)
        let runner = try await ClientRunner(settings(cluster))
        let key = cluster.keyOfFirstMaster
        let other = try #require((0..<100).map { "\($0)" }.first { KeySlot.of($0) > 6_000 })
        #expect(try await runner.wait { $0.state == .up })
        try await runner.run { client, _ in
            for key in [key, other] {
                _ = try await client.send(RedisCommand("SET", key: key, "1"))
            }
        }
        cluster.servers[0].kill()
        #expect(try await runner.wait { if case .partly = $0.state { true } else { false } })
        try await runner.run { client, _ in
            let reply = try await client.send(RedisCommand("GET", key: other))
            #expect(reply.text == "1")
        }
        #expect(try await runner.wait(seconds: 60) { $0.state == .up })
        let taken = try await runner.run { client, _ in
            try await client.send(RedisCommand("SET", key: key, "2"))
        }
        #expect(taken.isOK)
    }
}

/// One command after the other on one key, until the test ends it.
private final class Load: Sendable {
    private let runner: ClientRunner
    private let done = Mutex(0)
    private let failures = Mutex<[RedisError]>([])
    private let isEnding = Mutex(false)
    private let hasEnded = Mutex(false)

    init(_ runner: ClientRunner, key: String) async throws {
        self.runner = runner
        try await runner.run { client, loop in
            let bound = LoopBound(client)
            self.runner.harness.worker.start { _ in
                while !self.isEnding.withLock({ $0 }) {
                    switch await outcome(of: bound.value, RedisCommand("INCR", key: key)) {
                    case .success: self.done.withLock { $0 += 1 }
                    case .failure(let error): self.failures.withLock { $0.append(error) }
                    }
                }
                self.hasEnded.withLock { $0 = true }
            }
        }
        try await goOn()
    }

    /// Returns when a hundred more are done.
    func goOn() async throws {
        let before = done.withLock { $0 }
        let isDone = try await runner.wait { _ in
            self.done.withLock { $0 } >= before + 100 || self.failures.withLock { $0.count } > 100
        }
        #expect(isDone)
    }

    func end() async throws -> (done: Int, failures: [RedisError]) {
        isEnding.withLock { $0 = true }
        #expect(try await runner.wait { _ in self.hasEnded.withLock { $0 } })
        return (done.withLock { $0 }, failures.withLock { $0 })
    }
}

/// Masters that share all slots evenly, and replicas of the first.
final class RedisCluster: Sendable {
    let servers: [RedisServer]
    private let ids: [String]
    private let masters: Int

    init(masters: Int, replicas: Int = 0) throws {
        self.masters = masters
        let options = [
            "--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
            "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0",
        ]
        servers = try (0..<masters + replicas).map { _ in try RedisServer(options) }
        let rights =
            "~* -@all +auth +ping +info +client|setname +cluster|slots +asking +evalsha +eval"
            + " +get +set +incr"
        for server in servers {
            let user = "ACL SETUSER sidegate on >secret \(rights)".split(separator: " ")
            try server.command(user.map(String.init))
        }
        ids = try servers.map { try $0.command("CLUSTER", "MYID") }
        let each = KeySlot.count / masters
        for index in 0..<masters {
            let last = index == masters - 1 ? KeySlot.count - 1 : (index + 1) * each - 1
            try servers[index].command("CLUSTER", "ADDSLOTSRANGE", "\(index * each)", "\(last)")
            try servers[index].command("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
        }
        for server in servers.dropFirst() {
            try servers[0].command("CLUSTER", "MEET", "127.0.0.1", "\(server.port)")
        }
        guard try wait({ try areJoined() }) else { throw RedisServer.Failure("no cluster") }
        for replica in servers[masters...] {
            try replica.command("CLUSTER", "REPLICATE", ids[0])
            let isLinked = try wait {
                try replica.command("INFO", "replication").contains("master_link_status:up")
            }
            // Masters vote for a replica only when they know that it is one.
            let isKnown = try wait {
                try servers.allSatisfy {
                    try $0.command("CLUSTER", "NODES").contains("slave \(ids[0])")
                }
            }
            guard isLinked, isKnown else { throw RedisServer.Failure("no replica") }
        }
    }

    private func areJoined() throws -> Bool {
        try servers.allSatisfy { server in
            let info = try server.command("CLUSTER", "INFO")
            return info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
                && info.contains("cluster_known_nodes:\(servers.count)")
        }
    }

    func wait(_ condition: () throws -> Bool) throws -> Bool {
        for _ in 0..<600 {
            if try condition() { return true }
            usleep(50_000)
        }
        return false
    }

    /// A key that the first master begins with.
    var keyOfFirstMaster: String {
        (0..<1_000).map { "key\($0)" }.first { KeySlot.of($0) < 5_000 } ?? ""
    }

    /// Moves a slot to the next master as `redis-cli` does it: half of the keys at a time.
    func move(_ slot: Int) throws {
        let nodes = try servers[0].command("CLUSTER", "NODES")
        let from = try (0..<masters).first { index in
            let count = try servers[index].command("CLUSTER", "COUNTKEYSINSLOT", "\(slot)")
            return count != "0"
        }
        guard let from else { throw RedisServer.Failure("nobody has slot \(slot): \(nodes)") }
        let to = (from + 1) % masters
        try servers[to].command("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", ids[from])
        try servers[from].command("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", ids[to])
        let keys = try servers[from].command("CLUSTER", "GETKEYSINSLOT", "\(slot)", "100")
        for key in keys.split(separator: "\n") {
            let port = "\(servers[to].port)"
            try servers[from].command("MIGRATE", "127.0.0.1", port, String(key), "0", "5000")
        }
        // Keys are asked for at the new master now, while the old one still owns the slot.
        usleep(100_000)
        for index in [to, from] + (0..<masters).filter({ $0 != to && $0 != from }) {
            try servers[index].command("CLUSTER", "SETSLOT", "\(slot)", "NODE", ids[to])
        }
    }
}
