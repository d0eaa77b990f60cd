internal import EventLoop
internal import Glibc
internal import POSIX

/// Host names by the system's own rules: its files, its name servers.
enum SystemResolver {
    /// Why a name has no address, in the C library's words.
    struct Failure: Error {
        let text: String
        /// The process was out of descriptors to ask with, which says nothing of the name.
        var isOwn = false
    }

    /// The addresses of a host, with port 0. Blocks, for as long as name servers are silent.
    static func resolve(_ host: String) -> Result<[SocketAddress], Failure> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            let text = unsafe String(cString: gai_strerror(code))
            return .failure(Failure(text: text, isOwn: FileDescriptor.areScarce))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let info = unsafe next?.pointee {
            if let base = unsafe info.ai_addr {
                let bytes = unsafe UnsafeRawBufferPointer(start: base, count: Int(info.ai_addrlen))
                unsafe addresses.append(SocketAddress(bytes: bytes))
            }
            unsafe next = info.ai_next
        }
        return addresses.isEmpty ? .failure(Failure(text: "no address")) : .success(addresses)
    }
}
