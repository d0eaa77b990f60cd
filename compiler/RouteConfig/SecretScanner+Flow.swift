/// Lines inside of braces and brackets.
extension SecretScanner {
    /// Enters braces or brackets.
    mutating func openFlow(_ kind: Kind) {
        // The keys of a mapping speak for themselves; the items of a list have none.
        flow.append(line[index] == "{" && kind == .unknown ? .plain : kind)
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
            case "{", "[": openFlow(current)
            case "}", "]":
                flow.removeLast()
                pending = nil
                index += 1
            case "&", "!", "*": skipWord()
            case "\"", "'": quotedFlow(scalar)
            default: plainFlow()
            }
        }
        if flow.isEmpty { rest() }
    }

    private var current: Kind { pending ?? flow.last ?? .plain }

    private mutating func skipWord() {
        while index < line.count, !Self.isBlank(line[index]), !Self.isFlowIndicator(line[index]) {
            index += 1
        }
    }

    private mutating func quotedFlow(_ mark: Unicode.Scalar) {
        let start = index
        closeQuote(mark, from: start + 1, isHidden: false)
        guard quote == nil else { return }
        let end = index
        skipBlanks()
        if index < line.count, line[index] == ":" {
            expect(SecretMask.text(line[start + 1..<end - 1]))
        } else {
            hide(start..<end, current)
        }
    }

    private mutating func plainFlow() {
        let start = index
        while index < line.count, !Self.isFlowIndicator(line[index]), !isComment(index) {
            if line[index] == ":", index + 1 == line.count || isFlowEnd(line[index + 1]) {
                return expect(SecretMask.text(line[start..<index]))
            }
            index += 1
        }
        // A word too many is a key without its colon.
        let words = line[start..<index].split(whereSeparator: Self.isBlank)
        if current == .plain || current == .open, words.count > 1 {
            hide(words[1].startIndex..<index, .secret)
        } else {
            hide(start..<index, current)
        }
    }

    /// A key was read. A secret's value ends at a comma, whatever looks like a key before.
    private mutating func expect(_ name: String) {
        pending = Self.kind(of: name, in: current)
        index += 1
    }

    private func isFlowEnd(_ scalar: Unicode.Scalar) -> Bool {
        Self.isBlank(scalar) || Self.isFlowIndicator(scalar)
    }

    private static func isFlowIndicator(_ scalar: Unicode.Scalar) -> Bool {
        [",", "[", "]", "{", "}"].contains(scalar)
    }
}
