internal import JSON

/// What a stream has told so far.
package struct StreamState: Sendable {
    /// Tokens, once the stream has told them.
    package internal(set) var usage: TokenUsage?
    /// Whether an event with content (text, reasoning, a tool call) has passed.
    package internal(set) var hasContent = false
    /// Whether the upstream sent an error event.
    package internal(set) var hasFailed = false
    /// Whether the stream's last event has passed: `[DONE]`, `message_stop`, `response.completed`
    /// and its like.
    package internal(set) var isTerminated = false
    /// Whole events that have passed.
    package internal(set) var eventCount = 0
    /// Whether a choice ended otherwise than by the model, or there are too many to tell.
    private var hasDoubtfulEnd = false
    /// Choices, by index below 64, of which an event has passed.
    private var choicesSeen: UInt64 = 0
    /// Those that have a `finish_reason`.
    private var choicesFinished: UInt64 = 0

    init() {}

    /// Whether every choice that was begun has a `finish_reason`.
    package var isFinished: Bool { choicesSeen != 0 && choicesSeen == choicesFinished }

    /// Whether what has passed may be given to others, too, once the stream is complete
    /// (`docs/cache.md`).
    package var isWorthKeeping: Bool { isFinished && !hasFailed && !hasDoubtfulEnd }

    mutating func noteDoubtfulEnd() { hasDoubtfulEnd = true }

    mutating func add(choice index: Int64, isFinished: Bool) {
        if index >= 63 { hasDoubtfulEnd = true }
        let bit: UInt64 = 1 << UInt64(max(0, min(index, 63)))
        choicesSeen |= bit
        if isFinished { choicesFinished |= bit }
    }
}

/// How a stream ended.
package enum StreamEnd: Hashable, Sendable {
    /// As it should.
    case complete
    /// All was said, only the closing `[DONE]` is missing: it may be added.
    case missingDone
    /// With an error event of the upstream's own; nothing is to be added.
    case failed
    /// Too early: the client must be told (LiteLLM §10.2, §11.3).
    case truncated
}

/// A piece of a rewritten stream.
package enum StreamPiece: Hashable, Sendable {
    /// These bytes of the input that was fed last.
    case input(Range<Int>)
    case bytes([UInt8])
}
