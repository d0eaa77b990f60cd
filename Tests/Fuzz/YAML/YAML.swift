import YAML

/// `yaml`: any bytes as YAML. What is found lies inside the text and keeps to the limits, and what
/// is written again is read as the same.
extension Target {
    static let yaml = Target(name: "yaml") { bytes in
        var limits = YAMLLimits()
        limits.nodesMax = 20_000
        limits.depthMax = 32
        let stream = YAMLStream(bytes, limits: limits)
        // Every byte may begin a line in UTF-16.
        let isWide = bytes.first.map { $0 >= 0xFE } ?? false
        let isEnd = { (byte: UInt8) in isWide || byte == 0x0A || byte == 0x0D || byte >= 0x80 }
        let lineCount = Int32(bytes.count(where: isEnd) + 2)
        for problem in stream.problems {
            check(problem.mark, lineCount, bytes.count)
        }
        for document in stream.documents {
            var tree = YAMLTreeCheck(lineCount: lineCount, byteCount: bytes.count)
            tree.look(at: document, depth: 1)
            require(tree.nodeCount <= limits.nodesMax, "\(tree.nodeCount) nodes")
            require(tree.depth <= limits.depthMax, "\(tree.depth) levels")
            let text = YAMLAgain.text(document)
            let again = YAMLStream(Array(text.utf8))
            require(again.problems.isEmpty, "\(again.problems) in \(text.debugDescription)")
            require(again.documents.count == 1, "\(again.documents.count) documents: \(text)")
            guard let other = again.documents.first else { continue }
            require(YAMLAgain.isEqual(document, other), "not the same: \(text.debugDescription)")
        }
        return .passed
    }

    private static func check(_ mark: YAMLMark, _ lineCount: Int32, _ byteCount: Int) {
        YAMLTreeCheck(lineCount: lineCount, byteCount: byteCount).check(mark)
    }
}

/// What holds of every node.
private struct YAMLTreeCheck {
    let lineCount: Int32
    let byteCount: Int
    var nodeCount = 0
    var depth = 0

    init(lineCount: Int32, byteCount: Int) {
        self.lineCount = lineCount
        self.byteCount = byteCount
    }

    mutating func look(at node: YAMLNode, depth: Int) {
        nodeCount += 1
        self.depth = max(self.depth, depth)
        check(node.mark)
        check(node.end)
        let isOrdered = (node.mark.line, node.mark.column) <= (node.end.line, node.end.column)
        require(isOrdered, "ends before it begins: \(node.mark), \(node.end)")
        for item in node.items ?? [] { look(at: item, depth: depth + 1) }
        var keys: Set<YAMLValue> = []
        for entry in node.entries ?? [] {
            nodeCount += 1
            check(entry.keyMark)
            require(keys.insert(entry.key.value).inserted, "a key twice: \(entry.key.text)")
            look(at: entry.value, depth: depth + 1)
        }
    }

    func check(_ mark: YAMLMark) {
        require(mark.line >= 1 && mark.line <= lineCount, "line \(mark.line) of \(lineCount)")
        let isInside = mark.column >= 1 && Int(mark.column) <= byteCount + 1
        require(isInside, "column \(mark.column) of \(byteCount) bytes")
    }
}

/// A tree written in flow style: texts as they are, everything else as null. Keys are numbered, so
/// that those which differ in their type only stay apart.
private enum YAMLAgain {
    static func text(_ node: YAMLNode) -> String {
        switch node.content {
        case .scalar(let scalar): text(scalar)
        case .sequence(let items): "[" + items.map(text).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{"
                + entries.enumerated().map { index, entry in
                    YAMLText.scalar(name(index, entry), inFlow: true) + ": " + text(entry.value)
                }.joined(separator: ", ") + "}"
        }
    }

    private static func text(_ scalar: YAMLScalar) -> String {
        guard case .string(let text) = scalar.value else { return "null" }
        return YAMLText.scalar(text, inFlow: true)
    }

    private static func name(_ index: Int, _ entry: YAMLEntry) -> String {
        "\(index) \(entry.key.text)"
    }

    static func isEqual(_ node: YAMLNode, _ other: YAMLNode) -> Bool {
        switch (node.content, other.content) {
        case (.scalar(let scalar), .scalar(let found)):
            guard case .string(let text) = scalar.value else { return other.isNull }
            guard case .string(let again) = found.value else { return false }
            return text.utf8.elementsEqual(again.utf8)
        case (.sequence(let items), .sequence(let found)):
            return items.count == found.count && zip(items, found).allSatisfy { isEqual($0, $1) }
        case (.mapping(let entries), .mapping(let found)):
            return entries.count == found.count
                && zip(entries, found).enumerated().allSatisfy { index, pair in
                    name(index, pair.0).utf8.elementsEqual(pair.1.key.text.utf8)
                        && isEqual(pair.0.value, pair.1.value)
                }
        default: return false
        }
    }
}
