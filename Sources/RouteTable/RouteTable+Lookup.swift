internal import Cryptography

// The hot path: no copy, no allocation.
extension RouteTable {
    /// What a requested name is; nil when no model or alias has exactly this name.
    package func lookUp(name: Span<UInt8>) -> NameTarget? {
        let slots = sections[.names]
        let capacity = slots.count
        if capacity == 0 { return nil }
        let hash = unsafe XXH3.hash64(name.bytes)
        var slot = NameIndex.home(hash, capacity: capacity)
        // One slot at least is free, so the bound is never met; it is here to be seen.
        for _ in 0..<capacity {
            // Hash, target and name lie together: one cache line decides nearly always.
            let record = slots.record(slot)
            let target = bytes.u32(at: record + TableLayout.Name.target)
            if target == TableLayout.none { return nil }
            if bytes.u64(at: record + TableLayout.Name.hash) == hash {
                let id = StringID(raw: bytes.u32(at: record + TableLayout.Name.name))
                if self.bytes(of: id).hasSameBytes(as: name) { return nameTarget(target) }
            }
            slot = slot + 1 == capacity ? 0 : slot + 1
        }
        return nil
    }

    /// What a requested name is; nil when no model or alias has exactly this name.
    package func lookUp(name: String) -> NameTarget? {
        lookUp(name: name.utf8Span.span)
    }

    private func nameTarget(_ raw: UInt32) -> NameTarget {
        let index = Int(raw & ~TableLayout.Name.alias)
        return raw & TableLayout.Name.alias == 0 ? .model(index) : .alias(index)
    }

    /// The first deployment that has an identifier: an explicit one's bytes, or a derived one's 16
    /// digits. O(log n).
    package func deploymentIndex(id: Span<UInt8>) -> Int? {
        let sorted = sections[.deploymentsByID]
        let place = partition(sorted.count) { place in
            compareID(ofDeployment: Int(bytes.u32(at: sorted.record(place))), to: id) < 0
        }
        guard place < sorted.count else { return nil }
        let index = Int(bytes.u32(at: sorted.record(place)))
        return compareID(ofDeployment: index, to: id) == 0 ? index : nil
    }

    /// The first deployment that has an identifier.
    package func deploymentIndex(id: String) -> Int? {
        deploymentIndex(id: id.utf8Span.span)
    }

    private func compareID(ofDeployment index: Int, to id: Span<UInt8>) -> Int {
        let record = sections[.deployments].record(index)
        let value = bytes.u64(at: record + TableLayout.Deployment.id)
        let flags = bytes.u16(at: record + TableLayout.Deployment.flags)
        if flags & TableLayout.Deployment.hasExplicitID != 0 {
            return bytes(of: StringID(raw: UInt32(truncatingIfNeeded: value))).compare(id)
        }
        let digits = DerivedIDDigits(value)
        return digits.compare(to: id)
    }

    /// The place among the virtual keys of a key with this SHA-256; nil when there is none.
    ///
    /// The search compares digests' beginnings, whose timing tells an attacker nothing that leads
    /// to a key; what decides is compared in constant time.
    package func virtualKey(digest: [UInt8]) -> Int? {
        guard digest.count == SHA256.byteCount else { return nil }
        let keys = sections[.virtualKeys]
        let prefix = bigEndianPrefix(digest.span)
        var place = partition(keys.count) { place in
            bigEndianPrefix(span(keys.record(place), count: 8)) < prefix
        }
        while place < keys.count {
            let stored = span(keys.record(place), count: SHA256.byteCount)
            if bigEndianPrefix(stored) != prefix { return nil }
            if unsafe isEqualInConstantTime(stored.bytes, digest.span.bytes) { return place }
            place += 1
        }
        return nil
    }

    private func bigEndianPrefix(_ digest: Span<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<8 { value = value << 8 | UInt64(digest[index]) }
        return value
    }

    /// Where a request for a model group goes when that failed: the rule for exactly this group,
    /// nil when there is none. The rule for all other groups is that of `*`.
    package func fallbacks(trigger: FallbackRule.Trigger, model: Span<UInt8>) -> TargetList? {
        let count = sections[.fallbacks].count
        let place = partition(count) { compareFallback($0, trigger, model) < 0 }
        guard place < count, compareFallback(place, trigger, model) == 0 else { return nil }
        return fallback(at: place).targets
    }

    /// Where a request for a model group goes when that failed.
    package func fallbacks(trigger: FallbackRule.Trigger, model: String) -> TargetList? {
        fallbacks(trigger: trigger, model: model.utf8Span.span)
    }

    private func compareFallback(
        _ index: Int,
        _ trigger: FallbackRule.Trigger,
        _ model: Span<UInt8>
    ) -> Int {
        let record = sections[.fallbacks].record(index)
        let stored = Int(bytes.u8(at: record + TableLayout.Fallback.trigger))
        if stored != Int(trigger.rawValue) { return stored - Int(trigger.rawValue) }
        let name = StringID(raw: bytes.u32(at: record + TableLayout.Fallback.model))
        return bytes(of: name).compare(model)
    }

    /// The first place where a predicate, true for a beginning of `0..<count`, is false.
    private func partition(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A derived identifier's digits, compared without making text of them.
struct DerivedIDDigits {
    private let value: UInt64

    init(_ value: UInt64) {
        self.value = value
    }

    static let count = 16

    subscript(place: Int) -> UInt8 {
        let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - place * 4)) & 15
        return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    /// As `Span.compare`.
    func compare(to text: Span<UInt8>) -> Int {
        for place in 0..<min(Self.count, text.count) where self[place] != text[place] {
            return Int(self[place]) - Int(text[place])
        }
        return Self.count - text.count
    }
}
