import TestSupport
import Testing

@testable import HTTP

/// What a client sends is a stream: where its packets end says nothing.
@Suite("Requests cut at every byte", .timeLimit(.minutes(5)))
struct SplitRequestTests {
    /// Good ones, one behind the other, and with each kind of body.
    static let requests = [
        "GET /a?b=c HTTP/1.1\r\nhost: x\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost:\t x \r\nempty:\r\n\r\nHEAD /b HTTP/1.0\r\n\r\n",
        "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n\r\n\r\n!"
            + "GET /b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            + "1\r\na\r\n0a;x=\"y\"\r\n0123456789\r\n000\r\ntrailer: t\r\n\r\n"
            + "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
        "POST /a HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n{}",
        "GET http://h:80/a?b HTTP/1.1\r\nhost: h:80\r\n\r\n",
    ]

    @Test("good requests are the same requests", arguments: requests)
    func same(text: String) async {
        let whole = HeardRequests(pieces: [Array(text.utf8)[...]])
        #expect(whole.end == nil)
        #expect(!whole.requests.isEmpty)
        await check(text, against: whole)
    }

    @Test("refused requests are refused alike", arguments: RequestHeadTests.refusals)
    func refused(_ refusal: Refusal) async {
        let text = refusal.head + "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"
        let whole = HeardRequests(pieces: [Array(text.utf8)[...]])
        #expect(whole.end.map(status) == refusal.status)
        await check(text, against: whole)
    }

    private func check(_ text: String, against whole: HeardRequests) async {
        let bytes = Array(text.utf8)
        // Each blocks until its loop has ended; other tests need their threads meanwhile.
        let all = await onThread {
            (1..<bytes.count).map { HeardRequests(pieces: [bytes[..<$0], bytes[$0...]]) }
        }
        for (place, heard) in zip(1..., all) {
            #expect(heard.requests == whole.requests, "cut at \(place)")
            #expect(heard.end.map(status) == whole.end.map(status), "cut at \(place)")
        }
    }
}
