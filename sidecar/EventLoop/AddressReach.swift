/// Where an address leads: what counts where others may choose whom this machine asks.
package enum AddressReach: Hashable, Sendable {
    /// Anywhere in the Internet.
    case world
    /// A private network, or one that nobody should be sent to: RFC 1918, RFC 6598, RFC 4193,
    /// benchmarks, multicast, what is reserved.
    case network
    /// This machine.
    case machine
    /// Its link, and where clouds hand out metadata and credentials.
    case metadata
}

extension SocketAddress {
    /// Where it leads. An IPv4 address inside an IPv6 one, which a translator on the way would
    /// take out, counts as itself (RFC 4291, RFC 6052, RFC 3056).
    package var reach: AddressReach {
        let octets = self.octets
        switch octets.count {
        case 4: return Self.reach(four: octets[...])
        case 16: return Self.reach(six: octets)
        default: return .machine
        }
    }

    /// Hosts of Azure, Alibaba and Oracle that are outside of the link.
    private static let metadataHosts: [[UInt8]] = [
        [168, 63, 129, 16], [100, 100, 100, 200], [192, 0, 0, 192],
    ]

    private static func reach(four octets: ArraySlice<UInt8>) -> AddressReach {
        let address = Array(octets)
        if metadataHosts.contains(address) { return .metadata }
        switch (address[0], address[1]) {
        case (0, _), (127, _): return .machine
        case (169, 254): return .metadata
        case (10, _), (172, 16...31), (192, 168), (100, 64...127), (198, 18...19): return .network
        case (192, 0) where address[2] == 0: return .network
        case (224..., _): return .network
        default: return .world
        }
    }

    private static func reach(six address: [UInt8]) -> AddressReach {
        func begins(_ prefix: [UInt8]) -> Bool { address.starts(with: prefix) }
        let zeros = [UInt8](repeating: 0, count: 10)
        let nat64: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if begins(zeros + [0xFF, 0xFF]) || begins(zeros + [0, 0]) {
            // `::` and `::1` are of this form, too.
            return reach(four: address[12...])
        }
        if begins(nat64) { return reach(four: address[12...]) }
        if begins([0x20, 0x02]) { return reach(four: address[2..<6]) }
        // AWS has fd00:ec2::254 and ::23, Google fd20:ce::254.
        if begins([0xFD, 0x00, 0x0E, 0xC2]) || begins([0xFD, 0x20, 0x00, 0xCE]) {
            return .metadata
        }
        switch (address[0], address[1] & 0xC0) {
        case (0xFE, 0x80): return .metadata
        case (0xFE, 0xC0), (0xFC...0xFD, _), (0xFF, _): return .network
        // A NAT64 prefix for local use (RFC 8215).
        case (0, _) where begins([0, 0x64, 0xFF, 0x9B]): return .network
        default: return .world
        }
    }
}
