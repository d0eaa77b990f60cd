import HTTP
import Testing

@testable import Upstream

@Suite("Heads from libcurl")
struct CurlHeadTests {
    private func head(
        _ lines: [String],
        bytesMax: Int = 65_536,
        fieldsMax: Int = 256
    ) -> CurlHead {
        var limits = AnswerHeadLimits()
        limits.bytesMax = bytesMax
        limits.fieldsMax = fieldsMax
        var head = CurlHead(answersHead: false, limits: limits)
        for line in lines {
            let bytes = Array("\(line)\r\n".utf8)
            guard bytes.withUnsafeBytes({ head.take($0) }) else { break }
        }
        return head
    }

    @Test("are read up to the limit in bytes, interim answers included", arguments: [0, 1])
    func bytes(missing: Int) {
        let lines = [
            "HTTP/2 103", "link: </a>", "", "HTTP/2 103", "link: </b>", "", "HTTP/2 200", "a: b",
            "",
        ]
        let size = lines.reduce(0) { $0 + $1.utf8.count + 2 }
        let head = head(lines, bytesMax: size - missing)
        #expect(head.isComplete == (missing == 0))
        #expect(head.problem == (missing == 0 ? nil : headProblem(size - 1)))
    }

    private func headProblem(_ limit: Int) -> String {
        "the answer's header section is over \(limit) bytes"
    }

    @Test("are read up to the limit in fields", arguments: [(3, true), (4, false)])
    func fields(count: Int, isRead: Bool) {
        let fields = (0..<count).map { "x-\($0): 1" }
        let head = head(["HTTP/1.1 200 OK"] + fields + [""], fieldsMax: 3)
        #expect(head.isComplete == isRead)
        #expect(head.problem == (isRead ? nil : "the answer has more than 3 header fields"))
    }

    @Test("fields of interim answers do not count for the answer's")
    func interim() {
        let lines = ["HTTP/1.1 103 E", "a: 1", "b: 1", "", "HTTP/1.1 200 OK", "a: 1", "b: 1", ""]
        #expect(head(lines, fieldsMax: 2).isComplete)
    }
}
