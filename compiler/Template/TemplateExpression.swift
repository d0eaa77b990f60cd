/// What a tag names: a path to a value, or a value itself.
enum TemplateExpression {
    case path(TemplatePath)
    case literal(TemplateValue)
}

/// `a.b.[0]`, `../x`, `this`, `@index`.
struct TemplatePath {
    enum Root {
        /// The context that many levels up.
        case context(up: Int)
        /// The loop that many levels up: `@index`, `@first`, `@last`, `@key`.
        case loop(LoopVariable, up: Int)
        /// `@root`.
        case root
    }
    var root: Root
    var names: [String]
    /// Whether its first name may be that of a block's parameter: not with `this.` or `../`.
    var mayNameParameter: Bool
    /// As it is written.
    var text: String
    /// In bytes of the template.
    var offset: Int
}

/// The variables of `#each`.
enum LoopVariable: String {
    case index
    case key
    case first
    case last
}

/// Reads what stands in a tag, word by word.
struct TemplateWords {
    private let bytes: [UInt8]
    private var index: Int
    private let end: Int

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        index = range.lowerBound
        end = range.upperBound
    }

    /// The next word and where it begins; nil after the last. A word ends at white space that is
    /// not in quotes or brackets.
    mutating func next() -> (text: String, offset: Int)? {
        while index < end, isSpace(bytes[index]) { index += 1 }
        guard index < end else { return nil }
        let start = index
        var quote: UInt8?
        while index < end {
            let byte = bytes[index]
            if let open = quote {
                if byte == UInt8(ascii: "\\"), open != UInt8(ascii: "]") {
                    index += 1
                } else if byte == open {
                    quote = nil
                }
            } else if isSpace(byte) {
                break
            } else if byte == UInt8(ascii: "[") {
                quote = UInt8(ascii: "]")
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            }
            index += 1
        }
        index = min(index, end)
        return (String(decoding: bytes[start..<index], as: UTF8.self), start)
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension TemplateExpression {
    /// Reads a word as a literal or a path.
    init(_ word: String, at offset: Int) throws(TemplateFailure) {
        if let literal = Self.literal(word) {
            self = .literal(literal)
        } else {
            self = .path(try TemplatePath(word, at: offset))
        }
    }

    private static func literal(_ word: String) -> TemplateValue? {
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null", "undefined": return .null
        default: break
        }
        if let quote = word.first, quote == "\"" || quote == "'", word.count > 1, word.last == quote
        {
            return .string(String(word.dropFirst().dropLast()))
        }
        if let number = Double(word), word.utf8.allSatisfy({ "0123456789.-".utf8.contains($0) }) {
            return .plain(word, isZero: number == 0)
        }
        return nil
    }
}

extension TemplatePath {
    /// Reads a path; a word that is none, such as a call in parentheses, is said to be so.
    init(_ word: String, at offset: Int) throws(TemplateFailure) {
        if word.hasPrefix("(") {
            throw TemplateFailure(
                .unsupported("calls in parentheses are not supported", hint: Self.helpersHint),
                at: offset
            )
        }
        if word.contains("=") {
            throw TemplateFailure(
                .unsupported("\(word) is not an argument here", hint: nil),
                at: offset
            )
        }
        var rest = Substring(word)
        text = word
        self.offset = offset
        names = []
        let isData = rest.hasPrefix("@")
        if isData { rest = rest.dropFirst() }
        var up = 0
        while rest == ".." || rest.hasPrefix("../") {
            up += 1
            rest = rest.dropFirst(rest == ".." ? 2 : 3)
        }
        var isOwn = up > 0
        for prefix in ["this", "."] where !isData {
            if rest == prefix || rest.hasPrefix(prefix + "/")
                || rest.hasPrefix(prefix + ".") && prefix != "."
            {
                isOwn = true
                rest = rest.dropFirst(min(rest.count, prefix.count + 1))
            }
        }
        mayNameParameter = !isOwn && !isData
        root = .context(up: up)
        guard let names = Self.split(rest), isOwn || !names.isEmpty else {
            throw TemplateFailure(.syntax("\(word) is not a path", hint: nil), at: offset)
        }
        self.names = names
        if isData { try takeVariable(up) }
    }

    static let helpersHint = "only #each, #if, #unless and #with are known here"

    private mutating func takeVariable(_ up: Int) throws(TemplateFailure) {
        let name = names.removeFirst()
        if name == "root", up == 0 {
            root = .root
        } else if let variable = LoopVariable(rawValue: name) {
            root = .loop(variable, up: up)
        } else {
            throw TemplateFailure(
                .unsupported(
                    "there is no variable \(text)",
                    hint: "@root, @index, @key, @first and @last are known here"
                ),
                at: offset
            )
        }
    }

    /// The names between dots and slashes; nil where one is empty or holds what no name can.
    static func split(_ path: Substring) -> [String]? {
        var names: [String] = []
        var rest = path
        while !rest.isEmpty {
            if rest.first == "[" {
                guard let close = rest.firstIndex(of: "]") else { return nil }
                names.append(String(rest[rest.index(after: rest.startIndex)..<close]))
                rest = rest[rest.index(after: close)...]
            } else {
                let name = rest.prefix { $0 != "." && $0 != "/" }
                guard !name.isEmpty, !name.contains(where: { oddCharacters.contains($0) }),
                    name != "this", name != ".."
                else { return nil }
                names.append(String(name))
                rest = rest[name.endIndex...]
            }
            if rest.isEmpty { return names }
            guard rest.first == "." || rest.first == "/" else { return nil }
            rest = rest.dropFirst()
            if rest.isEmpty { return nil }
        }
        return names
    }

    /// What no name can hold outside of brackets.
    private static let oddCharacters = Set("!\"#%&'()*+,;<=>@[\\]^`{|}~")
}
