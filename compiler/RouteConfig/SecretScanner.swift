internal import RouteTable

/// Follows a configuration line by line, well-formed or not, and finds the values that a quoted
/// line must not show.
///
/// A tree of nodes would be surer, but a file that cannot be parsed has none, and its diagnostics
/// quote lines too. Where the scanner is in doubt it hides.
struct SecretScanner {
    /// What is done with the values at a place.
    enum Kind {
        /// Shown, but for what looks like a secret.
        case plain
        /// As `plain`, and so are the values of keys that nobody knows: names of models.
        case open
        /// Values of a key that nobody knows: hidden, but for numbers.
        case unknown
        case secret
    }

    /// A key of a block mapping around the place whose kind holds for all that is deeper.
    private struct Region {
        let column: Int
        let kind: Kind
        /// Whether its value is a text, in which nothing is a key.
        var isText = false
    }
    private var regions: [Region] = []
    /// Braces or brackets around the place.
    struct Flow {
        let kind: Kind
        let isMapping: Bool
    }
    var flow: [Flow] = []
    /// The kind of the value that a key in braces waits for.
    var pending: Kind?
    /// The names of the anchors so far. Any other alias may be a password that begins with a star.
    var anchors: Set<String> = []
    /// The quote of a scalar that goes on in the next line.
    var quote: Unicode.Scalar?
    /// What names are where nothing around them says otherwise.
    private var kinds: [String: Kind] = [:]
    var line: [Unicode.Scalar] = []
    var index = 0
    var ranges: [Range<Int>] = []

    /// The ranges of the next line to print as `***` because of where they stand.
    mutating func scan(_ text: [Unicode.Scalar]) -> [Range<Int>] {
        (line, index, ranges) = (text, 0, [])
        if let open = quote {
            quote = nil
            closeQuote(open, from: 0, isHidden: true)
            if quote == nil, flow.isEmpty { rest() }
        } else if flow.isEmpty {
            block()
        }
        if quote == nil, !flow.isEmpty { flowLine() }
        return ranges
    }

    // MARK: Lines of block mappings and lists

    private mutating func block() {
        skipBlanks()
        guard index < line.count else { return }
        if index == 0, line.starts(with: "---".unicodeScalars) {
            regions = []
            index = 3
            skipBlanks()
        }
        if isComment(index) { return comment() }
        let column = index
        var isItem = isDash(index)
        while let region = regions.last,
            column < region.column || column == region.column && !isItem
        {
            regions.removeLast()
        }
        while isDash(index) || isQuestion(index) {
            isItem = true
            index += 1
            skipBlanks()
        }
        let around = regions.last?.kind ?? .plain
        if regions.last?.isText ?? false { return hide(index..<line.count, .secret) }
        skipProperties()
        guard let (name, keyColumn) = key() else { return value(around, isBare: !isItem, isItem) }
        hideOddName(keyColumn..<keyColumn + name.unicodeScalars.count, around)
        let kind = kind(of: name, in: around)
        if kind == .secret || kind == .open {
            skipBlanks()
            skipProperties(kind)
            let isText = index < line.count && !["{", "[", "#", "*"].contains(line[index])
            let isSecretText = kind == .secret && isText
            regions.append(Region(column: keyColumn, kind: kind, isText: isSecretText))
        }
        value(kind, isBare: false, false)
    }

    /// The name of a key and its column, with `index` moved behind its colon; nil if none is here.
    private mutating func key() -> (name: String, column: Int)? {
        guard index < line.count else { return nil }
        let start = index
        var end = start
        if line[start] == "\"" || line[start] == "'" {
            guard let close = quoteEnd(line[start], from: start + 1) else { return nil }
            end = close + 1
            while end < line.count, Self.isBlank(line[end]) { end += 1 }
            guard end < line.count, line[end] == ":" else { return nil }
            index = end + 1
            return (SecretMask.text(line[start + 1..<close]), start)
        }
        guard !["{", "[", "|", ">", "*", "@", "`", "%"].contains(line[start]) else { return nil }
        while end < line.count, !isComment(end) {
            if line[end] == ":", end + 1 == line.count || Self.isBlank(line[end + 1]) {
                index = end + 1
                return (SecretMask.text(line[start..<end]), start)
            }
            end += 1
        }
        return nil
    }

    /// - Parameter isBare: Whether the line has neither a key nor a dash: it goes on with a scalar,
    ///   or its colon is missing.
    private mutating func value(_ kind: Kind, isBare: Bool, _ isItem: Bool) {
        skipBlanks()
        skipProperties(kind)
        guard index < line.count else { return }
        if isComment(index) { return comment() }
        switch line[index] {
        case "\"", "'":
            let start = index
            closeQuote(line[index], from: index + 1, isHidden: false)
            if quote == nil { hide(start..<index, isBare ? .secret : kind) }
            if quote == nil { rest() }
        case "{", "[": openFlow(kind)
        case "|", ">", "*":
            hideIndicator(kind)
            rest()
        default: plain(kind, isBare: isBare, isItem)
        }
    }

    private mutating func plain(_ kind: Kind, isBare: Bool, _ isItem: Bool) {
        let start = index
        let end = plainEnd()
        if kind == .secret || kind == .unknown {
            hide(start..<end, kind)
        } else if isBare || isItem && isKnownWord(start..<end) {
            bare(start..<end)
        } else if let equals = line[start..<end].firstIndex(of: "="), isItem {
            hide(equals + 1..<end, .secret)
        } else if let colon = (start..<end).first(where: { isColon($0) }) {
            // A second key where none can be.
            hide(colon + 1..<end, .secret)
        }
        if index < line.count { comment() }
    }

    /// Text without a key: a known word in front may be a key without its colon and is shown.
    private mutating func bare(_ range: Range<Int>) {
        let start = isKnownWord(range) ? wordEnd(range) : range.lowerBound
        hide(start..<range.upperBound, .secret)
    }

    private func wordEnd(_ range: Range<Int>) -> Int {
        line[range].firstIndex { Self.isBlank($0) } ?? range.upperBound
    }

    /// Whether a text begins with a word that is a key, or sounds like a secret's.
    private func isKnownWord(_ range: Range<Int>) -> Bool {
        let end = wordEnd(range)
        let word = SecretMask.text(line[range.lowerBound..<end])
        return end < range.upperBound && (SecretMask.fate(word) != nil || word == "key")
    }

    /// A name of several words is more likely a key without its colon and its value; `NAME=value`
    /// is an item of a list that broke.
    mutating func hideOddName(_ range: Range<Int>, _ kind: Kind) {
        if kind == .open { return }
        let words = line[range].split(whereSeparator: Self.isBlank)
        if words.count > 1 {
            bare(range)
        } else if let equals = line[range].firstIndex(of: "=") {
            hide(equals + 1..<range.upperBound, .secret)
        }
    }

    /// What stands behind a value that has ended: nothing, a comment, or a mistake.
    mutating func rest() {
        skipBlanks()
        guard index < line.count else { return }
        let start = index
        let end = isComment(index) ? start : plainEnd()
        hide(start..<end, .secret)
        if end < line.count { comment() }
        index = line.count
    }

    // MARK: Pieces

    /// What a key's name makes of its value; remembered, since the same few come again and again.
    mutating func kind(of name: String, in around: Kind) -> Kind {
        guard around == .plain else { return Self.found(name, in: around) }
        if let known = kinds[name] { return known }
        let kind = Self.found(name, in: around)
        if kinds.count < 1024 { kinds[name] = kind }
        return kind
    }

    private static func found(_ name: String, in around: Kind) -> Kind {
        // A name of several words may be a key without its colon and another one.
        if around == .secret || name.split(separator: " ").contains(where: SecretMask.isPrivate) {
            return .secret
        }
        if around == .open || modelNames.contains(name) { return .open }
        if name == "<<" || SecretMask.fate(name) != nil || LimitName(rawValue: name) != nil {
            return .plain
        }
        return .unknown
    }

    /// Mappings from names to names of models.
    private static let modelNames: Set<String> = [
        "fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "model_group_alias",
    ]

    /// Hides a value, without the blanks around it, unless it says nothing.
    mutating func hide(_ range: Range<Int>, _ kind: Kind) {
        var range = range
        while let first = range.first, Self.isBlank(line[first]) {
            range = first + 1..<range.upperBound
        }
        while let last = range.last, Self.isBlank(line[last]) {
            range = range.lowerBound..<last
        }
        let value = SecretMask.text(line[range])
        let bare = value.trimming { $0 == "\"" || $0 == "'" }
        if SecretMask.isHarmless(bare) || kind == .plain || kind == .open { return }
        if kind == .unknown, Double(bare) != nil { return }
        ranges.append(range)
    }
}

extension String {
    fileprivate func trimming(_ isOdd: (Character) -> Bool) -> Substring {
        var text = drop(while: isOdd)
        while let last = text.last, isOdd(last) { text.removeLast() }
        return text
    }
}
