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
    mutating func collect(_ root: [YAMLEntry]) {
        var names = SecretNames()
        for entry in root {
            collect(entry.value, isSecret: names.isSecret(entry.key.text), &names)
        }
    }

    private mutating func collect(
        _ node: YAMLNode,
        isSecret: Bool,
        _ names: inout SecretNames
    ) {
        switch node.content {
        case .mapping(let entries):
            for entry in entries {
                let isOwn = isSecret || names.isSecret(entry.key.text)
                collect(entry.value, isSecret: isOwn, &names)
            }
        case .sequence(let items):
            for item in items { collect(item, isSecret: isSecret, &names) }
        case .scalar(let scalar):
            if isSecret, case .string(let text) = scalar.value { insert(text) }
        }
    }
}

/// Whether names are those of secrets, remembered: a file has few names, many times.
private struct SecretNames {
    private var known: [String: Bool] = [:]
    private static let knownMax = 4096

    mutating func isSecret(_ name: String) -> Bool {
        if let known = known[name] { return known }
        let isSecret = SecretMask.isPrivate(name) && !SecretMask.isMixedMapping(name)
        if known.count < Self.knownMax { known[name] = isSecret }
        return isSecret
    }
}
