/// Makes nodes of a template's tokens. It goes on after a tag that it cannot take, so that all of
/// them are told of; only blocks that do not fit together end it.
struct TemplateParser {
    private let bytes: [UInt8]
    private let tokens: [TemplateToken]
    private let limits: TemplateLimits
    private var index = 0
    private var depth = 0
    private(set) var failures: [TemplateFailure] = []

    init(_ bytes: [UInt8], tokens: [TemplateToken], limits: TemplateLimits) {
        self.bytes = bytes
        self.tokens = tokens
        self.limits = limits
    }

    /// All nodes of the template.
    mutating func parse() throws(TemplateFailure) -> [TemplateNode] {
        let nodes = try nodes()
        guard index < tokens.count else { return nodes }
        let token = tokens[index]
        let what = token.kind == .close ? "this closes no block" : "this {{else}} is in no block"
        throw TemplateFailure(.syntax(what, hint: nil), at: token.range.lowerBound)
    }

    /// Nodes up to the end of the block around them.
    private mutating func nodes() throws(TemplateFailure) -> [TemplateNode] {
        var nodes: [TemplateNode] = []
        while index < tokens.count {
            let token = tokens[index]
            switch token.kind {
            case .content:
                if !token.range.isEmpty { nodes.append(.text(token.range)) }
            case .comment: break
            case .output(let isRaw):
                do throws(TemplateFailure) {
                    nodes.append(try output(token, isRaw: isRaw))
                } catch {
                    failures.append(error)
                }
            case .open(let isInverse):
                index += 1
                if let block = try block(token, isInverse: isInverse) {
                    nodes.append(.block(block))
                }
                continue
            case .otherwise, .close: return nodes
            }
            index += 1
        }
        return nodes
    }

    private func output(
        _ token: TemplateToken,
        isRaw: Bool
    ) throws(TemplateFailure) -> TemplateNode {
        var words = TemplateWords(bytes, in: token.inner)
        let offset = token.range.lowerBound
        guard let (word, place) = words.next() else {
            throw TemplateFailure(.syntax("this tag names nothing", hint: nil), at: offset)
        }
        guard words.next() == nil else {
            throw TemplateFailure(
                .unsupported("there is no helper \(word)", hint: TemplatePath.helpersHint),
                at: offset
            )
        }
        guard case .path(let path) = try TemplateExpression(word, at: place) else {
            throw TemplateFailure(
                .syntax("\(word) is not a path", hint: "write it as text"),
                at: place
            )
        }
        return .output(path, isRaw: isRaw, offset: offset)
    }

    // MARK: Blocks

    /// The block that a tag opens, to its end; nil for one that is told of and left out.
    private mutating func block(
        _ token: TemplateToken,
        isInverse: Bool
    ) throws(TemplateFailure) -> TemplateBlock? {
        let offset = token.range.lowerBound
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.depthMax else {
            throw TemplateFailure(
                .limit("blocks are nested deeper than \(limits.depthMax)"),
                at: offset
            )
        }
        let (name, head) = head(token.inner, offset, isInverse: isInverse)
        let body = try nodes()
        var block = head
        block?.body = body
        let otherwise = try otherwise(of: name, openedAt: offset)
        if isInverse {
            // `{{^if x}}a{{else}}b{{/if}}`: the two bodies change places.
            block?.body = otherwise ?? []
            block?.otherwise = body
        } else {
            block?.otherwise = otherwise
        }
        return block
    }

    /// What stands between `{{else}}` and the block's end, or nil without one; takes that end.
    private mutating func otherwise(
        of name: String,
        openedAt offset: Int
    ) throws(TemplateFailure) -> [TemplateNode]? {
        guard index < tokens.count else {
            throw TemplateFailure(
                .syntax("this block has no end", hint: "it wants {{/\(name)}}"),
                at: offset
            )
        }
        let token = tokens[index]
        if token.kind == .close {
            try close(token, name)
            return nil
        }
        index += 1
        var words = TemplateWords(bytes, in: token.inner)
        if words.next() != nil {
            return try chained(token, name, openedAt: offset)
        }
        let nodes = try nodes()
        guard index < tokens.count else { return try otherwise(of: name, openedAt: offset) }
        guard tokens[index].kind == .close else {
            let hint = "the first {{else}} without a condition is the last one"
            throw TemplateFailure(
                .syntax("a second {{else}}", hint: hint),
                at: tokens[index].range.lowerBound
            )
        }
        try close(tokens[index], name)
        return nodes
    }

    /// `{{else if x}}`: a block of its own, which ends where the one around it does.
    private mutating func chained(
        _ token: TemplateToken,
        _ name: String,
        openedAt offset: Int
    ) throws(TemplateFailure) -> [TemplateNode] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.depthMax else {
            throw TemplateFailure(
                .limit("more than \(limits.depthMax) blocks in one another"),
                at: token.range.lowerBound
            )
        }
        let (_, head) = head(token.inner, token.range.lowerBound, isInverse: false)
        let body = try nodes()
        let rest = try otherwise(of: name, openedAt: offset)
        guard var block = head else { return [] }
        block.body = body
        block.otherwise = rest
        return [.block(block)]
    }

    private mutating func close(_ token: TemplateToken, _ name: String) throws(TemplateFailure) {
        var words = TemplateWords(bytes, in: token.inner)
        let word = words.next()?.text ?? ""
        guard word == name, words.next() == nil else {
            throw TemplateFailure(
                .syntax("{{/\(word)}} does not close {{#\(name)}}", hint: nil),
                at: token.range.lowerBound
            )
        }
        index += 1
    }

    /// The name that a block is opened with, and the block without its bodies; nil, and told of,
    /// where it is none that is known.
    private mutating func head(
        _ inner: Range<Int>,
        _ offset: Int,
        isInverse: Bool
    ) -> (name: String, block: TemplateBlock?) {
        var words = TemplateWords(bytes, in: inner)
        let name = words.next()?.text ?? ""
        do throws(TemplateFailure) {
            return (name, try block(named: name, &words, offset))
        } catch {
            failures.append(error)
            return (name, nil)
        }
    }

    private func block(
        named name: String,
        _ words: inout TemplateWords,
        _ offset: Int
    ) throws(TemplateFailure) -> TemplateBlock {
        guard let kind = TemplateBlock.Kind(rawValue: name) else {
            throw TemplateFailure(
                .unsupported("there is no block helper \(name)", hint: TemplatePath.helpersHint),
                at: offset
            )
        }
        guard let (word, place) = words.next() else {
            throw TemplateFailure(.syntax("#\(name) takes a path", hint: nil), at: offset)
        }
        let argument = try TemplateExpression(word, at: place)
        let parameters = try parameters(&words, of: kind)
        return TemplateBlock(
            kind: kind,
            argument: argument,
            parameters: parameters,
            body: [],
            otherwise: nil,
            offset: offset
        )
    }

    /// `as |item index|`, or nothing.
    private func parameters(
        _ words: inout TemplateWords,
        of kind: TemplateBlock.Kind
    ) throws(TemplateFailure) -> [String] {
        guard let (word, place) = words.next() else { return [] }
        guard word == "as", kind == .each || kind == .with else {
            // What another helper would be given is named by its sign.
            _ = try TemplatePath(word, at: place)
            throw TemplateFailure(
                .syntax("#\(kind.rawValue) takes one path", hint: nil),
                at: place
            )
        }
        var text = ""
        while let (word, _) = words.next() { text += " " + word }
        let names = text.split(whereSeparator: { $0 == " " || $0 == "|" }).map(String.init)
        let most = kind == .each ? 2 : 1
        guard text.hasPrefix(" |"), text.hasSuffix("|"), (1...most).contains(names.count) else {
            let form = kind == .each ? "as |item index|" : "as |name|"
            throw TemplateFailure(
                .syntax("#\(kind.rawValue) takes names as in \(form)", hint: nil),
                at: place
            )
        }
        return names
    }
}
