internal import CLinux
internal import Glibc

/// An address to listen on or to connect to: IPv4, IPv6 or a Unix socket's path.
package struct SocketAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The bytes of the `sockaddr`, as the system calls want them.
    let bytes: [UInt8]

    /// From what `getaddrinfo`, `accept4` or `getpeername` filled in.
    package init(bytes storage: UnsafeRawBufferPointer) {
        self.bytes = unsafe Array(storage)
    }

    /// `HOST:PORT` with a numeric host (`[::1]:4000` for IPv6; `localhost` is 127.0.0.1), or
    /// `unix:PATH`. Nil when it is neither.
    package init?(parsing text: String) {
        if text.hasPrefix("unix:") {
            self.init(unixPath: String(text.dropFirst(5)))
            return
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.init(host: host == "localhost" ? "127.0.0.1" : host, port: port)
    }

    /// A numeric IPv4 or IPv6 address.
    package init?(host: String, port: UInt16) {
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = port.bigEndian
        if unsafe inet_pton(AF_INET, host, &four.sin_addr) == 1 {
            self.bytes = unsafe withUnsafeBytes(of: four) { unsafe Array($0) }
            return
        }
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        guard unsafe inet_pton(AF_INET6, host, &six.sin6_addr) == 1 else { return nil }
        self.bytes = unsafe withUnsafeBytes(of: six) { unsafe Array($0) }
    }

    /// At most 107 bytes of path, as Linux has it.
    package init?(unixPath path: String) {
        guard !path.isEmpty, path.utf8.count < 108 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 110)
        let family = UInt16(AF_UNIX)
        bytes[0] = UInt8(family & 0xFF)
        bytes[1] = UInt8(family >> 8)
        for (index, byte) in path.utf8.enumerated() { bytes[2 + index] = byte }
        self.bytes = bytes
    }

    /// The address itself, in the network's order: 4 or 16 bytes, none for a Unix socket.
    package var octets: [UInt8] {
        switch family {
        case AF_INET: Array(bytes[4..<8])
        case AF_INET6: Array(bytes[8..<24])
        default: []
        }
    }

    var family: CInt { CInt(UInt16(bytes[0]) | UInt16(bytes[1]) << 8) }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        switch family {
        case AF_INET: bytes[4] == 127
        case AF_INET6: bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
        default: true
        }
    }

    /// Whether it is an address of a private network, this machine's own included: RFC 1918, RFC
    /// 6598 (which clusters use, too), RFC 3927; RFC 4193 and link-local addresses of IPv6.
    package var isPrivate: Bool {
        if isLoopback { return true }
        switch family {
        case AF_INET:
            switch (bytes[4], bytes[5]) {
            case (10, _), (172, 16...31), (192, 168), (100, 64...127), (169, 254): return true
            default: return false
            }
        case AF_INET6: return bytes[8] & 0xFE == 0xFC || bytes[8] == 0xFE && bytes[9] & 0xC0 == 0x80
        default: return true
        }
    }

    /// The path of a Unix socket.
    package var unixPath: String? {
        guard family == AF_UNIX else { return nil }
        return String(decoding: bytes[2...].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The port, 0 for a Unix socket.
    package var port: UInt16 {
        family == AF_UNIX ? 0 : UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }

    /// The same address with another port.
    package func with(port: UInt16) -> SocketAddress {
        guard family != AF_UNIX else { return self }
        var changed = bytes
        changed[2] = UInt8(port >> 8)
        changed[3] = UInt8(port & 0xFF)
        return unsafe changed.withUnsafeBytes { unsafe SocketAddress(bytes: $0) }
    }

    package var description: String {
        if let unixPath { return "unix:\(unixPath)" }
        return family == AF_INET ? "\(host):\(port)" : "[\(host)]:\(port)"
    }

    /// The numeric host, without the port.
    package var host: String {
        let offset = family == AF_INET ? 4 : 8
        var text = [CChar](repeating: 0, count: 64)
        let result = unsafe bytes.withUnsafeBytes { raw in
            unsafe inet_ntop(family, raw.baseAddress.map { unsafe $0 + offset }, &text, 64)
        }
        guard unsafe result != nil else { return "?" }
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }

    /// An order that stays the same: families apart, then by port and address.
    package static func < (left: SocketAddress, right: SocketAddress) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// All bytes at once: an array would feed them in one by one.
    package func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }

    func withSockaddr<R>(_ body: (UnsafeRawPointer, socklen_t) -> R) -> R {
        let count = socklen_t(family == AF_UNIX ? 110 : bytes.count)
        return unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { fatalError("a socket address is never empty") }
            return unsafe body(base, count)
        }
    }
}
