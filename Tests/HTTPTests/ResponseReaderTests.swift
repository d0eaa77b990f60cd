import EventLoop
import TestSupport
import Testing

@testable import HTTP

/// What an upstream sends and how it is to be read.
struct Answer: Sendable, CustomTestStringConvertible {
    var text: String
    var status = 200
    var body = ""
    var answersHead = false
    /// Whether the end of the stream ends the answer.
    var needsEnd = false
    var keepsAlive = true

    var testDescription: String { text.prefix(70).debugDescription }
}

@Suite("ResponseReader")
struct ResponseReaderTests {
    /// Reads one answer that comes in pieces.
    private func read(
        _ text: [UInt8],
        by count: Int,
        answersHead: Bool
    ) throws -> (reader: ResponseReader, body: [UInt8]) {
        let reader = ResponseReader()
        let input = ByteBuffer()
        var body: [UInt8] = []
        var hasHead = false
        for start in stride(from: 0, to: text.count, by: count) {
            input.append(Array(text[start..<min(start + count, text.count)]))
            if !hasHead { hasHead = try reader.readHead(input, answersHead: answersHead) }
            while hasHead, !input.isEmpty, !reader.isComplete {
                let step = try reader.readBody(input.mutableBytes)
                body += input.bytes[..<step.decoded]
                input.removeFirst(step.consumed)
            }
        }
        return (reader, body)
    }

    static let answers: [Answer] = [
        Answer(text: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", body: "hello"),
        Answer(text: "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n"),
        Answer(
            text:
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n3;x=y\r\n th\r\n0\r\n\r\n",
            body: "hello th"
        ),
        Answer(
            text:
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\nt: u\r\n\r\n",
            body: "hi"
        ),
        Answer(
            text: "HTTP/1.1 200 OK\r\n\r\nhello",
            body: "hello",
            needsEnd: true,
            keepsAlive: false
        ),
        Answer(
            text: "HTTP/1.0 200 OK\r\n\r\nhello",
            body: "hello",
            needsEnd: true,
            keepsAlive: false
        ),
        Answer(
            text: "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi",
            body: "hi",
            keepsAlive: false
        ),
        Answer(
            text: "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nhi",
            body: "hi"
        ),
        Answer(
            text: "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi",
            body: "hi",
            keepsAlive: false
        ),
        Answer(
            text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
                + "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno",
            status: 404,
            body: "no"
        ),
        Answer(text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
        Answer(text: "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", status: 304),
        Answer(text: "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", answersHead: true),
        Answer(text: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", answersHead: true),
    ]

    @Test("reads every framing, however the bytes are split", arguments: answers)
    func framings(_ answer: Answer) throws {
        let text = Array(answer.text.utf8)
        for count in 1...text.count {
            let (reader, body) = try read(text, by: count, answersHead: answer.answersHead)
            #expect(reader.status == answer.status)
            #expect(String(decoding: body, as: UTF8.self) == answer.body, "in pieces of \(count)")
            #expect(reader.keepsAlive == answer.keepsAlive)
            #expect(reader.isComplete == !answer.needsEnd)
            #expect(reader.endOfStream())
        }
    }

    @Test(
        "an answer that is cut is not taken for a whole one",
        arguments: [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            "HTTP/1.1 200 OK\r\ncontent-le",
        ]
    )
    func truncated(text: String) throws {
        let (reader, _) = try read(Array(text.utf8), by: 7, answersHead: false)
        #expect(!reader.isComplete)
        #expect(!reader.endOfStream())
    }

    @Test(
        "what is not an answer is refused",
        arguments: [
            "garbage\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
            "HTTP/3.0 200 OK\r\n\r\n",
            "SSH-2.0-OpenSSH_9\r\n\r\n", "HTTP/1.1 200 OK\nx: y\n\n",
            "HTTP/1.1 200 OK\r\nx : y\r\n\r\n", "HTTP/1.1 200 OK\r\nx: y\r\n z\r\n\r\n",
            "HTTP/1.1 200 OK\r\nx: a\u{0}b\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ]
    )
    func refuses(text: String) {
        #expect(throws: HTTPProblem.self) {
            try read(Array(text.utf8), by: text.utf8.count, answersHead: false)
        }
        #expect(throws: HTTPProblem.self) { try read(Array(text.utf8), by: 1, answersHead: false) }
    }

    @Test("a head up to the limit is read, a larger one refused before it is complete")
    func headLimit() throws {
        let head = "HTTP/1.1 204 No Content\r\nx: \(String(repeating: "y", count: 40))\r\n\r\n"
        let input = ByteBuffer()
        input.append(head)
        let size = head.utf8.count
        #expect(try reader(bytesMax: size).readHead(input, answersHead: false))
        input.append(String(head.dropLast(4)))
        #expect(throws: HTTPProblem.headTooLarge(limit: size - 10)) {
            try reader(bytesMax: size - 10).readHead(input, answersHead: false)
        }
    }

    private func reader(bytesMax: Int = 65_536, fieldsMax: Int = 256) -> ResponseReader {
        var limits = AnswerHeadLimits()
        limits.bytesMax = bytesMax
        limits.fieldsMax = fieldsMax
        return ResponseReader(limits: limits)
    }

    @Test("interim answers count against the head's limit together, and each answer anew")
    func interimLimit() throws {
        let interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
        let final = "HTTP/1.1 204 No Content\r\n\r\n"
        let whole = String(repeating: interim, count: 5) + final
        let fits = reader(bytesMax: whole.utf8.count)
        for _ in 0..<2 {
            let input = ByteBuffer()
            input.append(whole)
            #expect(try fits.readHead(input, answersHead: false))
            fits.reset()
        }
        let input = ByteBuffer()
        input.append(whole)
        #expect(throws: HTTPProblem.headTooLarge(limit: whole.utf8.count - 1)) {
            try reader(bytesMax: whole.utf8.count - 1).readHead(input, answersHead: false)
        }
    }

    @Test("as many fields as the limit says are read, one more is refused")
    func fieldLimit() throws {
        for (count, isRead) in [(7, true), (8, false)] {
            let fields = String(repeating: "a: b\r\n", count: count)
            let input = ByteBuffer()
            input.append("HTTP/1.1 204 No Content\r\n\(fields)\r\n")
            let reader = reader(fieldsMax: 7)
            if isRead {
                #expect(try reader.readHead(input, answersHead: false))
            } else {
                #expect(throws: HTTPProblem.tooManyFields(limit: 7)) {
                    try reader.readHead(input, answersHead: false)
                }
            }
        }
    }

    @Test("serves answer after answer, and leaves what is behind one alone")
    func reuse() throws {
        let reader = ResponseReader()
        let input = ByteBuffer()
        input.append("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhiHTTP/1.1 500 Oh\r\n")
        #expect(try reader.readHead(input, answersHead: false))
        let step = try reader.readBody(input.mutableBytes)
        #expect(step == (2, 2))
        #expect(reader.isComplete)
        input.removeFirst(2)
        reader.reset()
        #expect(!reader.isComplete)
        #expect(try !reader.readHead(input, answersHead: false))
        input.append("content-length: 0\r\n\r\n")
        #expect(try reader.readHead(input, answersHead: false))
        #expect(reader.status == 500)
        #expect(reader.isComplete)
    }
}
