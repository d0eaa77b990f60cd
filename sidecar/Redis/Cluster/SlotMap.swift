/// Which master of a cluster has which slot.
struct SlotMap: Hashable, Sendable {
    /// The masters that have slots.
    private(set) var masters: [RedisEndpoint] = []
    /// For each slot a place in `masters`, or -1.
    private var owners = [Int16](repeating: -1, count: KeySlot.count)

    /// The most masters that a cluster may have here; Redis recommends at most 1,000.
    static let mastersMax = 4_096

    init() {}

    /// From the answer to `CLUSTER SLOTS`: arrays of first slot, last slot, master, replicas; nil
    /// when it is something else.
    /// - Parameter asked: who answered; a master without a host is at the same one.
    init?(_ reply: RedisReply, asked: RedisEndpoint) {
        guard let ranges = reply.elements else { return nil }
        for range in ranges {
            guard let parts = range.elements, parts.count >= 3,
                let first = parts[0].integer, let last = parts[1].integer,
                first >= 0, first <= last, last < KeySlot.count,
                let master = parts[2].elements, master.count >= 2,
                let port = master[1].integer.flatMap({ UInt16(exactly: $0) })
            else { return nil }
            // Unknown to the one who answered; another one will know.
            if master[0].text == "?" { continue }
            let endpoint = RedisEndpoint(host: master[0].text ?? "", port: port, beside: asked)
            guard let place = place(of: endpoint) else { return nil }
            for slot in first...last { owners[slot] = place }
        }
    }

    /// The master of a slot; nil when none is known.
    func master(of slot: Int) -> RedisEndpoint? {
        let place = owners[slot]
        return place < 0 ? nil : masters[Int(place)]
    }

    /// How many slots have no master.
    var orphanCount: Int { owners.count { $0 < 0 } }

    /// Notes that a slot is elsewhere now.
    mutating func move(_ slot: Int, to endpoint: RedisEndpoint) {
        if let place = place(of: endpoint) { owners[slot] = place }
    }

    private mutating func place(of endpoint: RedisEndpoint) -> Int16? {
        if let place = masters.firstIndex(of: endpoint) { return Int16(place) }
        guard masters.count < SlotMap.mastersMax else { return nil }
        masters.append(endpoint)
        return Int16(masters.count - 1)
    }
}

extension RedisEndpoint {
    /// An endpoint as a cluster names it: without a host, it is at the host of whoever named it.
    init(host: String, port: UInt16, beside asked: RedisEndpoint) {
        guard host.isEmpty, case .tcp(let askedHost, _) = asked else {
            self = .tcp(host: host.isEmpty ? "127.0.0.1" : host, port: port)
            return
        }
        self = .tcp(host: askedHost, port: port)
    }
}
