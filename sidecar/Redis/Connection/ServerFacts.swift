/// What a server says of itself in `INFO` and `CONFIG GET save`. Nil is what it did not say.
struct ServerFacts: Hashable, Sendable {
    var version: String?
    var isReplica = false
    var isLoading = false
    var isClusterMember = false
    /// Which keys go when memory is full.
    var evictionPolicy: String?
    /// The bound on its memory in bytes, 0 for none.
    var memoryMax: Int?
    var appendsToFile: Bool?
    /// When it saves snapshots; empty: never.
    var snapshots: String?
    /// Commands that were refused for want of rights.
    var refused: [String] = []

    init() {}

    /// - Parameter info: the text that `INFO` answers: `name:value` lines.
    init(info: String) {
        for line in info.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = String(line[line.index(after: colon)...])
            switch line[..<colon] {
            case "redis_version": version = value
            case "role": isReplica = value == "slave"
            case "loading": isLoading = value == "1"
            case "cluster_enabled": isClusterMember = value == "1"
            case "maxmemory_policy": evictionPolicy = value
            case "maxmemory": memoryMax = Int(value)
            case "aof_enabled": appendsToFile = value == "1"
            default: break
            }
        }
    }

    /// What of it does not suit, in the order of its weight.
    var findings: [RedisFinding] {
        var findings: [RedisFinding] = refused.map { .missingRight($0) }
        if let version, !ServerFacts.isRecent(version) { findings.append(.oldVersion(version)) }
        if let evictionPolicy, evictionPolicy != "noeviction", memoryMax != 0 {
            findings.append(.evicts(policy: evictionPolicy))
        }
        if appendsToFile == false, snapshots == "" { findings.append(.keepsNothing) }
        return findings
    }

    /// Whether it is 6.2 or later.
    private static func isRecent(_ version: String) -> Bool {
        let parts = version.split(separator: ".").map { Int($0) ?? 0 }
        guard let major = parts.first else { return false }
        return major > 6 || major == 6 && parts.count > 1 && parts[1] >= 2
    }
}

/// Something about a server that works but does not suit.
package enum RedisFinding: Hashable, Sendable, CustomStringConvertible {
    case oldVersion(String)
    /// A full memory makes it forget keys that are still needed.
    case evicts(policy: String)
    /// Neither snapshots nor an append-only file.
    case keepsNothing
    /// The user may not call it.
    case missingRight(String)

    package var description: String {
        switch self {
        case .oldVersion(let version):
            "Redis \(version) is older than 6.2, the oldest that is tested: upgrade it"
        case .evicts(let policy):
            policy.hasPrefix("allkeys-")
                ? "maxmemory-policy \(policy) lets limits and spend vanish when memory is full: "
                    + "set noeviction"
                : "maxmemory-policy \(policy) lets limits vanish when memory is full: "
                    + "set noeviction"
        case .keepsNothing:
            "Redis saves nothing (no snapshots, no append-only file): a restart forgets limits "
                + "and spend"
        case .missingRight(let command):
            "the Redis user may not call \(command): see the list of rights in docs/redis.md"
        }
    }
}
