/// Answers in memory, bounded by their bytes: what was not used for the longest time goes first.
/// A value; its owner locks.
struct MemoryLevel {
    private struct Slot {
        let key: CacheKey
        var answer: CachedAnswer
        /// Neighbours in the order of use; -1 for none.
        var newer: Int
        var older: Int
    }

    private let bytesMax: Int
    private var places: [CacheKey: Int] = [:]
    private var slots: [Slot?] = []
    private var free: [Int] = []
    private var newest = -1
    private var oldest = -1
    /// What the answers take.
    private(set) var bytes = 0
    /// How many went to make room.
    private(set) var evictions: UInt64 = 0

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    var count: Int { places.count }

    /// The answer under a key, which is thereby the one used last; nil when there is none that is
    /// fresh.
    mutating func find(_ key: CacheKey, at nowMS: UInt64, ageMaxMS: UInt64?) -> CachedAnswer? {
        guard let place = places[key], let answer = slots[place]?.answer else { return nil }
        guard answer.isFresh(at: nowMS, ageMaxMS: ageMaxMS) else {
            if nowMS >= answer.expiresMS { remove(key) }
            return nil
        }
        unlink(place)
        linkNewest(place)
        return answer
    }

    /// Keeps an answer, unless it alone is more than may be kept.
    mutating func store(_ answer: CachedAnswer, under key: CacheKey) {
        remove(key)
        guard answer.cost <= bytesMax else { return }
        while bytes + answer.cost > bytesMax, oldest >= 0, let slot = slots[oldest] {
            remove(slot.key)
            evictions &+= 1
        }
        let slot = Slot(key: key, answer: answer, newer: -1, older: -1)
        let place: Int
        if let last = free.popLast() {
            place = last
            slots[place] = slot
        } else {
            place = slots.count
            slots.append(slot)
        }
        places[key] = place
        bytes += answer.cost
        linkNewest(place)
    }

    mutating func remove(_ key: CacheKey) {
        guard let place = places.removeValue(forKey: key), let slot = slots[place] else { return }
        unlink(place)
        bytes -= slot.answer.cost
        slots[place] = nil
        free.append(place)
    }

    mutating func removeAll() {
        self = MemoryLevel(bytesMax: bytesMax, evictions: evictions)
    }

    private init(bytesMax: Int, evictions: UInt64) {
        self.bytesMax = bytesMax
        self.evictions = evictions
    }

    private mutating func unlink(_ place: Int) {
        guard let slot = slots[place] else { return }
        if slot.newer >= 0 { slots[slot.newer]?.older = slot.older } else { newest = slot.older }
        if slot.older >= 0 { slots[slot.older]?.newer = slot.newer } else { oldest = slot.newer }
    }

    private mutating func linkNewest(_ place: Int) {
        slots[place]?.newer = -1
        slots[place]?.older = newest
        if newest >= 0 { slots[newest]?.newer = place } else { oldest = place }
        newest = place
    }
}
