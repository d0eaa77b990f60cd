internal import Cryptography

/// The arithmetic of the name index: open addressing, linear probing.
enum NameIndex {
    /// How many slots an index of some names has: about 70 % are used, and one at least is free,
    /// so that a search for what is not there ends.
    static func capacity(_ nameCount: Int) -> Int {
        nameCount == 0 ? 0 : nameCount * 10 / 7 + 1
    }

    /// The first slot to look at: the hash scaled to the capacity, which thus need not be a power
    /// of two.
    static func home(_ hash: UInt64, capacity: Int) -> Int {
        Int(hash.multipliedFullWidth(by: UInt64(capacity)).high)
    }
}

extension TableBuilder {
    mutating func addNameIndex() throws(TableWriterError) {
        let capacity = NameIndex.capacity(names.count)
        let free = (hash: UInt64(0), target: TableLayout.none, name: UInt32(0))
        var slots = [(hash: UInt64, target: UInt32, name: UInt32)](
            repeating: free,
            count: capacity
        )
        for (name, target) in names {
            let hash = unsafe XXH3.hash64(name.span.bytes)
            var slot = NameIndex.home(hash, capacity: capacity)
            while slots[slot].target != TableLayout.none {
                slot = slot + 1 == capacity ? 0 : slot + 1
            }
            slots[slot] = (hash, target, try string(name))
        }
        self[.names].reserveCapacity(capacity * SectionKind.names.recordSize)
        for slot in slots {
            self[.names].put(slot.hash)
            self[.names].put(slot.target)
            self[.names].put(slot.name)
        }
    }
}
