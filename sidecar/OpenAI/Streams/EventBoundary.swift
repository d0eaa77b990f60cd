internal import JSON

/// Finds where events of an event stream end, however the stream is cut into pieces (WHATWG HTML,
/// "Server-sent events"): lines end in LF, CRLF or CR, and an empty line ends an event.
struct EventBoundary {
    /// Bytes of the line that the last piece left open.
    private var lineCount = 0
    /// The last piece ended in CR, whose LF may follow.
    private var endedInCR = false

    /// Whether `input` begins with the line feed that belongs to the CR at the last piece's end,
    /// where an event ended too. It is then dealt with.
    mutating func takesLineFeed(_ input: RawSpan) -> Bool {
        guard endedInCR, input.byteCount > 0 else { return false }
        endedInCR = false
        return input.byte(at: 0) == UInt8(ascii: "\n")
    }

    /// The place after the empty line that ends the event; nil when `input` has none from `start`.
    mutating func end(in input: RawSpan, from start: Int) -> Int? {
        let lineFeed = UInt8(ascii: "\n")
        let carriageReturn = UInt8(ascii: "\r")
        var position = start
        if endedInCR, position < input.byteCount {
            endedInCR = false
            if input.byte(at: position) == lineFeed { position += 1 }
        }
        while position < input.byteCount {
            // Streams use LF throughout, so the search for a CR is only within one line.
            let feed = input.firstIndex(of: lineFeed, in: position..<input.byteCount)
            let terminator = input.firstIndex(of: carriageReturn, in: position..<feed)
            if terminator == input.byteCount {
                lineCount += terminator - position
                return nil
            }
            let count = lineCount + terminator - position
            lineCount = 0
            position = terminator + 1
            if input.byte(at: terminator) == carriageReturn {
                if position == input.byteCount {
                    endedInCR = true
                } else if input.byte(at: position) == lineFeed {
                    position += 1
                }
            }
            if count == 0 { return position }
        }
        return nil
    }
}
