/// What a stream holds, and everything that is wrong with it.
package struct YAMLStream: Sendable {
    /// The documents up to the first error.
    package var documents: [YAMLNode]
    package var problems: [YAMLProblem]

    /// Reads a stream; never fails, but reports.
    ///
    /// - Parameter file: The number that marks carry.
    package init(_ bytes: [UInt8], file: Int32 = 0, limits: YAMLLimits = YAMLLimits()) {
        var composer = YAMLComposer(file: file, limits: limits)
        composer.read(bytes)
        documents = composer.documents
        problems = composer.problems
    }
}

/// libyaml's events to a tree: anchors, aliases, merge keys, limits.
struct YAMLComposer {
    private(set) var documents: [YAMLNode] = []
    var problems: [YAMLProblem] = []
    let file: Int32
    let limits: YAMLLimits

    /// An anchored node; nil while the node is still being read.
    private struct Anchored {
        var node: YAMLNode?
        /// Nodes in it, aliases expanded.
        var weight: Int
        /// Levels of it, likewise.
        var height: Int
    }
    private var anchors: [String: Anchored] = [:]
    private var weight = 0
    private var writtenCount = 0
    private var nodesMax = 0
    private var writtenMax = 0
    private var depth = 0
    /// The depth that the node at hand reaches so far, aliases expanded.
    private var reached = 0

    init(file: Int32, limits: YAMLLimits) {
        self.file = file
        self.limits = limits
    }

    mutating func read(_ bytes: [UInt8]) {
        let start = YAMLMark(file: file, line: 1, column: 1)
        guard bytes.count <= limits.bytesMax else {
            problems.append(
                YAMLProblem(kind: .tooLarge(bytesMax: limits.bytesMax), mark: start)
            )
            return
        }
        nodesMax = limits.nodesMax(byteCount: bytes.count)
        writtenMax = limits.writtenNodesMax(byteCount: bytes.count)
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard var events = unsafe YAMLEventStream(buffer, file: file) else { return }
            do throws(YAMLFailure) {
                try readDocuments(&events)
            } catch {
                problems.append(placed(error.problem, in: bytes))
            }
        }
    }

    private mutating func readDocuments(_ events: inout YAMLEventStream) throws(YAMLFailure) {
        while true {
            let (event, start, end) = try events.next()
            switch event {
            case .streamEnd: return
            case .streamStart, .documentStart, .documentEnd: anchors = [:]
            default:
                guard documents.count < limits.documentsMax else {
                    throw fail(.tooManyDocuments(documentsMax: limits.documentsMax), start)
                }
                documents.append(try node(event, start, end, &events))
            }
        }
    }

    private mutating func node(
        _ event: YAMLEventStream.Event,
        _ start: YAMLMark,
        _ end: YAMLMark,
        _ events: inout YAMLEventStream
    ) throws(YAMLFailure) -> YAMLNode {
        if case .alias(let name) = event { return try aliased(name, start) }
        let (before, reachedBefore) = (weight, reached)
        writtenCount += 1
        if writtenCount > writtenMax { throw fail(.tooManyNodes(nodesMax: writtenMax), start) }
        try count(1, at: start)
        let anchor = event.anchor
        if let anchor { anchors[anchor] = Anchored(node: nil, weight: 0, height: 0) }
        depth += 1
        reached = 0
        try reach(depth, at: start)
        let node: YAMLNode
        switch event {
        case .sequenceStart(_, let tag):
            node = try sequence(tag, start, &events)
        case .mappingStart(_, let tag):
            node = try mapping(tag, start, &events)
        case .scalar(let text, _, let tag, let isPlain):
            guard let scalar = YAMLScalar(text, tag: tag, isPlain: isPlain) else {
                throw fail(.badTag(tag ?? ""), start)
            }
            node = YAMLNode(.scalar(scalar), mark: start, end: end)
        default:
            throw fail(.syntax(message: "unexpected end", context: ""), start)
        }
        depth -= 1
        if let anchor {
            let height = reached - depth
            anchors[anchor] = Anchored(node: node, weight: weight - before, height: height)
        }
        reached = max(reached, reachedBefore)
        return node
    }

    private mutating func reach(_ depth: Int, at mark: YAMLMark) throws(YAMLFailure) {
        reached = max(reached, depth)
        if depth > limits.depthMax { throw fail(.tooDeep(depthMax: limits.depthMax), mark) }
    }

    private mutating func aliased(_ name: String, _ mark: YAMLMark) throws(YAMLFailure) -> YAMLNode
    {
        guard let anchored = anchors[name] else { throw fail(.unknownAlias(name), mark) }
        guard let node = anchored.node else { throw fail(.recursiveAlias(name), mark) }
        try count(anchored.weight, at: mark)
        try reach(depth + anchored.height, at: mark)
        return node
    }

    /// An alias costs what it stands for, so that a bomb is found without exploding it.
    private mutating func count(_ nodes: Int, at mark: YAMLMark) throws(YAMLFailure) {
        weight += nodes
        if weight > nodesMax { throw fail(.tooManyNodes(nodesMax: nodesMax), mark) }
    }

    private mutating func sequence(
        _ tag: String?,
        _ start: YAMLMark,
        _ events: inout YAMLEventStream
    ) throws(YAMLFailure) -> YAMLNode {
        guard YAMLTag.allowsSequence(tag) else { throw fail(.badTag(tag ?? ""), start) }
        var items: [YAMLNode] = []
        while true {
            let (event, itemStart, itemEnd) = try events.next()
            if case .sequenceEnd = event {
                return YAMLNode(.sequence(items), mark: start, end: itemEnd)
            }
            items.append(try node(event, itemStart, itemEnd, &events))
        }
    }

    private mutating func mapping(
        _ tag: String?,
        _ start: YAMLMark,
        _ events: inout YAMLEventStream
    ) throws(YAMLFailure) -> YAMLNode {
        guard YAMLTag.allowsMapping(tag) else { throw fail(.badTag(tag ?? ""), start) }
        var builder = YAMLMappingBuilder()
        while true {
            let (event, keyStart, keyEnd) = try events.next()
            if case .mappingEnd = event {
                let entries = builder.finish()
                problems += builder.problems
                return YAMLNode(.mapping(entries), mark: start, end: keyEnd)
            }
            let key = try node(event, keyStart, keyEnd, &events)
            let (valueEvent, valueStart, valueEnd) = try events.next()
            let value = try node(valueEvent, valueStart, valueEnd, &events)
            guard let scalar = key.scalar else { throw fail(.badKey, keyStart) }
            // Only a key written here can be a merge key; PyYAML decides by its resolved tag.
            if scalar.text == "<<", scalar.isPlain {
                guard builder.merge(value) else { throw fail(.badMerge, valueStart) }
            } else {
                guard builder.explicitCount < limits.keysMax else {
                    throw fail(.tooManyKeys(keysMax: limits.keysMax), keyStart)
                }
                builder.add(YAMLEntry(key: scalar, keyMark: keyStart, value: value))
            }
        }
    }

    private func fail(_ kind: YAMLProblem.Kind, _ mark: YAMLMark) -> YAMLFailure {
        YAMLFailure(YAMLProblem(kind: kind, mark: mark))
    }

    /// Turns the byte offset of a reader error into line and column.
    private func placed(_ problem: YAMLProblem, in bytes: [UInt8]) -> YAMLProblem {
        guard problem.mark.line == 0 else { return problem }
        var placed = problem
        let before = bytes.prefix(Int(problem.mark.column))
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        placed.mark.line = Int32(before.count { $0 == UInt8(ascii: "\n") } + 1)
        // Continuation bytes belong to the code point before them.
        placed.mark.column = Int32(before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1)
        return placed
    }
}

extension YAMLEventStream.Event {
    fileprivate var anchor: String? {
        switch self {
        case .scalar(_, let anchor, _, _), .sequenceStart(let anchor, _),
            .mappingStart(let anchor, _):
            anchor
        default: nil
        }
    }
}
