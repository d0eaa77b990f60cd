/// A place in a source file. Lines and columns count from 1; columns count code points.
package struct YAMLMark: Hashable, Sendable {
    /// The number that the caller gave the file.
    package var file: Int32
    package var line: Int32
    package var column: Int32

    /// A place; line and column from 1.
    package init(file: Int32, line: Int32, column: Int32) {
        self.file = file
        self.line = line
        self.column = column
    }
}

/// A node of a document, after aliases and merge keys are resolved.
package struct YAMLNode: Sendable {
    /// What a node is.
    package enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([YAMLEntry])
    }
    /// The scalar, items or entries.
    package var content: Content
    /// Where the node begins; for an aliased node, where it was written.
    package var mark: YAMLMark
    /// Where the node ends, exclusive.
    package var end: YAMLMark

    /// A node between two places.
    package init(_ content: Content, mark: YAMLMark, end: YAMLMark) {
        self.content = content
        self.mark = mark
        self.end = end
    }

    /// The entries of a mapping, or nil.
    package var entries: [YAMLEntry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The items of a sequence, or nil.
    package var items: [YAMLNode]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    /// The scalar, or nil.
    package var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    /// Whether it is the scalar null.
    package var isNull: Bool {
        if case .null? = scalar?.value { true } else { false }
    }

    /// The value of a mapping's key, or nil. Keys are compared as text.
    package subscript(_ key: String) -> YAMLNode? {
        entries?.first { $0.key.text == key }?.value
    }
}

/// One key and its value.
package struct YAMLEntry: Sendable {
    package var key: YAMLScalar
    package var keyMark: YAMLMark
    package var value: YAMLNode

    /// A key at its place, and its value.
    package init(key: YAMLScalar, keyMark: YAMLMark, value: YAMLNode) {
        self.key = key
        self.keyMark = keyMark
        self.value = value
    }
}

/// A scalar: what was written, and what PyYAML's SafeLoader makes of it.
package struct YAMLScalar: Hashable, Sendable {
    /// The text, unescaped.
    package var text: String
    package var value: YAMLValue
    /// Whether it was written without quotes.
    package var isPlain: Bool

    /// A scalar that is resolved already.
    package init(text: String, value: YAMLValue, isPlain: Bool) {
        self.text = text
        self.value = value
        self.isPlain = isPlain
    }
}

/// A scalar's value by YAML 1.1, as PyYAML reads it.
package enum YAMLValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A whole number outside of 64 bits, as decimal digits with an optional `-`.
    case bigInteger(String)
    case float(Double)
    case string(String)
    /// A date, or a date with a time, as written.
    case timestamp(String)
}
