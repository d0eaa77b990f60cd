/// The pieces of a line: quotes, comments, anchors, tags, indicators.
extension SecretScanner {
    /// Moves behind the closing quote, or keeps the quote open and hides the rest of the line.
    mutating func closeQuote(_ mark: Unicode.Scalar, from start: Int, isHidden: Bool) {
        if let close = quoteEnd(mark, from: start) {
            index = close + 1
            if isHidden { hide(start..<close, .secret) }
        } else {
            quote = mark
            index = line.count
            hide(start..<line.count, .secret)
        }
    }

    func quoteEnd(_ mark: Unicode.Scalar, from start: Int) -> Int? {
        var end = start
        while end < line.count {
            if line[end] == mark {
                guard mark == "'", end + 1 < line.count, line[end + 1] == "'" else { return end }
                end += 1
            } else if line[end] == "\\", mark == "\"" {
                end += 1
            }
            end += 1
        }
        return nil
    }

    /// The end of a plain scalar of a block; moves there, or to the comment behind it.
    mutating func plainEnd() -> Int {
        while index < line.count, !isComment(index) { index += 1 }
        return index
    }

    /// A comment may hold anything, such as the last key.
    mutating func comment() {
        hide(min(index + 1, line.count)..<line.count, .secret)
        index = line.count
    }

    mutating func skipBlanks() {
        while index < line.count, Self.isBlank(line[index]) { index += 1 }
    }

    /// Anchors and tags, and in braces aliases. What is none of YAML's own tags, and an anchor of
    /// nothing, is a password that begins oddly.
    mutating func skipProperties(_ kind: Kind = .plain) {
        while index < line.count, line[index] == "&" || line[index] == "!" {
            let start = index
            skipWord()
            let end = index
            skipBlanks()
            let isLast = index == line.count || Self.isFlowIndicator(line[index])
            if line[start] == "&" { anchors.insert(SecretMask.text(line[start + 1..<end])) }
            if isLast || line[start..<end].starts(with: "!".unicodeScalars) {
                hideWord(start..<end, kind)
            }
        }
    }

    /// An alias, or the head of a block scalar; hidden if it is another text that begins like one.
    mutating func hideIndicator(_ kind: Kind) {
        let start = index
        skipWord()
        let word = SecretMask.text(line[start + 1..<index])
        let isHead = line[start] != "*" && word.allSatisfy { "+-0123456789".contains($0) }
        if !isHead, !anchors.contains(word) { hideWord(start..<index, kind) }
    }

    private mutating func hideWord(_ range: Range<Int>, _ kind: Kind) {
        let isTag = line[range].starts(with: "!!".unicodeScalars)
        if range.count > 1, !isTag, kind == .secret || kind == .unknown { ranges.append(range) }
    }

    mutating func skipWord() {
        while index < line.count, !Self.isBlank(line[index]) {
            if !flow.isEmpty, Self.isFlowIndicator(line[index]) { return }
            index += 1
        }
    }

    func isComment(_ index: Int) -> Bool {
        index < line.count && line[index] == "#" && (index == 0 || Self.isBlank(line[index - 1]))
    }

    func isDash(_ index: Int) -> Bool { isIndicator("-", index) }
    func isQuestion(_ index: Int) -> Bool { isIndicator("?", index) }
    func isColon(_ index: Int) -> Bool { isIndicator(":", index) }

    private func isIndicator(_ scalar: Unicode.Scalar, _ index: Int) -> Bool {
        index < line.count && line[index] == scalar
            && (index + 1 == line.count || Self.isBlank(line[index + 1]))
    }

    static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
}
