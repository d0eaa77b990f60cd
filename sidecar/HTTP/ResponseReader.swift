package import EventLoop

/// Reads answers from an upstream's byte stream: heads, then bodies under any of HTTP/1.1's
/// framings (RFC 9112 §6). No I/O: bytes in, pieces out.
package final class ResponseReader {
    package let fields = HeaderBlock()
    package private(set) var status = 0
    /// Nil when the answer's size is not known from its head.
    package private(set) var contentLength: Int?
    /// Whether the connection can serve another exchange after this answer.
    package private(set) var keepsAlive = false
    /// The whole answer is there.
    package private(set) var isComplete = false

    private let parser = MessageParser(.response)
    package var limits: AnswerHeadLimits
    /// Of the interim answers that came before.
    private var interimBytes = 0
    private var scanner = HeadScanner()
    private var framing = Framing.none

    private enum Framing { case none, sized(Int), chunked, untilClose }

    package init(limits: AnswerHeadLimits = AnswerHeadLimits()) {
        self.limits = limits
    }

    /// Forgets the last answer.
    package func reset() {
        fields.removeAll()
        scanner = HeadScanner()
        interimBytes = 0
        framing = .none
        isComplete = false
        contentLength = nil
        status = 0
    }

    /// Looks for a complete head in what came so far; passes over interim answers.
    /// - Parameter input: everything since the last head; bytes of the head are removed from it.
    /// - Returns: whether the head is there.
    package func readHead(
        _ input: ByteBuffer,
        answersHead: Bool
    ) throws(HTTPProblem) -> Bool {
        while true {
            guard !input.isEmpty else { return false }
            let end = unsafe try scanner.scan(input.bytes)
            guard interimBytes + (end ?? input.count) <= limits.bytesMax else {
                throw .headTooLarge(limit: limits.bytesMax)
            }
            guard scanner.fieldCount <= limits.fieldsMax else {
                throw .tooManyFields(limit: limits.fieldsMax)
            }
            guard let end else { return false }
            fields.removeAll()
            let start = scanner.start
            unsafe fields.buffer.append(UnsafeRawBufferPointer(rebasing: input.bytes[start..<end]))
            input.removeFirst(end)
            scanner = HeadScanner()
            let head = try parser.parseHead(fields, from: 0)
            guard head.status >= 100 else { throw .malformed("a status below 100") }
            guard head.status != 101 else { throw .malformed("a switch of protocols") }
            if head.status >= 200 {
                try setFraming(head, answersHead: answersHead)
                return true
            }
            interimBytes += end
        }
    }

    /// Takes bytes of the body.
    /// - Returns: how many bytes at the buffer's start are body, and how many were used up.
    package func readBody(
        _ bytes: UnsafeMutableRawBufferPointer
    ) throws(HTTPProblem) -> (decoded: Int, consumed: Int) {
        switch framing {
        case .none:
            return (0, 0)
        case .sized(let left):
            let count = min(left, bytes.count)
            framing = .sized(left - count)
            if left == count { isComplete = true }
            return (count, count)
        case .chunked:
            let step = unsafe try parser.decodeChunked(bytes)
            if step.isComplete { isComplete = true }
            return (step.decoded, step.consumed)
        case .untilClose:
            return (bytes.count, bytes.count)
        }
    }

    /// The connection has ended.
    /// - Returns: whether the answer is whole: only one without a length ends so.
    package func endOfStream() -> Bool {
        if case .untilClose = framing { isComplete = true }
        return isComplete
    }

    private func setFraming(
        _ head: MessageParser.Head,
        answersHead: Bool
    ) throws(HTTPProblem) {
        status = head.status
        keepsAlive = head.keepsAlive
        let codings = fields.count("transfer-encoding")
        if codings > 0,
            !head.isChunked || codings > 1 || !fields.isExactly("transfer-encoding", "chunked")
        {
            throw .malformed("a Transfer-Encoding other than chunked")
        }
        if answersHead || status == 204 || status == 304 {
            framing = .none
            isComplete = true
            contentLength = head.contentLength
        } else if head.isChunked {
            framing = .chunked
        } else if let length = head.contentLength {
            framing = .sized(length)
            contentLength = length
            isComplete = length == 0
        } else {
            framing = .untilClose
            keepsAlive = false
        }
    }
}
