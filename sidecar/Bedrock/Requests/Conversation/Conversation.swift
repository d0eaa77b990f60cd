internal import JSON
internal import OpenAI

/// A conversation in the shape that Converse demands: turns of user and assistant by turns, none
/// of them empty, system text apart.
struct Conversation {
    enum Role: Hashable {
        case user
        case assistant
    }

    struct Turn: Hashable {
        let role: Role
        var blocks: [ContentBlock]
    }

    private(set) var system: [ContentBlock] = []
    private(set) var turns: [Turn] = []
    /// Tools of the history by their names on the wire, each once, in order.
    private(set) var toolNames: [String] = []
    private var knownTools: Set<String> = []
    private(set) var hasToolBlocks = false

    /// What AWS calls a placeholder, and LiteLLM, too: `modify_params` puts it where a user's turn
    /// must be.
    static let madeUpText = "Please continue."

    mutating func add(system blocks: [ContentBlock]) {
        system += blocks
    }

    /// Adds to the last turn when it has the same role; what says nothing is no turn.
    mutating func add(_ role: Role, _ blocks: [ContentBlock]) {
        if blocks.isEmpty { return }
        for block in blocks where block.isTool {
            hasToolBlocks = true
            if case .toolUse(_, let name, _) = block, knownTools.insert(name).inserted {
                toolNames.append(name)
            }
        }
        if turns.last?.role == role {
            turns[turns.count - 1].blocks += blocks
        } else {
            turns.append(Turn(role: role, blocks: blocks))
        }
    }

    /// Puts all turns in order, once all messages are in.
    mutating func finish(_ options: ConverseOptions) throws(OpenAIError) {
        if turns.first?.role != .user {
            guard options.modifyParams else {
                throw .invalid("messages", "the messages must contain a user message first")
            }
            let first = Turn(role: .user, blocks: [.text(Conversation.madeUpText)])
            turns.insert(first, at: 0)
        }
        for index in turns.indices { turns[index].arrange() }
        guard let last = turns.last, last.role == .assistant else { return }
        if options.modifyParams, !options.traits.takesPrefill {
            turns.append(Turn(role: .user, blocks: [.text(Conversation.madeUpText)]))
        } else {
            turns[turns.count - 1].trimPrefill()
        }
    }

    /// Whether the last turn that calls tools begins with the model's reasoning, without which
    /// Claude answers 400 where thinking is on.
    var isOpenToThinking: Bool {
        let turn = turns.last { turn in
            turn.blocks.contains { if case .toolUse = $0 { true } else { false } }
        }
        switch turn?.blocks.first {
        case nil, .reasoning, .redactedReasoning: return true
        default: return false
        }
    }

    var cachePointCount: Int {
        turns.reduce(system.count { $0.isCachePoint }) { sum, turn in
            sum + turn.blocks.count { $0.isCachePoint }
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.key("messages")
        writer.beginArray()
        for turn in turns {
            writer.beginObject()
            writer.member("role", turn.role == .user ? "user" : "assistant")
            writer.key("content")
            writer.write(turn.blocks)
            writer.endObject()
        }
        writer.endArray()
        if !system.isEmpty {
            writer.key("system")
            writer.write(system)
        }
    }

    /// About how many bytes it takes on the wire.
    var byteCount: Int {
        turns.reduce(system.reduce(64) { $0 + $1.byteCount }) { sum, turn in
            turn.blocks.reduce(sum + 64) { $0 + $1.byteCount }
        }
    }
}

// MARK: - One turn

extension Conversation.Turn {
    /// Reasoning first and tool calls last; tool results before all else. A cache point stays
    /// behind what it marks, and each call has one result.
    fileprivate mutating func arrange() {
        if blocks.contains(where: { $0.rank != ContentBlock.plainRank }) {
            dropRepeatedResults()
            sort()
        }
        let hasText = blocks.contains { $0.isText }
        // A document needs a text beside it.
        if !hasText, blocks.contains(where: \.isDocument) { blocks.append(.text(".")) }
    }

    private mutating func dropRepeatedResults() {
        var seen: Set<String> = []
        var dropsPoint = false
        blocks.removeAll { block in
            if case .toolResult(let id, _, _) = block {
                dropsPoint = !seen.insert(id).inserted
                return dropsPoint
            }
            defer { dropsPoint = false }
            return dropsPoint && block.isCachePoint
        }
    }

    private mutating func sort() {
        var ranks: [Int] = []
        ranks.reserveCapacity(blocks.count)
        for block in blocks {
            ranks.append(block.isCachePoint ? ranks.last ?? ContentBlock.plainRank : block.rank)
        }
        if zip(ranks, ranks.dropFirst()).allSatisfy({ $0 <= $1 }) { return }
        let places = blocks.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
        blocks = places.map { blocks[$0] }
    }

    /// Claude refuses a beginning of its answer that ends in white space.
    fileprivate mutating func trimPrefill() {
        guard let place = blocks.lastIndex(where: { !$0.isCachePoint }),
            case .text(let text) = blocks[place]
        else { return }
        var scalars = text.unicodeScalars[...]
        while scalars.last?.isBlank == true { scalars.removeLast() }
        blocks[place] = .text(String(scalars))
    }
}

extension ContentBlock {
    fileprivate static let plainRank = 1

    /// Its place among the blocks of its turn.
    fileprivate var rank: Int {
        switch self {
        case .reasoning, .redactedReasoning, .toolResult: 0
        case .toolUse: 2
        default: ContentBlock.plainRank
        }
    }
}
