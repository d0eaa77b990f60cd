internal import Glibc

/// Finds the end of a header section as its bytes come in, and refuses what llhttp lets by and a
/// proxy must not: bare LF, folded lines, empty field names, white space before the colon
/// (RFC 9112 §2.2, §5.1, §5.2).
struct HeadScanner {
    private var position = 0
    private var lineStart = 0
    /// Whether the request or status line is not complete yet.
    private(set) var isFirstLine = true
    private(set) var fieldCount = 0
    /// Where the message begins, behind empty lines that RFC 9112 §2.2 lets a server ignore.
    private(set) var start = 0

    /// Looks at what came since the last call.
    /// - Parameter bytes: all bytes of the message so far.
    /// - Returns: the offset behind the empty line; nil when it has not come yet.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(HTTPProblem) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        while position < bytes.count {
            let rest = bytes.count - position
            guard let found = unsafe memchr(base + position, 0x0A, rest) else {
                position = bytes.count
                return nil
            }
            let newline = unsafe UnsafeRawPointer(found) - base
            position = newline + 1
            guard newline > lineStart, unsafe bytes[newline - 1] == 0x0D else {
                throw .malformed("a line ends in LF without CR")
            }
            let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[lineStart..<newline - 1])
            lineStart = newline + 1
            if unsafe line.isEmpty {
                if !isFirstLine { return newline + 1 }
                guard start < 4 else { throw .malformed("empty lines before the request") }
                start = newline + 1
            } else if isFirstLine {
                isFirstLine = false
            } else {
                unsafe try checkField(line)
            }
        }
        return nil
    }

    private mutating func checkField(_ line: UnsafeRawBufferPointer) throws(HTTPProblem) {
        fieldCount += 1
        guard let base = line.baseAddress else { return }
        let first = unsafe line[0]
        if first == 0x20 || first == 0x09 { throw .malformed("a folded header line") }
        guard let found = unsafe memchr(base, 0x3A, line.count) else {
            throw .malformed("a header line without a colon")
        }
        let colon = unsafe UnsafeRawPointer(found) - base
        if colon == 0 { throw .malformed("an empty header name") }
        let before = unsafe line[colon - 1]
        if before == 0x20 || before == 0x09 {
            throw .malformed("white space between a header name and its colon")
        }
    }
}
