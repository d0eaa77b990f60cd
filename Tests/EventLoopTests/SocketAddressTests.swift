import EventLoop
import Testing

@Suite("A socket's address")
struct SocketAddressTests {
    @Test(
        "is private in the networks that RFCs keep for it",
        arguments: [
            "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1",
            "169.254.1.1", "fd00::1", "fc00::1", "fe80::1", "::1",
        ]
    )
    func isPrivate(host: String) throws {
        #expect(try #require(SocketAddress(host: host, port: 443)).isPrivate)
    }

    @Test(
        "is public elsewhere",
        arguments: [
            "8.8.8.8", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.0.1", "100.128.0.1",
            "11.0.0.1", "2606:4700::1", "fec0::1",
        ]
    )
    func isPublic(host: String) throws {
        #expect(!(try #require(SocketAddress(host: host, port: 443)).isPrivate))
    }
}
