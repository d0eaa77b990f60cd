/// What is wrong with a stream of YAML, and where.
package struct YAMLProblem: Hashable, Sendable {
    /// What is wrong; a closed set, so that codes and texts follow from it.
    package enum Kind: Hashable, Sendable {
        /// libyaml's message; `context` is what it was doing.
        case syntax(message: String, context: String)
        /// A byte sequence that is not text.
        case encoding(message: String)
        /// The same key twice in one mapping; the last one wins.
        case duplicateKey(String, first: YAMLMark)
        case unknownAlias(String)
        /// An alias inside the node that it names.
        case recursiveAlias(String)
        /// `<<` with something else than a mapping or a list of mappings.
        case badMerge
        /// A mapping or sequence as key.
        case badKey
        /// A tag that PyYAML's SafeLoader does not know, or whose value does not fit it.
        case badTag(String)
        case tooLarge(bytesMax: Int)
        case tooDeep(depthMax: Int)
        /// More nodes than allowed once aliases are expanded.
        case tooManyNodes(nodesMax: Int)
        /// More keys in one mapping than allowed.
        case tooManyKeys(keysMax: Int)
        case tooManyDocuments(documentsMax: Int)
    }
    /// What is wrong.
    package var kind: Kind
    package var mark: YAMLMark

    /// Whether the stream can be used nevertheless.
    package var isWarning: Bool {
        if case .duplicateKey = kind { true } else { false }
    }
}

/// The limits of a stream; what is beyond gives a problem, never a crash.
package struct YAMLLimits: Hashable, Sendable {
    package var bytesMax = 64 << 20
    package var depthMax = 128
    /// Counted with every alias expanded.
    package var nodesMax = 4_000_000
    /// The nodes that a text of any length may have. Each eight bytes allow one more that is
    /// written, and each two one more that an alias stands for: a configuration has some twelve
    /// bytes a node, and what has far more is meant to fill the memory.
    package var nodesAlways = 200_000
    /// In one mapping.
    package var keysMax = 100_000
    package var documentsMax = 10_000

    /// The defaults.
    package init() {}

    /// How many nodes a text of so many bytes may have, those of aliases left out.
    func writtenNodesMax(byteCount: Int) -> Int { min(nodesMax, nodesAlways + byteCount / 8) }

    /// How many nodes a text of so many bytes may have.
    func nodesMax(byteCount: Int) -> Int { min(nodesMax, nodesAlways + byteCount / 2) }
}
