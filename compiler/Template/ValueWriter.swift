internal import YAML

/// Writes a text's values in the form that their places want, so that a reader of YAML finds
/// exactly them there.
///
/// Only what the template itself says decides about the structure: a value never ends a scalar,
/// begins a comment or adds a line to the document, whatever it holds.
struct ValueWriter {
    let text: TemplateText
    var output: [UInt8] = []
    var runs = SourceRuns()
    private(set) var failures: [TemplateFailure] = []
    private var told: Set<Int> = []

    /// Where the writer stands in the text, and the next value's number.
    var index = 0
    var insertion = 0
    /// Where the line began.
    var lineStart = 0
    /// Brackets and braces around the place.
    private var flowDepth = 0
    /// The column of the innermost key or dash: what belongs to it stands further right.
    private(set) var parentColumn = -1
    /// Where the first token since the last indicator began, which a colon makes a key.
    private var tokenColumn: Int?
    /// Whether a colon right here follows a quoted key or a bracket.
    private var followsJSON = false

    init(_ text: TemplateText) {
        self.text = text
        output.reserveCapacity(text.size)
    }

    var bytes: [UInt8] { text.bytes }
    var inFlow: Bool { flowDepth > 0 }
    var column: Int { index - lineStart }

    /// Writes all of the text.
    mutating func write() {
        while index < bytes.count { writeToken() }
    }

    private mutating func writeToken() {
        let byte = bytes[index]
        let isAfterJSON = followsJSON
        followsJSON = false
        if isBlank(byte) {
            followsJSON = isAfterJSON
            return copy(1)
        }
        switch byte {
        case UInt8(ascii: "\n"): newLine()
        case UInt8(ascii: "\r"): copy(1)
        case UInt8(ascii: "#") where isAfterBlank(index): comment()
        case UInt8(ascii: "%") where column == 0 && !inFlow: property(upTo: isLineEnd)
        case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: "."):
            if !dash() { startPlain() }
        case UInt8(ascii: ":"):
            if isIndicator(index, isAfterJSON: isAfterJSON) { colon() } else { startPlain() }
        case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "]"), UInt8(ascii: "}"),
            UInt8(ascii: ","):
            bracket(byte)
        case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"):
            startToken()
            property(upTo: isPropertyEnd)
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            startToken()
            quoted(byte)
            followsJSON = true
        case UInt8(ascii: "|"), UInt8(ascii: ">"):
            if inFlow { startPlain() } else { block(isFolded: byte == UInt8(ascii: ">")) }
        default: startPlain()
        }
    }

    // MARK: Structure

    private mutating func newLine() {
        copy(1)
        lineStart = index
        tokenColumn = nil
    }

    private mutating func startToken() {
        if tokenColumn == nil { tokenColumn = column }
    }

    private mutating func startPlain() {
        startToken()
        plain()
    }

    /// `- `, `? ` and the marks of documents; false where none is here.
    private mutating func dash() -> Bool {
        guard !inFlow else { return false }
        if column == 0, isDocumentMark(index) {
            parentColumn = -1
            copy(3)
            return true
        }
        guard bytes[index] != UInt8(ascii: "."), isBlankOrEnd(index + 1) else { return false }
        parentColumn = column
        tokenColumn = nil
        copy(1)
        return true
    }

    private mutating func colon() {
        if !inFlow {
            parentColumn = tokenColumn ?? column
            tokenColumn = nil
        }
        copy(1)
    }

    private mutating func bracket(_ byte: UInt8) {
        startToken()
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "{"): flowDepth += 1
        case UInt8(ascii: ","): break
        default:
            flowDepth = max(0, flowDepth - 1)
            followsJSON = true
        }
        copy(1)
    }

    private mutating func comment() {
        while index < bytes.count, !isLineEnd(index) {
            if isValue(index) {
                let shown = nextText.unicodeScalars.map { YAMLText.isPrintable($0) ? $0 : " " }
                emitValue(String(String.UnicodeScalarView(shown)))
            } else {
                copy(1)
            }
        }
    }

    /// An anchor, alias, tag or directive: a value in it must be a name.
    mutating func property(upTo isEnd: (Int) -> Bool) {
        repeat {
            if isValue(index) {
                let name = nextText
                let isName =
                    !name.isEmpty && name.utf8.allSatisfy { Self.nameBytes.contains($0) }
                if !isName {
                    tell("the value is no name, which anchors, tags and headers want", hint: nil)
                }
                emitValue(isName ? name : "")
            } else {
                copy(1)
            }
        } while index < bytes.count && !isEnd(index)
    }

    private static let nameBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8
    )

    // MARK: What stands where

    func isValue(_ place: Int) -> Bool {
        place < bytes.count && bytes[place] == TemplateText.valueByte
    }

    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Whether a line ends here, or the text.
    func isLineEnd(_ place: Int) -> Bool {
        place >= bytes.count || bytes[place] == 0x0A
            || bytes[place] == 0x0D && (place + 1 == bytes.count || bytes[place + 1] == 0x0A)
    }

    func isBlankOrEnd(_ place: Int) -> Bool { isLineEnd(place) || isBlank(bytes[place]) }

    private func isPropertyEnd(_ place: Int) -> Bool {
        isBlankOrEnd(place) || inFlow && isFlowMark(place)
    }

    private func isAfterBlank(_ place: Int) -> Bool {
        place == lineStart || isBlank(bytes[place - 1])
    }

    func isFlowMark(_ place: Int) -> Bool {
        place < bytes.count && ",[]{}".utf8.contains(bytes[place])
    }

    /// Whether the colon here stands between a key and its value.
    func isIndicator(_ place: Int, isAfterJSON: Bool = false) -> Bool {
        isBlankOrEnd(place + 1) || inFlow && (isAfterJSON || isFlowMark(place + 1))
    }

    func isDocumentMark(_ place: Int) -> Bool {
        let rest = bytes[place...]
        return (rest.starts(with: "---".utf8) || rest.starts(with: "...".utf8))
            && isBlankOrEnd(place + 3)
    }

    // MARK: Output

    /// The next value as text.
    var nextText: String { text.insertions[insertion].value.text ?? "" }

    /// The number of a byte that stands for a value, behind `index`.
    func insertions(in range: Range<Int>) -> Range<Int> {
        let count = bytes[range].count { $0 == TemplateText.valueByte }
        return insertion..<insertion + count
    }

    /// Copies bytes of the text that are no values.
    mutating func copy(_ count: Int) {
        let end = index + count
        while index < end {
            let run = text.runs.run(at: index)
            let next = min(end, text.runs.end(of: index, before: end))
            runs.add(
                at: output.count,
                from: text.runs.offset(of: index),
                isVerbatim: run?.isVerbatim ?? false
            )
            output += bytes[index..<next]
            index = next
        }
    }

    /// Writes other bytes in the place of `count` of the text's.
    mutating func emit(_ shown: String, insteadOf count: Int = 0) {
        runs.add(at: output.count, from: text.runs.offset(of: index), isVerbatim: false)
        output += shown.utf8
        index += count
    }

    /// Writes a form of the next value, and steps over it.
    mutating func emitValue(_ shown: String) {
        runs.add(
            at: output.count,
            from: text.insertions[insertion].offset,
            isVerbatim: false
        )
        output += shown.utf8
        index += 1
        insertion += 1
    }

    /// Tells of the next value.
    mutating func tell(_ what: String, hint: String?) {
        let offset = text.insertions[insertion].offset
        guard told.insert(offset).inserted else { return }
        failures.append(TemplateFailure(.misplaced(what, hint: hint), at: offset))
    }
}

extension SourceRuns {
    /// Where the run of a byte ends, or `limit`.
    fileprivate func end(of place: Int, before limit: Int) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].start <= place { low = middle + 1 } else { high = middle }
        }
        return low < runs.count ? min(limit, runs[low].start) : limit
    }
}
