internal import YAML

/// A configuration whose discovered entries are brought up to date in place. All other lines stay,
/// to the byte.
package struct ModelListFile {
    /// Whose entries a search knows all of: of those, what it did not find is gone.
    package enum Source: Hashable, Sendable {
        case server(ServerAddress)
        case bedrock
    }

    /// A file with its entries brought up to date.
    package struct Update: Hashable, Sendable {
        package var text: [UInt8]
        package var added = 0
        package var updated = 0
        package var removed = 0
        /// Found, but served by an entry that somebody wrote.
        package var skipped = 0
    }

    /// Without line feeds.
    private let lines: [String]
    private let hasLastEnd: Bool
    /// What stands before the line feed of a new line.
    private let tail: String
    private let root: YAMLNode?

    /// Reads a configuration of one document.
    package init(_ bytes: [UInt8]) throws(DiscoveryError) {
        let stream = YAMLStream(bytes)
        if let problem = stream.problems.first(where: { !$0.isWarning }) {
            throw .badFile("no YAML from line \(problem.mark.line) on; check says more")
        }
        guard stream.documents.count < 2 else {
            throw .badFile("several documents; merge into one with a single document")
        }
        let document = stream.documents.first.flatMap { $0.isNull ? nil : $0 }
        if let document {
            guard document.entries != nil, document["kind"] == nil || document["apiVersion"] == nil
            else { throw .badFile("no configuration with a model_list of its own") }
        }
        root = document
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0) }
        tail = lines.count > 1 && lines[0].unicodeScalars.last == "\r" ? "\r" : ""
        hasLastEnd = lines.last?.isEmpty ?? false
        if hasLastEnd { lines.removeLast() }
        self.lines = lines
    }

    /// The file with what a search has found.
    package func updated(
        with found: [DiscoveredModel],
        of sources: Set<Source>
    ) throws(DiscoveryError) -> Update {
        let items = try items()
        let written = items.filter { !$0.isOwn }
        let wanted = found.filter { model in !written.contains { $0.serves(model) } }
        var update = Update(text: [], skipped: found.count - wanted.count)
        var left: [String: DiscoveredModel] = [:]
        for model in wanted { left[model.id] = model }
        var lines = lines
        // From the end on, so that places stay right.
        for item in items.reversed() where item.isOwn {
            if let model = left.removeValue(forKey: item.id) {
                let new = entry(model, margin: item.margin)
                guard Array(lines[item.lines]) != new else { continue }
                lines.replaceSubrange(item.lines, with: new)
                update.updated += 1
            } else if sources.contains(where: item.isOf) {
                lines.removeSubrange(item.lines)
                update.removed += 1
            }
        }
        let new = wanted.filter { left[$0.id] != nil }
        try add(new, to: &lines, behind: items, shift: lines.count - self.lines.count)
        update.added = new.count
        let isSame = lines == self.lines
        let text = lines.joined(separator: "\n") + (isSame && !hasLastEnd ? "" : "\n")
        update.text = lines.isEmpty ? [] : Array(text.utf8)
        try check(update.text, against: written)
        return update
    }

    // MARK: Adding

    private func add(
        _ models: [DiscoveredModel],
        to lines: inout [String],
        behind items: [ModelListItem],
        shift: Int
    ) throws(DiscoveryError) {
        guard !models.isEmpty else { return }
        if let last = items.last {
            let new = models.flatMap { entry($0, margin: last.margin) }
            lines.insert(contentsOf: new, at: last.region.upperBound + shift)
            return
        }
        let new = models.flatMap { entry($0, margin: 2) }
        guard let entry = root?.entries?.first(where: { $0.key.text == "model_list" }) else {
            if lines.last.map({ $0 == "..." + tail }) ?? false { lines.removeLast() }
            lines += ["model_list:" + tail] + new
            return
        }
        // An empty list gives way to one with items.
        let place = Int(entry.keyMark.line) - 1
        let line = lines[place]
        guard entry.keyMark.column == 1, let colon = line.firstIndex(of: ":") else {
            throw .badFile("model_list stands in braces; write it as a block")
        }
        let rest = line[line.index(after: colon)...]
        let comment = rest.range(of: " #").map { String(rest[$0.lowerBound...]) } ?? ""
        let value = rest.dropLast(comment.count).filter { !$0.isWhitespace }
        guard ["", "[]", "~", "null"].contains(value) else {
            throw .badFile("model_list stands in brackets; write it as a block, an item a line")
        }
        lines[place] = line[...colon] + (comment.isEmpty ? tail : comment)
        lines.insert(contentsOf: new, at: place + 1)
    }

    private func entry(_ model: DiscoveredModel, margin: Int) -> [String] {
        model.lines(margin: margin).map { $0 + tail }
    }

    // MARK: Entries

    private func items() throws(DiscoveryError) -> [ModelListItem] {
        guard let value = root?["model_list"], !value.isNull else { return [] }
        guard let nodes = value.items else { throw .badFile("model_list is no list") }
        var items: [ModelListItem] = []
        for node in nodes {
            guard let item = ModelListItem(node, in: lines) else {
                throw .badFile(
                    "the entry on line \(node.mark.line) is in no block of its own; "
                        + "write an item a line, each behind a dash"
                )
            }
            items.append(item)
        }
        return items
    }

    /// Reads the new text as anybody will: what was written by hand must still be there, and
    /// nothing else but what is ours.
    private func check(
        _ text: [UInt8],
        against written: [ModelListItem]
    ) throws(DiscoveryError) {
        let stream = YAMLStream(text)
        let new = stream.documents.first
        let others = { (root: YAMLNode?) in
            (root?.entries ?? []).filter { $0.key.text != "model_list" }
        }
        let items = (new?["model_list"]?.items ?? []).filter { !ModelListItem.isOwn($0) }
        guard stream.problems.allSatisfy(\.isWarning), stream.documents.count < 2,
            items.elementsEqual(written, by: { $0.isSame(as: $1.node) }),
            others(new).elementsEqual(
                others(root),
                by: { $0.key == $1.key && $0.value.isSame(as: $1.value) }
            )
        else {
            throw .badFile("the entries cannot be put in without touching others; mend it by hand")
        }
    }
}

extension YAMLNode {
    /// Whether both say the same, wherever they stand.
    fileprivate func isSame(as other: YAMLNode) -> Bool {
        switch (content, other.content) {
        case (.scalar(let own), .scalar(let others)): own == others
        case (.sequence(let own), .sequence(let others)):
            own.elementsEqual(others) { $0.isSame(as: $1) }
        case (.mapping(let own), .mapping(let others)):
            own.elementsEqual(others) { $0.key == $1.key && $0.value.isSame(as: $1.value) }
        default: false
        }
    }
}

extension Substring {
    /// The first place of a short text.
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.lazy.compactMap { self[$0...].hasPrefix(text) ? $0..<endIndex : nil }.first
    }
}
