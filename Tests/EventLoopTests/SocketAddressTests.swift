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

    @Test(
        "leads somewhere",
        arguments: [
            ("8.8.8.8", .world), ("172.32.0.1", .world), ("100.128.0.1", .world),
            ("2606:4700::1", .world), ("64:ff9b::808:808", .world), ("2002:808:808::", .world),
            ("10.1.2.3", .network), ("172.16.0.1", .network), ("192.168.0.1", .network),
            ("100.64.0.1", .network), ("198.18.0.1", .network), ("192.0.0.1", .network),
            ("224.0.0.1", .network), ("255.255.255.255", .network), ("fd12::1", .network),
            ("fec0::1", .network), ("ff02::1", .network), ("64:ff9b:1::1", .network),
            ("::ffff:10.0.0.1", .network), ("64:ff9b::10.0.0.1", .network),
            ("2002:a00:1::", .network), ("0.0.0.0", .machine), ("127.0.0.1", .machine),
            ("127.8.8.8", .machine), ("::", .machine), ("::1", .machine),
            ("::ffff:127.0.0.1", .machine), ("::127.0.0.1", .machine),
            ("169.254.169.254", .metadata), ("169.254.170.23", .metadata),
            ("168.63.129.16", .metadata), ("100.100.100.200", .metadata),
            ("192.0.0.192", .metadata), ("fe80::1", .metadata), ("fd00:ec2::254", .metadata),
            ("fd20:ce::254", .metadata), ("::ffff:169.254.169.254", .metadata),
            ("64:ff9b::169.254.169.254", .metadata), ("2002:a9fe:a9fe::", .metadata),
        ] as [(String, AddressReach)]
    )
    func reach(host: String, reach: AddressReach) throws {
        #expect(try #require(SocketAddress(host: host, port: 443)).reach == reach)
    }
}
