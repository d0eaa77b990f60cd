internal import JSON

/// One value of a control field, in a document whose form is known: a JSON value, or the bare text
/// of a form's field or a header, which says the same with fewer quotes.
struct ControlValue {
    /// What to blame.
    let name: String
    /// In the document.
    let range: Range<Int>
    /// Nil for a bare text.
    let kind: JSONKind?

    /// A JSON value.
    init(_ name: String, range: Range<Int>, kind: JSONKind) {
        self.name = name
        self.range = range
        self.kind = kind
    }

    /// A bare text.
    init(_ name: String, text: Range<Int>) {
        self.name = name
        range = text
        kind = nil
    }

    /// A string's or a bare text's characters; nil for everything else.
    func text(_ document: RawSpan) -> String? {
        switch kind {
        case nil: String(decoding: document.array(range), as: UTF8.self)
        case .string: JSONScalars.string(of: document, at: range)
        default: nil
        }
    }

    /// A whole number from 0 on, also as a text.
    func count(_ document: RawSpan, max: Int) throws(OpenAIError) -> Int {
        guard let number = number(document), let count = Int(exactly: number),
            (0...max).contains(count)
        else { throw wrong("a whole number from 0 to \(max)") }
        return count
    }

    /// Seconds as milliseconds, also as a text; nil for 0.
    func milliseconds(_ document: RawSpan) throws(OpenAIError) -> Int? {
        guard let seconds = number(document), seconds >= 0, seconds <= RequestControls.secondsMax
        else { throw wrong("a number of seconds from 0 to \(Int(RequestControls.secondsMax))") }
        return seconds == 0 ? nil : Int((seconds * 1000).rounded(.up))
    }

    /// A yes or no, also as a text.
    func flag(_ document: RawSpan) throws(OpenAIError) -> Bool {
        if kind == .true { return true }
        if kind == .false { return false }
        switch text(document)?.lowercased() {
        case "true": return true
        case "false": return false
        default: throw wrong("true or false")
        }
    }

    /// A list of at most `max` strings that are not empty, of at most `bytesMax` bytes.
    func names(_ document: RawSpan, max: Int, bytesMax: Int) throws(OpenAIError) -> [String] {
        let wanted = "a list of at most \(max) names of at most \(bytesMax) bytes"
        guard let names = strings(document, max: max),
            names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= bytesMax })
        else { throw wrong(wanted) }
        return names
    }

    /// The elements of a list of strings; nil when it is none, or longer than `max`.
    func strings(_ document: RawSpan, max: Int) -> [String]? {
        guard kind == .array, var walker = JSONWalker(document, at: range.lowerBound) else {
            return nil
        }
        var strings: [String] = []
        while let element = walker.next(document) {
            guard strings.count < max, let text = element.control(name, document).text(document)
            else { return nil }
            strings.append(text)
        }
        return strings
    }

    func wrong(_ wanted: String) -> OpenAIError { .invalidControl(name, wanted: wanted) }

    private func number(_ document: RawSpan) -> Double? {
        let number =
            kind == .number
            ? JSONScalars.double(of: document, at: range) : text(document).flatMap(Double.init)
        return number.flatMap { $0.isFinite ? $0 : nil }
    }
}

extension JSONWalker.Child {
    /// The value as one of a control field.
    func control(_ name: String, _ document: RawSpan) -> ControlValue {
        let kind = JSONWalker.kind(document, at: value.lowerBound) ?? .null
        return ControlValue(name, range: value, kind: kind)
    }
}
