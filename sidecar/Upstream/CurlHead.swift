internal import EventLoop
internal import HTTP

/// Collects header lines as libcurl delivers them, and has them parsed as any other head.
///
/// libcurl has decoded the framing: a transfer coding is no longer there, and neither is a length
/// next to one (RFC 9112 §6.3). HTTP/2 has no reason phrase, which the parser wants a space for.
struct CurlHead {
    let reader: ResponseReader
    private(set) var isComplete = false
    /// Why the head was refused.
    private(set) var problem: String?

    private let answersHead: Bool
    private let lines = ByteBuffer(capacity: 1024)
    private let lengths = ByteBuffer(capacity: 0)
    private var isInterim = false
    private var hasCoding = false
    private let limits: AnswerHeadLimits
    /// Of this head and of the interim ones before it.
    private var bytes = 0
    private var fieldCount = 0

    init(answersHead: Bool, limits: AnswerHeadLimits) {
        self.answersHead = answersHead
        self.limits = limits
        reader = ResponseReader(limits: limits)
    }

    /// - Returns: false when it is not acceptable.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        // Trailers come this way too.
        guard !isComplete else { return true }
        bytes += line.count
        guard bytes <= limits.bytesMax else {
            problem = "the answer's header section is over \(limits.bytesMax) bytes"
            return false
        }
        var count = line.count
        while count > 0, unsafe line[count - 1] == 0x0A || line[count - 1] == 0x0D { count -= 1 }
        let content = unsafe UnsafeRawBufferPointer(rebasing: line[..<count])
        if unsafe content.isEmpty { return finish() }
        if unsafe isStatusLine(content) {
            begin(status: unsafe Array(content))
            return true
        }
        fieldCount += 1
        guard fieldCount <= limits.fieldsMax else {
            problem = "the answer has more than \(limits.fieldsMax) header fields"
            return false
        }
        if unsafe hasName(content, "transfer-encoding") {
            hasCoding = true
        } else if unsafe hasName(content, "content-length") {
            unsafe lengths.append(content)
            lengths.append("\r\n")
        } else {
            unsafe lines.append(content)
            lines.append("\r\n")
        }
        return true
    }

    private mutating func begin(status line: [UInt8]) {
        lines.removeAll()
        lengths.removeAll()
        hasCoding = false
        fieldCount = 0
        let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: true)
        let code = words.count > 1 ? Array(words[1]) : []
        isInterim = code.first == UInt8(ascii: "1")
        lines.append("HTTP/1.1 ")
        lines.append(code)
        lines.append(byte: 0x20)
        if words.count > 2 { lines.append(Array(words[2])) }
        lines.append("\r\n")
    }

    private mutating func finish() -> Bool {
        guard !isInterim else { return true }
        if !hasCoding { lines.append(lengths) }
        lines.append("\r\n")
        do throws(HTTPProblem) {
            isComplete = try reader.readHead(lines, answersHead: answersHead)
            if !isComplete { problem = "an answer without a status" }
        } catch {
            problem = "\(error)"
        }
        return isComplete
    }

    private func isStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
        unsafe line.starts(with: [0x48, 0x54, 0x54, 0x50, 0x2F])
    }

    private func hasName(_ line: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
        let count = lowercase.utf8CodeUnitCount
        guard line.count > count, unsafe line[count] == 0x3A else { return false }
        for index in 0..<count
        where unsafe line[index] | 0x20 != lowercase.utf8Start[index] | 0x20 {
            return false
        }
        return true
    }
}
