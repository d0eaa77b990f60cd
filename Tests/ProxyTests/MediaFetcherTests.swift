import EventLoop
import ProviderData
import Testing

@testable import Proxy

@Suite("Fetching media")
struct MediaFetcherTests {
    @Test(
        "asks no private address and none of this machine, unless the list has that very one",
        arguments: [
            ("http://files.example.com", "10.0.0.7", false),
            ("http://files.example.com", "192.168.1.1", false),
            ("http://files.example.com", "100.64.0.1", false),
            ("http://files.example.com", "93.184.216.34", true),
            ("http://files.example.com", "127.0.0.1", false),
            ("http://files.example.com", "127.8.8.8", false),
            ("http://files.example.com", "0.0.0.0", false),
            ("http://files.example.com", "169.254.169.254", false),
            ("http://files.example.com", "169.254.170.2", false),
            ("http://files.example.com", "::1", false), ("http://files.example.com", "::", false),
            ("http://files.example.com", "::ffff:169.254.169.254", false),
            ("http://files.example.com", "::ffff:127.0.0.1", false),
            ("http://files.example.com", "::ffff:10.0.0.1", false),
            ("http://files.example.com", "fe80::1", false),
            ("http://files.example.com", "fd00:ec2::254", false),
            ("http://files.example.com", "fd00:abcd::1", false),
            ("http://files.example.com", "64:ff9b::a9fe:a9fe", false),
            ("http://files.example.com", "2002:7f00:1::", false),
            ("http://files.example.com", "2001:db8::1", true),
            ("http://localhost", "127.0.0.1", true), ("http://localhost", "::1", true),
            ("http://localhost", "169.254.169.254", false),
            ("http://127.0.0.1", "127.0.0.1", true), ("http://127.0.0.1", "127.0.0.2", false),
            ("http://10.0.0.7", "10.0.0.7", true), ("http://10.0.0.7", "10.0.0.8", false),
            ("http://169.254.169.254", "169.254.169.254", false),
        ]
    )
    func addresses(entry: String, address: String, isAllowed: Bool) throws {
        let host = try #require(MediaHost(entry))
        let socket = try #require(SocketAddress(host: address, port: 80))
        #expect(MediaFetcher.isAllowed(socket, host) == isAllowed)
    }

    @Test(
        "asks private addresses of a host that is listed for them, but never for metadata",
        arguments: [
            ("10.0.0.7", true), ("192.168.1.1", true), ("fd00:abcd::1", true),
            ("127.0.0.1", true), ("93.184.216.34", true), ("169.254.169.254", false),
            ("169.254.170.2", false), ("fe80::1", false), ("fd00:ec2::254", false),
            ("fd00:ec2::23", false), ("::ffff:169.254.169.254", false),
            ("100.100.100.200", false), ("168.63.129.16", false),
        ]
    )
    func privateAddresses(address: String, isAllowed: Bool) throws {
        var host = try #require(MediaHost("http://files.default.svc"))
        host.mayBePrivate = true
        let socket = try #require(SocketAddress(host: address, port: 80))
        #expect(MediaFetcher.isAllowed(socket, host) == isAllowed)
    }

    @Test(
        "asks for the path and the query as they stand in the URL",
        arguments: [
            ("https://h", "/"), ("https://h/", "/"), ("https://h/a/", "/a/"),
            ("https://h/a%20b?x=1&y=/#part", "/a%20b?x=1&y=/"), ("https://h?x=1", "/?x=1"),
            ("https://h:1/a//b", "/a//b"),
        ]
    )
    func targets(url: String, target: String) {
        #expect(MediaFetcher.target(url) == target)
    }
}
