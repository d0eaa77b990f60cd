import Cryptography
import JSON
import Testing

@testable import AWS

@Suite("A signature of version 4")
struct SigV4Tests {
    /// 2025-01-15T12:34:56Z, the moment of all vectors.
    static let date = SigningDate(secondsSince1970: 1_736_944_496)

    static func request(_ vector: Vector) -> SigningRequest {
        let parts = vector.text("path_on_wire").split(separator: "?", maxSplits: 1)
        let headers = vector.members("headers_given").map { member in
            guard case .string(let value) = member.value else { fatalError("not a text") }
            return (name: member.key, value: value)
        }
        return SigningRequest(
            method: vector.text("method"),
            host: vector.text("host"),
            path: String(parts[0]),
            query: parts.count > 1 ? String(parts[1]) : "",
            headers: headers,
            bodyDigest: SHA256.hash(vector.bytes("body_hex"))
        )
    }

    static func credential(_ vector: Vector) -> AWSCredential {
        let token = vector.text("session_token")
        return AWSCredential(
            accessKeyID: vector.text("access_key"),
            secretAccessKey: vector.text("secret_key"),
            sessionToken: token.isEmpty ? nil : token
        )
    }

    static func scope(_ vector: Vector) -> SigningScope {
        SigningScope(region: vector.text("region"), service: vector.text("service"))
    }

    @Test("is what AWS's own library makes, at every step", arguments: Vectors.list("sigv4"))
    func vectors(vector: Vector) throws {
        let request = Self.request(vector)
        let credential = Self.credential(vector)
        let scope = Self.scope(vector)
        #expect(Hex.encode(request.bodyDigest) == vector.text("body_sha256"))
        let canonical = CanonicalRequest(
            request,
            date: Self.date,
            sessionToken: credential.sessionToken
        )
        #expect(
            String(decoding: canonical.bytes, as: UTF8.self) == vector.text("canonical_request")
        )
        let message = SigV4.stringToSign(canonical, date: Self.date, scope: scope)
        #expect(String(decoding: message, as: UTF8.self) == vector.text("string_to_sign"))
        let keys = SigningKeyCache()
        let key = SigV4.signingKey(
            secret: credential.secretAccessKey,
            day: Self.date.day,
            scope: scope
        )
        #expect(Hex.encode(key) == vector.text("signing_key_hex"))
        for _ in 1...2 {
            let headers = SigV4.authorize(
                request,
                date: Self.date,
                scope: scope,
                credential: credential,
                keys: keys
            )
            var expected = [("x-amz-date", vector.text("amz_date"))]
            if let token = credential.sessionToken {
                expected.append(("x-amz-security-token", token))
            }
            expected.append(("authorization", vector.text("authorization")))
            #expect(headers.map(\.name) == expected.map(\.0))
            #expect(headers.map(\.value) == expected.map(\.1))
        }
        #expect(keys.count == 1)
    }

    @Test("has nine vectors to hold to")
    func vectorCount() {
        #expect(Vectors.list("sigv4").count == 9)
    }

    /// The canonical form of a request's path and query, without the rest.
    private func canonicalTarget(path: String, query: String = "") -> [String] {
        let request = SigningRequest(
            method: "GET",
            host: "h",
            path: path,
            query: query,
            headers: [],
            bodyDigest: []
        )
        let bytes = CanonicalRequest(request, date: Self.date, sessionToken: nil).bytes
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        return lines[1...2].map(String.init)
    }

    @Test(
        "encodes the wire's path once more, and resolves its dots and double slashes",
        arguments: [
            ("", "/"), ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("//a///b", "/a/b"),
            ("/./a/./b", "/a/b"), ("/a/../b", "/b"), ("/../../a", "/a"), ("/a/..", "/"),
            ("/a/../", "/"), ("/a/b/../c/", "/a/c/"), ("/a%20b", "/a%2520b"), ("/ä", "/%C3%A4"),
            ("/a:b~c-d_e.f", "/a%3Ab~c-d_e.f"), ("/...", "/..."),
        ]
    )
    func path(onWire: String, canonical: String) {
        #expect(canonicalTarget(path: onWire)[0] == canonical)
    }

    @Test(
        "sorts the query by name and value, in one way of encoding",
        arguments: [
            ("", ""), ("b=1&a=2", "a=2&b=1"), ("a=2&a=1&a", "a=&a=1&a=2"),
            ("A=1&a=1&B=", "A=1&B=&a=1"),
            ("x=%2f%41&y=a b", "x=%2FA&y=a%20b"), ("a=b=c", "a=b%3Dc"), ("&&a=1&", "a=1"),
            ("a=%", "a=%25"), ("a=%4", "a=%254"), ("a=%zz", "a=%25zz"), ("a-b=1&a=2", "a=2&a-b=1"),
            ("=v", "=v"),
        ]
    )
    func query(onWire: String, canonical: String) {
        #expect(canonicalTarget(path: "/", query: onWire)[1] == canonical)
    }

    @Test("covers only fields that no proxy changes, trimmed, joined and sorted")
    func headers() {
        let request = SigningRequest(
            method: "POST",
            host: "Example.COM:8443",
            path: "/",
            headers: [
                ("X-Amz-Meta", "  b   c\t d "), ("User-Agent", "u"), ("X-Forwarded-For", "f"),
                ("Content-Type", "t"), ("Content-Length", "3"), ("x-amz-meta", "a"),
                ("Accept-Encoding", "identity"), ("X-Amzn-Trace-Id", "1"), ("Empty", ""),
                ("X-Amzn-Bedrock-Trace", "ENABLED"), ("Accept", ""), ("Connection", "close"),
                ("X-Amz-Date", "forged"), ("X-Amz-Security-Token", "forged"),
            ],
            bodyDigest: []
        )
        let canonical = CanonicalHeaders(request, date: Self.date, sessionToken: "token")
        #expect(
            String(decoding: canonical.lines, as: UTF8.self) == """
                accept:
                content-type:t
                host:example.com:8443
                x-amz-date:20250115T123456Z
                x-amz-meta:b c d,a
                x-amz-security-token:token
                x-amzn-bedrock-trace:ENABLED

                """
        )
        #expect(
            canonical.names == "accept;content-type;host;x-amz-date;x-amz-meta;"
                + "x-amz-security-token;x-amzn-bedrock-trace"
        )
    }
}

@Suite("A signing date")
struct SigningDateTests {
    @Test(
        "is written in UTC, leap days and clamped ends included",
        arguments: [
            (0, "19700101T000000Z"), (1_736_944_496, "20250115T123456Z"),
            (1_709_251_199, "20240229T235959Z"), (1_709_251_200, "20240301T000000Z"),
            (951_782_400, "20000229T000000Z"), (4_107_542_400, "21000301T000000Z"),
            (-1, "19700101T000000Z"), (Int.max, "99991231T235959Z"),
        ]
    )
    func text(seconds: Int, text: String) {
        let date = SigningDate(secondsSince1970: seconds)
        #expect(date.text == text)
        #expect(date.day == String(text.prefix(8)))
    }
}

@Suite("The cache of signing keys")
struct SigningKeyCacheTests {
    private let scope = SigningScope(region: "r", service: "s")

    private func key(_ cache: SigningKeyCache, _ secret: String, day: String = "20250101")
        -> [UInt8]
    {
        let credential = AWSCredential(accessKeyID: "a", secretAccessKey: secret)
        return cache.key(credential: credential, day: day, scope: scope).code([])
    }

    @Test("holds no more than it may, and lets go of what was used longest ago")
    func bound() {
        let cache = SigningKeyCache(countMax: 2)
        let first = key(cache, "1")
        #expect(key(cache, "2") != first)
        #expect(key(cache, "1") == first)
        #expect(key(cache, "3") != first)
        #expect(cache.count == 2)
        #expect(cache.holds(secret: "1") && cache.holds(secret: "3"))
        #expect(!cache.holds(secret: "2"))
        #expect(key(cache, "1") == first)
    }

    @Test("tells secrets, days, regions and services apart")
    func identity() {
        let cache = SigningKeyCache()
        let credential = AWSCredential(accessKeyID: "a", secretAccessKey: "1")
        var keys = [key(cache, "1"), key(cache, "2"), key(cache, "1", day: "20250102")]
        for other in [("q", "s"), ("r", "t")] {
            let scope = SigningScope(region: other.0, service: other.1)
            keys.append(
                cache.key(credential: credential, day: "20250101", scope: scope).code([])
            )
        }
        #expect(Set(keys).count == 5)
        #expect(cache.count == 5)
    }
}
