internal import Synchronization

/// What the response cache was to a request.
package enum CacheResult: Int, CaseIterable, Hashable, Sendable {
    /// Its answer came from memory.
    case hitMemory
    /// Its answer came from Redis.
    case hitShared
    /// It was looked up, and not there.
    case miss
    /// It was not looked up.
    case bypass

    /// As answers and the access log say it.
    package var word: String {
        switch self {
        case .hitMemory, .hitShared: "hit"
        case .miss: "miss"
        case .bypass: "bypass"
        }
    }

    /// The label's value.
    var label: String {
        switch self {
        case .hitMemory: "hit_memory"
        case .hitShared: "hit_shared"
        default: word
        }
    }

    /// Whether the answer came from the cache.
    package var isHit: Bool { self == .hitMemory || self == .hitShared }
}

/// Why an answer was not stored that was meant to be.
package enum CacheRefusal: Int, CaseIterable, Hashable, Sendable {
    /// It is not good, or not whole.
    case incomplete
    case tooLarge
    /// The process holds as many bytes of bodies as it may.
    case noRoom

    var label: String {
        switch self {
        case .incomplete: "incomplete"
        case .tooLarge: "too_large"
        case .noRoom: "no_room"
        }
    }
}

/// What is in the cache's memory, and what happened there.
package struct CacheFacts: Sendable {
    package var entries = 0
    package var bytes = 0
    package var evictions: UInt64 = 0
    package var followers: UInt64 = 0
    package var stores: UInt64 = 0

    package init() {}
}

/// What one worker counts of the cache.
struct CacheCounts: Sendable {
    var requests = [UInt64](repeating: 0, count: CacheResult.allCases.count)
    var refusals = [UInt64](repeating: 0, count: CacheRefusal.allCases.count)
    var rejectedEntries: UInt64 = 0

    mutating func merge(_ other: CacheCounts) {
        for place in requests.indices { requests[place] &+= other.requests[place] }
        for place in refusals.indices { refusals[place] &+= other.refusals[place] }
        rejectedEntries &+= other.rejectedEntries
    }
}

extension MetricsShard {
    /// An answer was not stored that was meant to be.
    package func countNotStored(_ refusal: CacheRefusal) {
        state.withLock { $0.cache.refusals[refusal.rawValue] &+= 1 }
    }

    /// An entry in Redis is none that one of ours has written there.
    package func countRejectedEntry() {
        state.withLock { $0.cache.rejectedEntries &+= 1 }
    }
}

extension MetricsText {
    mutating func write(_ counts: CacheCounts) {
        var requests: [String: UInt64] = [:]
        for result in CacheResult.allCases {
            requests["result=\"\(result.label)\""] = counts.requests[result.rawValue]
        }
        write(
            counter: "sidegate_cache_requests_total",
            "Requests by what the response cache was to them.",
            requests
        )
        var refusals: [String: UInt64] = [:]
        for refusal in CacheRefusal.allCases {
            refusals["reason=\"\(refusal.label)\""] = counts.refusals[refusal.rawValue]
        }
        write(
            counter: "sidegate_cache_not_stored_total",
            "Answers that were not stored, by reason.",
            refusals
        )
        write(
            counter: "sidegate_cache_rejected_total",
            "Entries in Redis that were altered, planted, or of another secret.",
            ["": counts.rejectedEntries]
        )
    }

    mutating func write(_ facts: CacheFacts) {
        gauge("sidegate_cache_entries", "Answers in the cache's memory.", facts.entries)
        gauge("sidegate_cache_bytes", "What they take.", facts.bytes)
        write(
            counter: "sidegate_cache_evictions_total",
            "Answers that went to make room.",
            ["": facts.evictions]
        )
        write(
            counter: "sidegate_cache_followers_total",
            "Requests that waited for another one's answer.",
            ["": facts.followers]
        )
        write(
            counter: "sidegate_cache_stores_total",
            "Answers that were stored.",
            ["": facts.stores]
        )
    }
}
