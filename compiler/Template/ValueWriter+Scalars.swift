internal import YAML

/// Values in plain and quoted scalars. A scalar is read to its end before it is written: a value in
/// it may want other quotes than the template has, or quotes where it has none.
extension ValueWriter {
    /// From here to the end of a plain scalar.
    mutating func plain() {
        let (end, isMultiline) = plainEnd()
        let range = index..<end
        let values = insertions(in: range)
        let inserted = text.insertions[values].map(\.value)
        guard !inserted.isEmpty else { return copyScalar(range) }
        if range.count == 1 { return whole(inserted[0]) }
        let isText = inserted.contains { if case .string = $0 { true } else { false } }
        if !isText || isPlain(range, inserted, isMultiline: isMultiline) {
            while index < end {
                if isValue(index) { emitValue(nextText) } else { copyScalar(index..<index + 1) }
            }
        } else {
            doubleQuote(range, isMultiline: isMultiline, from: .plain)
        }
    }

    /// A scalar that is nothing but one value keeps the value's type.
    private mutating func whole(_ value: TemplateValue) {
        switch value {
        case .null: emitValue("null")
        case .string(let text): emitValue(YAMLText.scalar(text, inFlow: inFlow))
        default: emitValue(nextText)
        }
    }

    /// Whether a scalar is read as its text when its values are put in as they are.
    private func isPlain(
        _ range: Range<Int>,
        _ inserted: [TemplateValue],
        isMultiline: Bool
    ) -> Bool {
        var values = inserted[...].compactMap(\.text)[...]
        var joined: [UInt8] = []
        for byte in bytes[range] {
            if byte != TemplateText.valueByte {
                joined.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte)
            } else if let value = values.popFirst() {
                // A line end beside a blank would swallow it.
                if isMultiline, value.isEmpty || value.hasPrefix(" ") || value.hasSuffix(" ") {
                    return false
                }
                joined += value.utf8
            }
        }
        return YAMLText.isPlain(String(decoding: joined, as: UTF8.self), inFlow: inFlow)
    }

    /// The place behind a plain scalar's last character, and whether it goes over several lines.
    private func plainEnd() -> (end: Int, isMultiline: Bool) {
        var place = index
        var end = index + 1
        scan: while place < bytes.count {
            if isLineEnd(place) {
                guard let next = continuation(behind: place) else { break }
                place = next
                continue
            }
            let byte = bytes[place]
            switch byte {
            case 0x20, 0x09:
                place += 1
                continue
            case UInt8(ascii: "#") where place > index && isBlank(bytes[place - 1]): break scan
            case UInt8(ascii: ":") where place > index && isIndicator(place): break scan
            default: if place > index, inFlow, isFlowMark(place) { break scan }
            }
            place += 1
            end = place
        }
        return (end, bytes[index..<end].contains(0x0A))
    }

    /// Where a plain scalar goes on behind the end of a line, if it does.
    private func continuation(behind lineEnd: Int) -> Int? {
        var place = lineEnd
        var start = lineEnd
        while place < bytes.count {
            switch bytes[place] {
            case 0x0A: start = place + 1
            case 0x20, 0x09, 0x0D: break
            default:
                if bytes[place] == UInt8(ascii: "#") { return nil }
                if inFlow { return place }
                let isDeeper = place - start > parentColumn
                return isDeeper && !(place == start && isDocumentMark(place)) ? place : nil
            }
            place += 1
        }
        return nil
    }

    /// Copies a range from here on, and keeps count of the lines.
    mutating func copyScalar(_ range: Range<Int>) {
        copy(range.count)
        if let last = bytes[range].lastIndex(of: 0x0A) { lineStart = last + 1 }
    }

    // MARK: Quotes

    /// What a scalar is in the template.
    enum Form { case plain, single, double }

    /// From an opening quote to the closing one.
    mutating func quoted(_ quote: UInt8) {
        let isSingle = quote == UInt8(ascii: "'")
        let close = isSingle ? singleEnd() : doubleEnd()
        let inside = index + 1..<close
        let values = text.insertions[insertions(in: inside)].map(\.value)
        if values.isEmpty { return copyScalar(index..<min(close + 1, bytes.count)) }
        let isMultiline = bytes[inside].contains(0x0A)
        let fits = values.allSatisfy { fitsSingle($0.text ?? "", isMultiline: isMultiline) }
        if isSingle, fits {
            singleQuote(inside)
        } else {
            index = inside.lowerBound
            doubleQuote(inside, isMultiline: isMultiline, from: isSingle ? .single : .double)
            index = min(close + 1, bytes.count)
        }
    }

    private func singleEnd() -> Int {
        var place = index + 1
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "'") {
                guard place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "'") else {
                    return place
                }
                place += 1
            }
            place += 1
        }
        return bytes.count
    }

    private func doubleEnd() -> Int {
        var place = index + 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            // A value is never what a backslash stands before; that is told of when it is written.
            if bytes[place] == UInt8(ascii: "\\"), !isValue(place + 1) { place += 1 }
            place += 1
        }
        return min(place, bytes.count)
    }

    /// Single quotes know no escapes: what a line cannot hold does not fit.
    private func fitsSingle(_ text: String, isMultiline: Bool) -> Bool {
        let blanks: [Character?] = [nil, " ", "\t"]
        if isMultiline, blanks.contains(text.first) || blanks.contains(text.last) { return false }
        return text.unicodeScalars.allSatisfy(YAMLText.isPrintable)
    }

    private mutating func singleQuote(_ inside: Range<Int>) {
        copyScalar(index..<inside.lowerBound)
        while index < inside.upperBound {
            if isValue(index) {
                emitValue(
                    nextText.split(separator: "'", omittingEmptySubsequences: false)
                        .joined(separator: "''")
                )
            } else {
                copyScalar(index..<index + 1)
            }
        }
        copyScalar(index..<min(inside.upperBound + 1, bytes.count))
    }

    /// Writes a scalar between double quotes, whatever it is in the template. Lines are folded
    /// alike in all three forms, so line ends stay.
    private mutating func doubleQuote(_ range: Range<Int>, isMultiline: Bool, from form: Form) {
        emit("\"")
        var isEscape = false
        while index < range.upperBound {
            let byte = bytes[index]
            if isValue(index) {
                if isEscape {
                    tell("a backslash stands before the value", hint: "three of them are one")
                }
                emitValue(YAMLText.escaped(nextText, keepsEdges: isMultiline))
                isEscape = false
                continue
            }
            isEscape = form == .double && byte == UInt8(ascii: "\\") && !isEscape
            switch byte {
            case UInt8(ascii: "\"") where form != .double: emit("\\\"", insteadOf: 1)
            case UInt8(ascii: "\\") where form != .double: emit("\\\\", insteadOf: 1)
            case UInt8(ascii: "'") where form == .single: emit("'", insteadOf: 2)
            default: copyScalar(index..<index + 1)
            }
        }
        emit("\"")
    }
}
