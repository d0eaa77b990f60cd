/// A deadline that can be moved later for free.
///
/// Most deadlines of a proxy never pass: a connection sets a new one for each request. So a timer
/// stays in the queue where it is when its deadline moves later, and is queued again only when its
/// old place comes up; moving earlier, and leaving the queue, cost O(log n).
package final class DeadlineTimer {
    private let queue: TimerQueue
    private let fire: () -> Void
    /// When it is due; nil while it is not set.
    fileprivate(set) package var deadline: Instant?
    /// What the queue sorts it by, at or before `deadline`.
    fileprivate var key = Instant(nanoseconds: 0)
    /// Its place in the queue's heap, or -1.
    fileprivate var place = -1

    /// - Parameter fire: called on the loop, once for each deadline that passed.
    package init(loop: EventLoop, fire: @escaping () -> Void) {
        self.queue = loop.timers
        self.fire = fire
    }

    /// Sets the deadline in place of an earlier one.
    package func set(_ deadline: Instant) {
        self.deadline = deadline
        if place < 0 || deadline < key {
            queue.insert(self, key: deadline)
        }
    }

    /// Forgets the deadline but keeps the place in the queue, for the next one.
    package func clear() {
        deadline = nil
    }

    /// Leaves the queue, which else keeps the timer alive until its old place comes up.
    package func invalidate() {
        deadline = nil
        queue.remove(self)
    }

    fileprivate func run() {
        deadline = nil
        fire()
    }
}

/// A binary heap of timers that know their places.
final class TimerQueue {
    private var heap: [DeadlineTimer] = []
    /// Those that this turn fires; kept for its storage.
    private var due: [DeadlineTimer] = []

    var next: Instant? { heap.first?.key }
    var count: Int { heap.count }

    func insert(_ timer: DeadlineTimer, key: Instant) {
        timer.key = key
        if timer.place < 0 {
            timer.place = heap.count
            heap.append(timer)
        }
        siftUp(timer.place)
        siftDown(timer.place)
    }

    func remove(_ timer: DeadlineTimer) {
        let place = timer.place
        guard place >= 0 else { return }
        timer.place = -1
        let last = heap.removeLast()
        guard last !== timer else { return }
        heap[place] = last
        last.place = place
        siftUp(place)
        siftDown(last.place)
    }

    /// Fires every timer whose deadline is at or before `now`. One that sets itself to `now` again
    /// waits for the next turn: descriptors come in between.
    func runDue(_ now: Instant) {
        while let timer = heap.first, timer.key <= now {
            remove(timer)
            guard let deadline = timer.deadline else { continue }
            if deadline <= now {
                due.append(timer)
            } else {
                insert(timer, key: deadline)
            }
        }
        guard !due.isEmpty else { return }
        for timer in due {
            // Another one's firing may have cleared it or moved it.
            guard timer.place < 0, let deadline = timer.deadline, deadline <= now else { continue }
            timer.run()
        }
        due.removeAll(keepingCapacity: true)
    }

    private func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].key < heap[parent].key else { return }
            exchange(place, parent)
            place = parent
        }
    }

    private func siftDown(_ start: Int) {
        var place = start
        while true {
            var least = place
            let left = 2 * place + 1
            let right = left + 1
            if left < heap.count, heap[left].key < heap[least].key { least = left }
            if right < heap.count, heap[right].key < heap[least].key { least = right }
            guard least != place else { return }
            exchange(place, least)
            place = least
        }
    }

    private func exchange(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        heap[left].place = left
        heap[right].place = right
    }
}
