import ProviderData
import Testing

@Suite("A host that media are fetched from")
struct MediaHostTests {
    private struct Place {
        let isTLS: Bool
        let host: String
        let port: UInt16

        init(_ isTLS: Bool, _ host: String, _ port: UInt16) {
            self.isTLS = isTLS
            self.host = host
            self.port = port
        }
    }

    private static let matches: [(String, [Place], [Place])] = [
        (
            "images.example.com",
            [Place(true, "images.example.com", 443)],
            [
                Place(false, "images.example.com", 80), Place(true, "images.example.com", 8443),
                Place(true, "a.images.example.com", 443), Place(true, "example.com", 443),
                Place(true, "images.example.com.evil.org", 443),
            ]
        ),
        (
            "*.Example.com",
            [Place(true, "a.example.com", 443), Place(true, "a.b.example.com", 443)],
            [Place(true, "example.com", 443), Place(true, "evilexample.com", 443)]
        ),
        (
            "http://files.default.svc:8080/",
            [Place(false, "files.default.svc", 8080)],
            [Place(false, "files.default.svc", 80), Place(true, "files.default.svc", 8080)]
        ),
        ("https://h:8443", [Place(true, "h", 8443)], [Place(true, "h", 443)]),
        ("http://[::1]:8080", [Place(false, "::1", 8080)], [Place(false, "::1", 80)]),
        ("http://127.0.0.1", [Place(false, "127.0.0.1", 80)], [Place(false, "127.0.0.2", 80)]),
    ]

    @Test("is that scheme, name and port, or any name below it", arguments: 0..<matches.count)
    func matching(index: Int) throws {
        let (text, good, bad) = Self.matches[index]
        let host = try #require(MediaHost(text))
        for place in good {
            #expect(host.matches(isTLS: place.isTLS, host: place.host, port: place.port))
        }
        for place in bad {
            #expect(!host.matches(isTLS: place.isTLS, host: place.host, port: place.port))
        }
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "*", "*.com", "*.1.2.3.4", "a.*.com", "user@host", "host/path", "host:0", "host:x",
            "host:70000", "ftp://host", "http://", "a..b", "[::1", "[zz]", "::1", "h?x", "a b",
        ]
    )
    func refused(text: String) {
        #expect(MediaHost(text) == nil)
    }
}
