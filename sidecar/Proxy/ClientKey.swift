internal import Cryptography
internal import HTTP
internal import OpenAI
internal import POSIX

/// Where a client may put its key, in the order in which LiteLLM looks (LiteLLM §3.6).
enum ClientKey {
    static func find(in fields: HeaderBlock, extraHeader: String?) -> [UInt8]? {
        for name in names {
            if let field = fields.first(name) {
                let key = bare(fields.valueBytes(of: field))
                if !key.isEmpty { return key }
            }
        }
        guard let extraHeader, let value = fields.string(named: extraHeader) else { return nil }
        return bare(Array(value.utf8))
    }

    private static let names: [StaticString] = [
        "x-litellm-api-key", "authorization", "api-key", "x-api-key", "x-goog-api-key",
        "ocp-apim-subscription-key",
    ]

    private static let scheme = Array("bearer ".utf8)

    /// The value without `Bearer `, whatever its case.
    private static func bare(_ value: [UInt8]) -> [UInt8] {
        guard value.count > scheme.count else { return value }
        for (place, byte) in scheme.enumerated() where value[place] | 0x20 != byte | 0x20 {
            return value
        }
        return Array(value[scheme.count...].drop { $0 == 0x20 })
    }
}

/// Remembers the last callers of a worker, so that a key is not hashed for each request.
///
/// The comparison takes the same time for every key of a length.
final class CallerCache {
    private struct Entry {
        let key: [UInt8]
        let caller: Caller
        let checkedAt: Int
    }

    private var entries: [Entry] = []
    private var serial = -1
    private var turn = 0
    private static let entriesMax = 8
    /// Seconds; a key that expires is noticed no later.
    private static let ageMax = 5

    func caller(
        _ key: [UInt8]?,
        _ policy: AccessPolicy,
        _ serial: Int,
        now: Int = Int(Clock.wallNS() / 1_000_000_000)
    ) throws(OpenAIError) -> Caller {
        if serial != self.serial {
            entries.removeAll()
            self.serial = serial
        }
        if let key {
            for entry in entries where now - entry.checkedAt <= CallerCache.ageMax {
                if isEqualInConstantTime(entry.key, key) { return entry.caller }
            }
        }
        let caller = try policy.caller(key: key, now: now)
        guard let key else { return caller }
        entries.removeAll { isEqualInConstantTime($0.key, key) }
        let entry = Entry(key: key, caller: caller, checkedAt: now)
        if entries.count < CallerCache.entriesMax {
            entries.append(entry)
        } else {
            turn = (turn + 1) % CallerCache.entriesMax
            entries[turn] = entry
        }
        return caller
    }
}

/// Which paths answer without a key (LiteLLM §3.3).
struct PublicPaths {
    let snapshot: TableSnapshot

    func needsKey(_ endpoint: Endpoint) -> Bool {
        switch endpoint {
        case .liveness, .readiness, .unknown: false
        // Without a key it is reduced to what harms nobody.
        case .health: false
        case .metrics: snapshot.metricsNeedKey
        default: true
        }
    }
}
