package import EventLoop
internal import Synchronization

/// What the connections of one worker share: its loop, one buffer that every read goes through, and
/// body buffers to be used again.
///
/// The scratch buffer belongs to whoever runs: its bytes are valid until the next suspension.
package final class IOContext {
    package let loop: EventLoop
    /// Those of the table in service.
    package var limits: HTTPLimits
    package let budget: BodyBudget
    let scratch = ByteBuffer(capacity: IOContext.scratchBytes)
    let headParser = MessageParser(.request)
    private var spareBodies: [ByteBuffer] = []
    private var spareBytes = 0

    /// The most that one read takes, and so the most that a stalled stream holds back.
    package static let scratchBytes = 65_536
    /// How much memory may wait to be used again.
    private static let spareBytesMax = 8 << 20

    package init(loop: EventLoop, limits: HTTPLimits, budget: BodyBudget) {
        self.loop = loop
        self.limits = limits
        self.budget = budget
    }

    /// The whole scratch buffer, for a read.
    package var scratchSpace: UnsafeMutableRawBufferPointer {
        scratch.removeAll()
        return unsafe scratch.spare(IOContext.scratchBytes)
    }

    /// An empty buffer with room for `capacity` bytes; give it back with `recycle`.
    package func makeBuffer(_ capacity: Int) -> ByteBuffer {
        guard let index = spareBodies.lastIndex(where: { $0.capacity >= capacity }) else {
            return ByteBuffer(capacity: max(capacity, 2048))
        }
        let buffer = spareBodies.remove(at: index)
        spareBytes -= buffer.capacity
        return buffer
    }

    /// Takes a buffer back, to be used again or freed.
    package func recycle(_ buffer: ByteBuffer) {
        guard spareBytes + buffer.capacity <= IOContext.spareBytesMax, spareBodies.count < 64 else {
            return
        }
        buffer.removeAll()
        spareBytes += buffer.capacity
        spareBodies.append(buffer)
    }
}

/// How many bytes of bodies the whole process may hold at once. Shared by all workers.
package final class BodyBudget: Sendable {
    private let held = Atomic<Int>(0)
    package let bytesMax: Int

    package init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// Bytes held now.
    package var bytesHeld: Int { held.load(ordering: .relaxed) }

    /// - Returns: false, and nothing is taken, when that would be too much.
    package func take(_ count: Int) -> Bool {
        let total = held.add(count, ordering: .relaxed).newValue
        guard total > bytesMax else { return true }
        held.subtract(count, ordering: .relaxed)
        return false
    }

    /// Returns what `take` took.
    package func giveBack(_ count: Int) {
        held.subtract(count, ordering: .relaxed)
    }
}
