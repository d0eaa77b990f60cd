internal import CLinux
internal import Glibc

extension StreamSocket {
    /// Connects to `address`.
    /// - Throws: `.timedOut` at the deadline; `.system` with the error that connecting gave.
    package static func connect(
        loop: EventLoop, to address: SocketAddress, until deadline: Instant
    ) async throws(SocketError) -> StreamSocket {
        let descriptor = socket(address.family, SG_SOCK_STREAM | SG_SOCKET_FLAGS, 0)
        guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
        setNoDelay(descriptor, address)
        let result = unsafe address.withSockaddr { pointer, size in
            unsafe sg_connect(descriptor, pointer, size)
        }
        guard result == 0 || errno == EINPROGRESS else {
            let code = errno
            Glibc.close(descriptor)
            throw .system(call: "connect", code: code)
        }
        let stream = try StreamSocket(loop: loop, descriptor: descriptor)
        guard result != 0 else { return stream }
        stream.markConnecting()
        do {
            try await stream.wait(for: .writable, until: deadline)
        } catch {
            stream.close()
            throw error
        }
        let code = stream.pendingError()
        guard code == 0 else {
            stream.close()
            throw .system(call: "connect", code: code)
        }
        return stream
    }

    /// Small writes leave at once: a stream's chunk must not wait for the last one's acknowledgement.
    static func setNoDelay(_ descriptor: CInt, _ address: SocketAddress) {
        guard address.family != AF_UNIX else { return }
        var on: CInt = 1
        _ = unsafe setsockopt(
            descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }
}
