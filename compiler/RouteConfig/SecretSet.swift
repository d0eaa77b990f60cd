internal import YAML

/// Texts that must not be shown, recognised wherever they stand again: an anchor can bring a key's
/// text under a name that sounds harmless.
package struct SecretSet: Sendable {
    private var whole: Set<String> = []
    /// The lengths of the texts by their first scalars: keys of one maker begin alike, so that a
    /// search must not try each of them.
    private var lengths: [String: Set<Int>] = [:]
    /// Shorter texts are too likely to be words of something else.
    private static let lengthMin = 8

    /// Without texts.
    package init() {}

    /// Adds a text; short ones, references and placeholders are no secrets.
    package mutating func insert(_ text: String) {
        var text = text
        while text.last?.isWhitespace ?? false { text.removeLast() }
        let scalars = Array(text.unicodeScalars)
        guard scalars.count >= Self.lengthMin, !SecretMask.isHarmless(text),
            !Placeholder.isPlaceholder(text), whole.insert(text).inserted
        else { return }
        lengths[SecretMask.text(scalars[..<Self.lengthMin]), default: []].insert(scalars.count)
    }

    /// Where the texts stand in another one.
    func ranges(in text: [Unicode.Scalar]) -> [Range<Int>] {
        guard !lengths.isEmpty, text.count >= Self.lengthMin else { return [] }
        var ranges: [Range<Int>] = []
        for index in 0...(text.count - Self.lengthMin) {
            let start = SecretMask.text(text[index..<index + Self.lengthMin])
            for length in lengths[start] ?? [] where index + length <= text.count {
                let range = index..<index + length
                if whole.contains(SecretMask.text(text[range])) { ranges.append(range) }
            }
        }
        return ranges
    }
}

extension SecretSet {
    /// Adds what stands under the names of secrets. Plain variables and headers are left out: they
    /// are hidden at their place, and words like `production` stand elsewhere too.
    mutating func collect(_ node: YAMLNode, name: String, isSecret: Bool = false) {
        let isOwn = SecretMask.isPrivate(name) && !SecretMask.isMixedMapping(name)
        let isSecret = isSecret || isOwn
        switch node.content {
        case .mapping(let entries):
            for entry in entries {
                collect(entry.value, name: entry.key.text, isSecret: isSecret)
            }
        case .sequence(let items):
            for item in items { collect(item, name: name, isSecret: isSecret) }
        case .scalar(let scalar):
            if isSecret, case .string(let text) = scalar.value { insert(text) }
        }
    }
}
