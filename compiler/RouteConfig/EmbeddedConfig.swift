internal import YAML

/// Finds the configuration in a document: the document itself, the text of a ConfigMap's key, or a
/// mapping (or text) somewhere in Helm values.
struct EmbeddedConfig {
    private(set) var nodes: [YAMLNode] = []
    private(set) var problems: [YAMLProblem] = []
    private let source: SourceFile

    static func find(in document: YAMLNode, lines: SourceFile) -> EmbeddedConfig {
        var found = EmbeddedConfig(source: lines)
        found.search(document)
        return found
    }

    private init(source: SourceFile) {
        self.source = source
    }

    private mutating func search(_ document: YAMLNode) {
        guard let entries = document.entries else { return }
        if Self.isConfiguration(entries) {
            nodes.append(document)
        } else {
            searchValues(document, depth: 0)
            // A mapping of something else is taken as it is: its keys are unknown and warned of.
            if nodes.isEmpty, !Self.isManifest(document) { nodes.append(document) }
        }
    }

    private mutating func searchValues(_ node: YAMLNode, depth: Int) {
        guard depth < 8 else { return }
        if let entries = node.entries, Self.isConfiguration(entries) {
            nodes.append(node)
            return
        }
        for entry in node.entries ?? [] {
            if entry.key.text == "proxy_config", entry.value.entries != nil {
                nodes.append(entry.value)
            } else if entry.value.scalar == nil {
                searchValues(entry.value, depth: depth + 1)
            } else {
                parse(entry.value)
            }
        }
        for item in node.items ?? [] { searchValues(item, depth: depth + 1) }
    }

    /// Reads the text of a scalar as YAML of its own, with marks into the outer file.
    private mutating func parse(_ node: YAMLNode) {
        guard let scalar = node.scalar, scalar.text.holds("model_list:") else { return }
        var stream = YAMLStream(Array(scalar.text.utf8), file: node.mark.file)
        // A block scalar's text begins on the line after its indicator.
        let offset = YAMLOffset(line: node.mark.line, column: indentation(below: node.mark.line))
        stream.shift(by: offset)
        problems += stream.problems
        for document in stream.documents {
            if let entries = document.entries, Self.isConfiguration(entries) {
                nodes.append(document)
            }
        }
    }

    private func indentation(below line: Int32) -> Int32 {
        var number = Int(line) + 1
        while let text = source.line(number) {
            let blanks = text.prefix { $0 == " " }.count
            if blanks < text.count { return Int32(blanks) }
            number += 1
        }
        return 0
    }

    private static func isConfiguration(_ entries: [YAMLEntry]) -> Bool {
        entries.contains { ownKeys.contains($0.key.text) }
    }

    private static let ownKeys: Set<String> = [
        "model_list", "litellm_settings", "router_settings", "general_settings", "credential_list",
        "sidegate", "include",
    ]

    private static func isManifest(_ document: YAMLNode) -> Bool {
        document["apiVersion"] != nil && document["kind"] != nil
    }
}
