internal import JSON

/// Adds up the tokens of JSON values that a scan found well formed.
struct TokenCounter {
    private var weight = 0
    private var whole = 0
    /// Whether the next string is where an image is, or is the image.
    private var isImageNext = false
    /// Whether the next string is where binary data may be.
    private var isDataNext = false

    /// Rounded up.
    var tokens: Int {
        whole + (weight + TokenWeights.one - 1) / TokenWeights.one
    }

    /// LiteLLM's guess for an image whose size is not known (LiteLLM §10.4).
    private static let imageTokens = 250
    private static let messageTokens = 3
    /// Text without white space or punctuation that is longer is no text: base64.
    private static let wordBytesMax = 1024

    /// Adds one value.
    ///
    /// - Parameter isSchema: whether keys are part of what the model reads, as those of tools are.
    mutating func add(_ value: Range<Int>, of body: RawSpan, isSchema: Bool) {
        var depth = 0
        var position = value.lowerBound
        while position < value.upperBound {
            switch body.byte(at: position) {
            case UInt8(ascii: "\""):
                let end = JSONWalker.end(ofValueAt: position, in: body)
                addString(position..<end, of: body, isSchema: isSchema)
                position = end
                continue
            case UInt8(ascii: "{"):
                if depth == 1 { whole += TokenCounter.messageTokens }
                depth += 1
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                // A prompt may be a list of tokens.
                whole += 1
                position = JSONWalker.end(ofValueAt: position, in: body)
                continue
            default: break
            }
            position += 1
        }
    }

    private mutating func addString(_ range: Range<Int>, of body: RawSpan, isSchema: Bool) {
        let text = (range.lowerBound + 1)..<max(range.upperBound - 1, range.lowerBound + 1)
        if isSchema {
            weight += TokenWeights.weight(of: body, text)
            return
        }
        if isKey(endingAt: range.upperBound, body) {
            isImageNext = body.equals(TokenCounter.imageKey, at: text)
            isDataNext = TokenCounter.dataKeys.contains { body.equals($0, at: text) }
            return
        }
        defer {
            isImageNext = false
            isDataNext = false
        }
        if isImageNext || isDataNext && isDataURL(text, body) {
            whole += TokenCounter.imageTokens
        } else if isDataNext {
            addData(text, of: body)
        } else {
            weight += TokenWeights.weight(of: body, text)
        }
    }

    private static let imageKey = Array("image_url".utf8)
    private static let dataScheme = Array("data:".utf8)
    /// What may hold binary data. Everywhere else base64 is text to the model, and so is what only
    /// looks like it.
    private static let dataKeys = ["url", "data", "file_data"].map { Array($0.utf8) }

    private func isKey(endingAt end: Int, _ body: RawSpan) -> Bool {
        var next = end
        while next < body.byteCount, body.byte(at: next) <= 0x20 { next += 1 }
        return next < body.byteCount && body.byte(at: next) == UInt8(ascii: ":")
    }

    private func isDataURL(_ text: Range<Int>, _ body: RawSpan) -> Bool {
        let scheme = text.prefix(TokenCounter.dataScheme.count)
        guard body.equals(TokenCounter.dataScheme, at: scheme) else { return false }
        let head = text.prefix(256)
        return body.firstIndex(of: UInt8(ascii: ","), in: head) < head.upperBound
            && body.firstIndex(of: UInt8(ascii: " "), in: head) == head.upperBound
    }

    /// Looks for base64 from the far end of each stretch, so that in prose, where a space is near,
    /// the search costs next to nothing.
    private mutating func addData(_ text: Range<Int>, of body: RawSpan) {
        var start = text.lowerBound
        var position = start
        while position + TokenCounter.wordBytesMax < text.upperBound {
            var last = position + TokenCounter.wordBytesMax
            while last >= position, TokenCounter.isBase64(body, last) { last -= 1 }
            if last >= position {
                position = last + 1
                continue
            }
            var end = position + TokenCounter.wordBytesMax
            while end < text.upperBound, TokenCounter.isBase64(body, end) { end += 1 }
            weight += TokenWeights.weight(of: body, start..<position)
            whole += TokenCounter.imageTokens
            start = end
            position = end
        }
        weight += TokenWeights.weight(of: body, start..<text.upperBound)
    }

    /// A digit of base64 in either alphabet; a slash may be escaped.
    private static func isBase64(_ body: RawSpan, _ position: Int) -> Bool {
        switch body.byte(at: position) {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
            UInt8(ascii: "="), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        case UInt8(ascii: "\\"): body.byte(at: position + 1) == UInt8(ascii: "/")
        default: false
        }
    }
}
