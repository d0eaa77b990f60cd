internal import YAML

/// An entry of `model_list`, and the lines that it stands on.
struct ModelListItem {
    let node: YAMLNode
    /// From the line of its dash to its last line that is no comment.
    let lines: Range<Int>
    /// The same with comments behind, which are still indented as it is.
    let region: Range<Int>
    /// How many blanks stand before its dash.
    let margin: Int

    /// Finds the lines of an entry; nil where it has none of its own.
    init?(_ node: YAMLNode, in text: [String]) {
        let line = Int(node.mark.line) - 1
        guard text.indices.contains(line) else { return nil }
        var start = line
        var before = text[line].unicodeScalars.prefix(Int(node.mark.column) - 1)
        // The dash may stand on a line before.
        while before.allSatisfy(Self.isBlank), start > 0 {
            start -= 1
            before = text[start].unicodeScalars[...]
        }
        let blanks = before.prefix { $0 == " " }.count
        let rest = before.dropFirst(blanks)
        let comment = rest.dropFirst().drop(while: Self.isBlank)
        guard rest.first == "-", comment.isEmpty || comment.first == "#" else { return nil }
        var end = start + 1
        var last = end
        var lastText = end
        while end < text.count {
            let scalars = text[end].unicodeScalars
            let indentation = scalars.prefix { $0 == " " }.count
            let isEmpty = scalars.allSatisfy(Self.isBlank)
            guard isEmpty || indentation > blanks else { break }
            end += 1
            if isEmpty { continue }
            last = end
            if scalars.dropFirst(indentation).first != "#" { lastText = end }
        }
        self.node = node
        lines = start..<lastText
        region = start..<last
        margin = blanks
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r"
    }

    var id: String { Self.id(node) }
    var isOwn: Bool { Self.isOwn(node) }

    /// Whether an entry is one that a search has made.
    static func isOwn(_ node: YAMLNode) -> Bool { id(node).hasPrefix(DiscoveredModel.idPrefix) }

    private static func id(_ node: YAMLNode) -> String { text(node, "model_info", "id") ?? "" }

    private static func text(_ node: YAMLNode, _ section: String, _ key: String) -> String? {
        node[section]?[key]?.scalar?.text
    }

    private var base: String? {
        guard
            var base = Self.text(node, "litellm_params", "api_base")
                ?? Self.text(node, "litellm_params", "base_url")
        else { return nil }
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }

    private var model: String { Self.text(node, "litellm_params", "model") ?? "" }

    /// Whether a source is the one that has it.
    func isOf(_ source: ModelListFile.Source) -> Bool {
        switch source {
        case .server(let address): base == address.base
        case .bedrock: base == nil && model.hasPrefix("bedrock/")
        }
    }

    /// Whether it leads to the same model at the same place, under whatever name.
    func serves(_ found: DiscoveredModel) -> Bool {
        let region = Self.text(node, "litellm_params", "aws_region_name")
        if found.apiBase == nil { return model == found.model && region == found.region }
        let upstream = found.model.drop { $0 != "/" }.dropFirst()
        let isModel = ["hosted_vllm/", "openai/", "vllm/"].contains { model == $0 + upstream }
        return base == found.apiBase && isModel
    }
}
