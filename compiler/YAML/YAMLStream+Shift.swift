/// How far the marks of an embedded text lie from those of the file around it.
package struct YAMLOffset: Hashable, Sendable {
    package var line: Int32
    package var column: Int32

    package init(line: Int32, column: Int32) {
        self.line = line
        self.column = column
    }
}

extension YAMLStream {
    /// Moves every mark.
    package mutating func shift(by offset: YAMLOffset) {
        for index in documents.indices { documents[index].shift(by: offset) }
        for index in problems.indices {
            problems[index].mark.shift(by: offset)
            if case .duplicateKey(let key, var first) = problems[index].kind {
                first.shift(by: offset)
                problems[index].kind = .duplicateKey(key, first: first)
            }
        }
    }
}

extension YAMLNode {
    fileprivate mutating func shift(by offset: YAMLOffset) {
        mark.shift(by: offset)
        end.shift(by: offset)
        switch content {
        case .scalar: break
        case .sequence(var items):
            for index in items.indices { items[index].shift(by: offset) }
            content = .sequence(items)
        case .mapping(var entries):
            for index in entries.indices {
                entries[index].keyMark.shift(by: offset)
                entries[index].value.shift(by: offset)
            }
            content = .mapping(entries)
        }
    }
}

extension YAMLMark {
    fileprivate mutating func shift(by offset: YAMLOffset) {
        line += offset.line
        column += offset.column
    }
}
