internal import EventLoop

/// Requests that wait for a place, in order of arrival. A value; its owner locks.
///
/// A place that comes free is promised to the first one that was not told yet, so that nobody who
/// comes later takes it. One that cannot use it passes it on.
struct WaitQueue: Sendable {
    private struct Entry: Sendable {
        let id: UInt64
        let signal: RemoteSignal
        var isTold = false
    }

    private var entries: [Entry] = []
    /// How many were told of a place and have not come for it.
    private(set) var promised = 0

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    /// Whether a place that is free now belongs to one of those who wait.
    var hasPromised: Bool { promised > 0 }

    mutating func append(_ id: UInt64, _ signal: RemoteSignal) {
        entries.append(Entry(id: id, signal: signal))
    }

    /// Promises a place to the first one that was not told yet.
    /// - Returns: its signal, to be sent; nil when nobody waits.
    mutating func tellNext() -> RemoteSignal? {
        guard let place = entries.firstIndex(where: { !$0.isTold }) else { return nil }
        entries[place].isTold = true
        promised += 1
        return entries[place].signal
    }

    /// One that was told is told no longer: it found nothing for itself, and waits on, or has its
    /// place.
    /// - Parameter passesOn: whether the place goes to the next one that was not told yet.
    /// - Returns: that one's signal.
    mutating func takeBack(_ id: UInt64, passesOn: Bool) -> RemoteSignal? {
        guard let place = entries.firstIndex(where: { $0.id == id }), entries[place].isTold else {
            return nil
        }
        entries[place].isTold = false
        promised -= 1
        guard passesOn, let next = entries[(place + 1)...].firstIndex(where: { !$0.isTold }) else {
            return nil
        }
        entries[next].isTold = true
        promised += 1
        return entries[next].signal
    }

    /// One leaves: served, out of time, or gone.
    /// - Returns: whether a place had been promised to it.
    @discardableResult
    mutating func remove(_ id: UInt64) -> Bool {
        guard let place = entries.firstIndex(where: { $0.id == id }) else { return false }
        let wasTold = entries[place].isTold
        if wasTold { promised -= 1 }
        entries.remove(at: place)
        return wasTold
    }
}
