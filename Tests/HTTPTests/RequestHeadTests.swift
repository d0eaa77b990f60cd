import EventLoop
import TestSupport
import Testing

@testable import HTTP

/// A head as a client sends it, with what a server must say to it.
struct Refusal: Sendable, CustomTestStringConvertible {
    let head: String
    let status: Int

    init(_ status: Int, _ head: String) {
        self.head = head
        self.status = status
    }

    var testDescription: String { "\(status) \(head.prefix(60).debugDescription)" }
}

@Suite("Request heads", .timeLimit(.minutes(5)))
struct RequestHeadTests {
    static let refusals: [Refusal] = [
        // The request line.
        Refusal(505, "GET /\r\n\r\n"),
        Refusal(400, "GET / \r\nhost: x\r\n\r\n"),
        Refusal(400, "GET\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET  HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET  / HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET /  HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET /a b HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "G@T / HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "get / HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET / http/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET / HTTPS/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, " GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(505, "GET / HTTP/1.2\r\nhost: x\r\n\r\n"),
        Refusal(505, "GET / HTTP/2.0\r\nhost: x\r\n\r\n"),
        Refusal(505, "GET / HTTP/0.9\r\nhost: x\r\n\r\n"),
        Refusal(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Refusal(400, "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}"),
        // Targets.
        Refusal(400, "GET * HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET a HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET http:/a HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET /\u{1}a HTTP/1.1\r\nhost: x\r\n\r\n"),
        Refusal(501, "CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n"),
        // Fields.
        Refusal(400, "GET / HTTP/1.1\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\nHost: x\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na: b\r\n\tc\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\n first: y\r\nhost: x\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na : b\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\n: b\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\nab\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na[]: b\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\naé: b\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na: b\u{0}c\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na\u{0}: b\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na: b\u{1}c\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na: b\u{7F}c\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na: b\rc\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\r\na: b\r\r\n\r\n"),
        Refusal(400, "GET / HTTP/1.1\nhost: x\n\n"),
        Refusal(400, "GET / HTTP/1.1\r\nhost: x\na: b\r\n\r\n"),
        // Framing.
        Refusal(
            400,
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"
        ),
        Refusal(
            400,
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx"
        ),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1, 1\r\n\r\nx"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\nx"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\nx"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0x1\r\n\r\nx"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1 1\r\n\r\nx"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length:\r\n\r\nx"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n"),
        Refusal(413, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 18446744073709551615\r\n\r\n"),
        Refusal(
            400,
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"
        ),
        Refusal(
            400,
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n"
        ),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n"),
        Refusal(
            501,
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
        ),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, gzip\r\n\r\n"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n"),
        Refusal(
            400,
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
                + "transfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        Refusal(400, "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refusal(417, "POST / HTTP/1.1\r\nhost: x\r\nexpect: 200-ok\r\ncontent-length: 1\r\n\r\n"),
        // Chunks.
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\ng\r\n"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\nx\n0\n\n"),
        Refusal(400, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxy\r\n"),
        Refusal(
            400,
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n"
        ),
    ]

    @Test(
        "what is not HTTP/1.1 is refused with the right status, and the connection ends",
        arguments: refusals
    )
    func refuses(_ refusal: Refusal) async throws {
        let answers = try await Conversation().run { client in
            client.send(refusal.head)
            // Were the connection kept, this would be answered too.
            client.send("GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n")
            client.finishSending()
            return client.receiveAll()
        }
        #expect(answers.statuses == [refusal.status])
        #expect(answers.contains("connection: close\r\n"))
        #expect(!answers.contains("smuggled"))
    }

    @Test(
        "targets of every form give their path and query",
        arguments: [
            ("GET /a/b?c=d?e HTTP/1.1", "GET /a/b?c=d?e"),
            ("GET /? HTTP/1.1", "GET /?"),
            ("GET //a HTTP/1.1", "GET //a?"),
            ("GET http://h/a?b HTTP/1.1", "GET /a?b"),
            ("GET http://h:80 HTTP/1.1", "GET /?"),
            ("GET http://h?a=/b/c HTTP/1.1", "GET /?a=/b/c"),
            ("OPTIONS * HTTP/1.1", "OPTIONS *?"),
        ]
    )
    func targets(line: String, expected: String) async throws {
        let answers = try await Conversation().answers(to: line + "\r\nhost: x\r\n\r\n")
        #expect(answers.hasSuffix("\r\n\r\n\(expected) []\n"))
    }

    @Test("heads up to a limit are taken, larger ones are refused")
    func limits() async throws {
        var conversation = Conversation()
        conversation.limits.headBytesMax = 200
        conversation.limits.targetBytesMax = 50
        conversation.limits.fieldsMax = 4
        func head(target: Int = 1, value: Int = 1, fields: Int = 1) -> String {
            "GET /\(String(repeating: "t", count: target - 1)) HTTP/1.1\r\nhost: x\r\na: "
                + String(repeating: "v", count: value) + "\r\n"
                + String(repeating: "b: c\r\n", count: fields - 2 < 0 ? 0 : fields - 2) + "\r\n"
        }
        let frame = head().utf8.count - 1
        let cases: [(String, Int)] = [
            (head(target: 50), 200), (head(target: 51), 414), (head(target: 300), 414),
            (head(value: 200 - frame), 200), (head(value: 201 - frame), 431),
            (head(value: 1000), 431), (head(fields: 4), 200), (head(fields: 5), 431),
        ]
        for (text, status) in cases {
            #expect(try await conversation.answers(to: text).statuses == [status], "\(text)")
        }
    }

    @Test("values lose the white space around them, whatever it is")
    func trimsValues() throws {
        let block = HeaderBlock()
        block.buffer.append(
            "GET / HTTP/1.1\r\nhost:x\r\na: \t b c \t \r\nempty:\r\nblank:  \r\n\r\n"
        )
        _ = try MessageParser(.request).parseHead(block, from: 0)
        #expect(block.string("host") == "x")
        #expect(block.string("a") == "b c")
        #expect(block.string("empty") == "")
        #expect(block.string("blank") == "")
        #expect(block.string(named: "A") == "b c")
    }

    @Test("tokens of a list are found whatever their case and place")
    func tokens() throws {
        let block = HeaderBlock()
        block.buffer.append("GET / HTTP/1.1\r\nConnection: Foo , CLOSE\r\nconnection: x-y\r\n\r\n")
        _ = try MessageParser(.request).parseHead(block, from: 0)
        #expect(block.hasToken("connection", "close"))
        #expect(block.hasToken("connection", "x-y"))
        #expect(!block.hasToken("connection", "clos"))
        #expect(!block.hasToken("connection", "foo , close"))
        #expect(block.count("connection") == 2)
    }
}
