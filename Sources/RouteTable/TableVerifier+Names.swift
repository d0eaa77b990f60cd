internal import Cryptography

// Aliases, fallback rules, their targets, and the index of names.
extension TableVerifier {
    func verifyAliases() throws(TableError) {
        typealias Layout = TableLayout.Alias
        try verifyNames(.aliases, at: Layout.name)
        try verifyRising(.aliases, at: Layout.name)
        var next = 0
        for index in 0..<count(.aliases) {
            let record = sections[.aliases].record(index)
            let flags = bytes.u32(at: record + Layout.flags)
            try require(flags & ~Layout.isHidden == 0, .reserved, .aliases, index)
            next = try verifyTargetRange(
                first: bytes.u32(at: record + Layout.firstTarget),
                count: bytes.u32(at: record + Layout.targetCount),
                next,
                .aliases,
                index
            )
        }
    }

    /// Targets belong to aliases first, then to fallback rules, one after the other.
    private func verifyTargetRange(
        first: UInt32,
        count number: UInt32,
        _ next: Int,
        _ kind: SectionKind,
        _ index: Int
    ) throws(TableError) -> Int {
        try require(Int(first) == next, .offsets, kind, index)
        try require(number > 0, .value, kind, index)
        try require(Int(number) <= TableLimit.targets.maximum, .overLimit, kind, index)
        try require(Int(number) <= count(.targets) - next, .count, kind, index)
        return next + Int(number)
    }

    /// Every name is in the index once, can be reached from its home slot without passing a free
    /// one, and is no second name of the same bytes.
    func verifyNameIndex() throws(TableError) {
        let slots = sections[.names]
        let total = count(.models) + count(.aliases)
        try require(total == 0 ? slots.count == 0 : slots.count > total, .count, .names, total)
        try verifyNamesDiffer()
        var seen = BitSet(count: total)
        // How many slots before this one are used in a row, as far as a wrap-around can tell.
        var run = usedAtEnd(slots)
        var used = 0
        for slot in 0..<slots.count {
            let record = slots.record(slot)
            let target = bytes.u32(at: record + TableLayout.Name.target)
            let hash = bytes.u64(at: record + TableLayout.Name.hash)
            let id = bytes.u32(at: record + TableLayout.Name.name)
            if target == TableLayout.none {
                try require(hash == 0 && id == 0, .reserved, .names, slot)
                run = 0
                continue
            }
            used += 1
            let (place, name) = try verifiedName(target, slot)
            try require(id == name && seen.insert(place), .nameIndex, .names, slot)
            try require(unsafe XXH3.hash64(string(name).bytes) == hash, .nameIndex, .names, slot)
            let home = NameIndex.home(hash, capacity: slots.count)
            let distance = slot >= home ? slot - home : slot - home + slots.count
            try require(distance <= run, .nameIndex, .names, slot)
            run += 1
        }
        try require(used == total, .nameIndex, .names, used)
    }

    private func usedAtEnd(_ slots: Section) -> Int {
        var used = 0
        while used < slots.count {
            let record = slots.record(slots.count - 1 - used)
            if bytes.u32(at: record + TableLayout.Name.target) == TableLayout.none { break }
            used += 1
        }
        return used
    }

    /// A slot's place among models and then aliases, and its name.
    private func verifiedName(
        _ target: UInt32,
        _ slot: Int
    ) throws(TableError) -> (place: Int, name: UInt32) {
        let index = Int(target & ~TableLayout.Name.alias)
        if target & TableLayout.Name.alias == 0 {
            try require(index < count(.models), .reference, .names, slot)
            let record = sections[.models].record(index)
            return (index, bytes.u32(at: record + TableLayout.Model.name))
        }
        try require(index < count(.aliases), .reference, .names, slot)
        let record = sections[.aliases].record(index)
        return (count(.models) + index, bytes.u32(at: record + TableLayout.Alias.name))
    }

    /// No alias has a model's name; both are sorted, so one walk along both shows it.
    private func verifyNamesDiffer() throws(TableError) {
        var (model, alias) = (0, 0)
        while model < count(.models), alias < count(.aliases) {
            let first = bytes.u32(at: sections[.models].record(model) + TableLayout.Model.name)
            let second = bytes.u32(at: sections[.aliases].record(alias) + TableLayout.Alias.name)
            let difference = string(first).compare(string(second))
            try require(difference != 0, .nameIndex, .aliases, alias)
            if difference < 0 { model += 1 } else { alias += 1 }
        }
    }

    func verifyFallbacks() throws(TableError) {
        typealias Layout = TableLayout.Fallback
        try verifyNames(.fallbacks, at: Layout.model)
        var next = 0
        for index in 0..<count(.aliases) {
            let record = sections[.aliases].record(index)
            next += Int(bytes.u32(at: record + TableLayout.Alias.targetCount))
        }
        for index in 0..<count(.fallbacks) {
            let record = sections[.fallbacks].record(index)
            let trigger = bytes.u8(at: record + Layout.trigger)
            try require(
                FallbackRule.Trigger(rawValue: trigger) != nil,
                .value,
                .fallbacks,
                index
            )
            try require(
                bytes.areZero(record + Layout.reserved, count: 3),
                .reserved,
                .fallbacks,
                index
            )
            if index > 0 {
                let before = sections[.fallbacks].record(index - 1)
                let last = bytes.u8(at: before + Layout.trigger)
                let names = string(bytes.u32(at: before + Layout.model))
                    .compare(string(bytes.u32(at: record + Layout.model)))
                try require(
                    last < trigger || last == trigger && names < 0,
                    .order,
                    .fallbacks,
                    index
                )
            }
            next = try verifyTargetRange(
                first: bytes.u32(at: record + Layout.firstTarget),
                count: bytes.u32(at: record + Layout.targetCount),
                next,
                .fallbacks,
                index
            )
        }
        try require(next == count(.targets), .count, .targets, next)
    }

    /// A target's model is the one of exactly its name.
    func verifyTargets() throws(TableError) {
        try verifyNames(.targets, at: TableLayout.Target.name)
        for index in 0..<count(.targets) {
            let record = sections[.targets].record(index)
            let model = bytes.u32(at: record + TableLayout.Target.model)
            if model == TableLayout.none { continue }
            try require(model < UInt32(count(.models)), .reference, .targets, index)
            let owner = sections[.models].record(Int(model))
            let name = bytes.u32(at: owner + TableLayout.Model.name)
            let target = bytes.u32(at: record + TableLayout.Target.name)
            try require(
                string(name).hasSameBytes(as: string(target)),
                .reference,
                .targets,
                index
            )
        }
    }
}

/// A set of small numbers.
private struct BitSet {
    private var words: [UInt64]

    init(count: Int) {
        words = [UInt64](repeating: 0, count: count / 64 + 1)
    }

    /// Whether the number was not there yet.
    mutating func insert(_ number: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(number % 64)
        defer { words[number / 64] |= bit }
        return words[number / 64] & bit == 0
    }
}
