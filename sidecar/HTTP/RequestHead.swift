internal import EventLoop
internal import Glibc

/// A request's method, as llhttp numbers them.
package struct HTTPMethod: Hashable, Sendable {
    package let number: UInt8
    package static let delete = HTTPMethod(number: 0)
    package static let get = HTTPMethod(number: 1)
    package static let head = HTTPMethod(number: 2)
    package static let post = HTTPMethod(number: 3)
    package static let put = HTTPMethod(number: 4)
    package static let connect = HTTPMethod(number: 5)
    package static let options = HTTPMethod(number: 6)
    package static let trace = HTTPMethod(number: 7)
    package static let patch = HTTPMethod(number: 28)

    package init(number: UInt8) { self.number = number }

    /// The name on the wire, for methods that are served or logged; `OTHER` for the rest.
    package var name: StaticString {
        switch self {
        case .delete: "DELETE"
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .connect: "CONNECT"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        default: "OTHER"
        }
    }
}

extension HTTPMethod {
    private static let texts: [String] = (0..<64).map { "\(HTTPMethod(number: UInt8($0)).name)" }

    /// `name` as a string that is made once.
    package var text: String {
        number < 64 ? HTTPMethod.texts[Int(number)] : "OTHER"
    }
}

/// A request's first line and header section, checked. Used again for each request of a connection.
package final class RequestHead {
    package let fields = HeaderBlock()
    package private(set) var method = HTTPMethod.get
    private var pathRange = 0..<0
    private var queryRange = 0..<0
    package private(set) var isHTTP10 = false
    package private(set) var keepsAlive = true
    package private(set) var contentLength = 0
    package private(set) var isChunked = false
    package private(set) var expectsContinue = false

    init() {}

    /// The path, without the query, as it was sent; `*` in an OPTIONS request for the whole server.
    package var path: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: fields.buffer.bytes[pathRange])
    }

    /// What follows the `?`, empty when there is none.
    package var query: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: fields.buffer.bytes[queryRange])
    }

    /// Whether there is a query that is not empty.
    package var hasQuery: Bool { !queryRange.isEmpty }

    /// Whether the path has these bytes.
    package func isPath(_ other: [UInt8]) -> Bool {
        let path = unsafe self.path
        return unsafe other.withUnsafeBytes { other in
            guard path.count == other.count, let left = path.baseAddress,
                let right = other.baseAddress
            else { return false }
            return unsafe memcmp(left, right, other.count) == 0
        }
    }

    package var queryText: String { unsafe String(decoding: query, as: UTF8.self) }
    package var pathText: String { unsafe String(decoding: path, as: UTF8.self) }

    func removeAll() {
        fields.removeAll()
        pathRange = 0..<0
        queryRange = 0..<0
    }

    /// Takes over a complete head, which `fields.buffer` holds.
    func parse(_ parser: MessageParser, limits: HTTPLimits) throws(HTTPProblem) {
        let head: MessageParser.Head
        do {
            head = try parser.parseHead(fields, from: 0)
        } catch {
            // HTTP/2's preface, for which llhttp has a state of its own.
            let isPreface = unsafe fields.buffer.bytes.starts(with: "PRI * HTTP/2".utf8)
            throw isPreface ? .versionNotSupported : error
        }
        method = HTTPMethod(number: head.method)
        guard head.versionMajor == 1, head.versionMinor <= 1 else { throw .versionNotSupported }
        try checkSpaces(around: head.target)
        if method == .connect { throw .notImplemented("CONNECT: this is no forward proxy") }
        isHTTP10 = head.versionMinor == 0
        keepsAlive = head.keepsAlive && !isHTTP10
        isChunked = head.isChunked
        contentLength = head.isChunked ? 0 : head.contentLength ?? 0
        try setTarget(head.target, limits: limits)
        try checkFraming(head)
        try checkExpectation()
    }

    /// RFC 9112 §3: one space before the target and one behind it. llhttp takes more.
    private func checkSpaces(around target: Range<Int>) throws(HTTPProblem) {
        let bytes = unsafe fields.buffer.bytes
        guard target.lowerBound >= 2, target.upperBound + 1 < bytes.count,
            unsafe bytes[target.lowerBound - 2] != 0x20,
            unsafe bytes[target.upperBound + 1] != 0x20
        else { throw .malformed("more than one space in the request line") }
    }

    private func setTarget(_ range: Range<Int>, limits: HTTPLimits) throws(HTTPProblem) {
        guard range.count <= limits.targetBytesMax else {
            throw .targetTooLong(limit: limits.targetBytesMax)
        }
        let bytes = unsafe fields.buffer.bytes
        let end = range.upperBound
        var start = range.lowerBound
        guard start < end else { throw .malformed("no target") }
        switch unsafe bytes[start] {
        case 0x2F: break
        case 0x2A:
            guard method == .options, range.count == 1 else { throw .malformed("the target *") }
        default:
            // The absolute form (RFC 9112 §3.2.2): only what is behind the host counts here.
            while start < end, unsafe bytes[start] != 0x2F { start += 1 }
            let host = start + 2
            guard start > range.lowerBound, host < end, unsafe bytes[host - 1] == 0x2F else {
                throw .malformed("the target is neither a path nor a URL")
            }
            start = host
            while start < end, unsafe bytes[start] != 0x2F && bytes[start] != 0x3F { start += 1 }
            // An empty path means `/`; there is one before the host.
            if unsafe start == end || bytes[start] == 0x3F {
                pathRange = host - 1..<host
                queryRange = min(start + 1, end)..<end
                return
            }
        }
        var pathEnd = start
        while pathEnd < end, unsafe bytes[pathEnd] != 0x3F { pathEnd += 1 }
        pathRange = start..<pathEnd
        queryRange = min(pathEnd + 1, end)..<end
    }

    private func checkFraming(_ head: MessageParser.Head) throws(HTTPProblem) {
        let hosts = fields.count("host")
        if !isHTTP10 && hosts == 0 { throw .malformed("no Host header") }
        if hosts > 1 { throw .malformed("more than one Host header") }
        let codings = fields.count("transfer-encoding")
        guard codings > 0 else { return }
        if isHTTP10 { throw .malformed("Transfer-Encoding in HTTP/1.0") }
        guard codings == 1, head.isChunked else {
            throw .malformed("a Transfer-Encoding other than chunked")
        }
        guard fields.isExactly("transfer-encoding", "chunked") else {
            throw .notImplemented("a Transfer-Encoding other than chunked")
        }
        if head.hasContentLength || fields.count("content-length") > 0 {
            throw .malformed("both Content-Length and Transfer-Encoding")
        }
    }

    private func checkExpectation() throws(HTTPProblem) {
        expectsContinue = false
        guard fields.first("expect") != nil, !isHTTP10 else { return }
        guard fields.hasToken("expect", "100-continue") else { throw .expectationFailed }
        expectsContinue = true
    }
}
