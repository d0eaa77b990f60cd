/// Cuts a template into texts and tags, as Handlebars' lexer does.
struct TemplateLexer {
    private let bytes: [UInt8]
    private var index: Int
    private(set) var tokens: [TemplateToken] = []

    private static let openBrace = UInt8(ascii: "{")
    private static let closeBrace = UInt8(ascii: "}")
    private static let backslash = UInt8(ascii: "\\")
    private static let tilde = UInt8(ascii: "~")

    /// The tokens of a template, whose white space is not stripped yet.
    static func tokens(
        of bytes: [UInt8],
        limits: TemplateLimits
    ) throws(TemplateFailure) -> [TemplateToken] {
        var lexer = TemplateLexer(bytes)
        try lexer.run(piecesMax: limits.piecesMax)
        return lexer.tokens
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    private mutating func run(piecesMax: Int) throws(TemplateFailure) {
        while index < bytes.count {
            guard tokens.count < piecesMax else {
                throw TemplateFailure(
                    .limit("more than \(piecesMax) tags and texts between them"),
                    at: index
                )
            }
            let start = index
            let brace = nextOpening(from: start)
            guard brace < bytes.count else { return content(start..<bytes.count) }
            if brace > start, bytes[brace - 1] == Self.backslash {
                if brace > start + 1, bytes[brace - 2] == Self.backslash {
                    // Two of them are one, and the tag is a tag.
                    content(start..<brace - 1)
                } else {
                    content(start..<brace - 1)
                    literal(from: brace)
                    continue
                }
            } else {
                content(start..<brace)
            }
            index = brace
            try tag()
        }
    }

    /// An escaped tag is text, up to the next one.
    private mutating func literal(from brace: Int) {
        var end = nextOpening(from: brace + 2)
        // Backslashes in front of the next tag belong to it.
        if end < bytes.count {
            var slashes = 0
            while slashes < 2, bytes[end - 1] == Self.backslash, end - 1 >= brace + 2 {
                end -= 1
                slashes += 1
            }
        }
        content(brace..<end)
        index = end
    }

    private func nextOpening(from start: Int) -> Int {
        var place = start
        while place + 1 < bytes.count {
            if bytes[place] == Self.openBrace, bytes[place + 1] == Self.openBrace { return place }
            place += 1
        }
        return bytes.count
    }

    private mutating func content(_ range: Range<Int>) {
        if !range.isEmpty { tokens.append(TemplateToken(kind: .content, range: range)) }
        index = range.upperBound
    }

    // MARK: Tags

    private mutating func tag() throws(TemplateFailure) {
        let start = index
        if has("{{{{", at: start) {
            throw unsupported("raw blocks {{{{…}}}} are not supported", start)
        }
        var inside = start + 2
        var token = TemplateToken(kind: .content, range: start..<start)
        if byte(inside) == Self.tilde {
            token.stripsBefore = true
            inside += 1
        }
        switch byte(inside) {
        case UInt8(ascii: "!"): try comment(start, inside, token.stripsBefore)
        case Self.openBrace:
            try finish(start, inside + 1, "}", .output(isRaw: true), token.stripsBefore)
        case UInt8(ascii: "&"):
            try finish(start, inside + 1, "", .output(isRaw: true), token.stripsBefore)
        case UInt8(ascii: "#"):
            if let mark = byte(inside + 1), mark == UInt8(ascii: ">") || mark == UInt8(ascii: "*") {
                throw unsupported("partials and decorators are not supported", start)
            }
            try finish(start, inside + 1, "", .open(isInverse: false), token.stripsBefore)
        case UInt8(ascii: "/"): try finish(start, inside + 1, "", .close, token.stripsBefore)
        case UInt8(ascii: "^"):
            let isBare = [Self.tilde, Self.closeBrace].contains(byte(skippingBlanks(inside + 1)))
            let kind = isBare ? TemplateToken.Kind.otherwise : .open(isInverse: true)
            try finish(start, inside + 1, "", kind, token.stripsBefore)
        case UInt8(ascii: ">"), UInt8(ascii: "*"):
            throw unsupported("partials and decorators are not supported", start)
        default: try plainTag(start, inside, token.stripsBefore)
        }
    }

    /// `{{x}}` or `{{else …}}`.
    private mutating func plainTag(
        _ start: Int,
        _ inside: Int,
        _ stripsBefore: Bool
    ) throws(TemplateFailure) {
        let word = skippingBlanks(inside)
        if has("else", at: word),
            [nil, Self.tilde, Self.closeBrace].contains(byte(word + 4))
                || isBlank(word + 4)
        {
            return try finish(start, word + 4, "", .otherwise, stripsBefore)
        }
        try finish(start, inside, "", .output(isRaw: false), stripsBefore)
    }

    private mutating func comment(
        _ start: Int,
        _ inside: Int,
        _ stripsBefore: Bool
    ) throws(TemplateFailure) {
        var place = inside + 1
        let isLong = has("--", at: place)
        if isLong { place += 2 }
        while place < bytes.count {
            if isLong, has("--", at: place) {
                let close = byte(place + 2) == Self.tilde ? place + 3 : place + 2
                if has("}}", at: close) {
                    return add(.comment, start..<close + 2, 0..<0, stripsBefore, close > place + 2)
                }
            } else if !isLong, has("}}", at: place) {
                let strips = place > inside + 1 && bytes[place - 1] == Self.tilde
                return add(.comment, start..<place + 2, 0..<0, stripsBefore, strips)
            }
            place += 1
        }
        throw TemplateFailure(.syntax("this comment has no end", hint: nil), at: start)
    }

    /// Finds the end of a tag, past texts in quotes and names in brackets.
    private mutating func finish(
        _ start: Int,
        _ inside: Int,
        _ brace: String,
        _ kind: TemplateToken.Kind,
        _ stripsBefore: Bool
    ) throws(TemplateFailure) {
        var place = inside
        var quote: UInt8?
        while place < bytes.count {
            let here = bytes[place]
            if let open = quote {
                if here == Self.backslash { place += 1 } else if here == open { quote = nil }
            } else if here == UInt8(ascii: "\"") || here == UInt8(ascii: "'") {
                quote = here
            } else if here == UInt8(ascii: "[") {
                quote = UInt8(ascii: "]")
            } else if has("{{", at: place) {
                break
            } else if has(brace + "}}", at: place) || has(brace + "~}}", at: place) {
                let close = place + brace.utf8.count
                let strips = bytes[close] == Self.tilde
                let end = close + (strips ? 3 : 2)
                return add(kind, start..<end, inside..<place, stripsBefore, strips)
            }
            place += 1
        }
        let hint = "it wants \(brace)}} at its end"
        throw TemplateFailure(.syntax("this tag has no end", hint: hint), at: start)
    }

    private mutating func add(
        _ kind: TemplateToken.Kind,
        _ range: Range<Int>,
        _ inner: Range<Int>,
        _ stripsBefore: Bool,
        _ stripsAfter: Bool
    ) {
        tokens.append(
            TemplateToken(
                kind: kind,
                range: range,
                inner: inner,
                stripsBefore: stripsBefore,
                stripsAfter: stripsAfter
            )
        )
        index = range.upperBound
    }

    // MARK: Pieces

    private func byte(_ place: Int) -> UInt8? { place < bytes.count ? bytes[place] : nil }

    private func has(_ text: String, at place: Int) -> Bool {
        bytes[min(place, bytes.count)...].starts(with: text.utf8)
    }

    private func isBlank(_ place: Int) -> Bool {
        byte(place).map { $0 == 0x20 || (0x09...0x0D).contains($0) } ?? false
    }

    private func skippingBlanks(_ place: Int) -> Int {
        var place = place
        while isBlank(place) { place += 1 }
        return place
    }

    private func unsupported(_ what: String, _ offset: Int) -> TemplateFailure {
        TemplateFailure(.unsupported(what, hint: nil), at: offset)
    }
}
