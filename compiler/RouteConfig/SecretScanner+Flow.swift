/// Lines inside of braces and brackets.
extension SecretScanner {
    /// Enters braces or brackets.
    mutating func openFlow(_ kind: Kind) {
        // The keys of a mapping speak for themselves; the items of a list have none.
        let isMapping = line[index] == "{"
        flow.append(Flow(kind: isMapping && kind == .unknown ? .plain : kind, isMapping: isMapping))
        pending = nil
        index += 1
    }

    /// The line from `index` on, as far as the braces reach.
    mutating func flowLine() {
        while index < line.count, !flow.isEmpty {
            let scalar = line[index]
            if isComment(index) { return comment() }
            switch scalar {
            case " ", "\t", ":": index += 1
            case ",":
                pending = nil
                index += 1
            case "{", "[": openFlow(pending ?? around)
            case "}", "]":
                flow.removeLast()
                pending = nil
                index += 1
            case "&", "!": skipProperties(current)
            case "*": hideIndicator(current)
            case "\"", "'": quotedFlow(scalar)
            default: plainFlow()
            }
        }
        if flow.isEmpty { rest() }
    }

    /// What a value here would be.
    private var current: Kind {
        if let pending { return pending }
        // A value without a key, where each has one: something is missing before it.
        return flow.last.map { $0.isMapping ? .secret : $0.kind } ?? .plain
    }

    /// What keys here stand in. A secret's value ends at a comma, whatever looks like a key before.
    private var around: Kind {
        if pending == .secret { return .secret }
        return flow.last?.kind ?? .plain
    }

    private mutating func quotedFlow(_ mark: Unicode.Scalar) {
        let start = index
        closeQuote(mark, from: start + 1, isHidden: false)
        guard quote == nil else { return }
        let end = index
        skipBlanks()
        if index < line.count, line[index] == ":" {
            expect(start + 1..<end - 1)
        } else {
            hide(start..<end, current)
        }
    }

    private mutating func plainFlow() {
        let start = index
        while index < line.count, !Self.isFlowIndicator(line[index]), !isComment(index) {
            if line[index] == ":", index + 1 == line.count || isFlowEnd(line[index + 1]) {
                return expect(start..<index)
            }
            index += 1
        }
        // A word too many is a key without its colon.
        let words = line[start..<index].split(whereSeparator: Self.isBlank)
        if current == .plain, words.count > 1 {
            hide(words[1].startIndex..<index, .secret)
        } else {
            hide(start..<index, current)
        }
    }

    /// A key was read, and its colon is here.
    private mutating func expect(_ range: Range<Int>) {
        hideOddName(range, around)
        pending = kind(of: SecretMask.text(line[range]), in: around)
        index += 1
    }

    private func isFlowEnd(_ scalar: Unicode.Scalar) -> Bool {
        Self.isBlank(scalar) || Self.isFlowIndicator(scalar)
    }

    static func isFlowIndicator(_ scalar: Unicode.Scalar) -> Bool {
        [",", "[", "]", "{", "}"].contains(scalar)
    }
}
