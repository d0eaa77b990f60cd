internal import CLinux
internal import Glibc

extension StreamSocket {
    /// Begins to connect to `address`; `finishConnecting` follows.
    /// - Throws: `.system` with the error that connecting gave at once.
    package static func connecting(
        to address: SocketAddress,
        on loop: EventLoop
    ) throws(SocketError) -> StreamSocket {
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
        stream.markConnecting()
        return stream
    }

    /// Waits until the connection stands.
    /// - Throws: `.timedOut` at the deadline, `.cancelled` when it was closed meanwhile, `.system`
    ///   with the error that connecting gave. The socket is closed then.
    package func finishConnecting(until deadline: Instant) async throws(SocketError) {
        do throws(SocketError) {
            try await wait(for: .writable, until: deadline)
            let code = pendingError()
            guard code == 0 else { throw .system(call: "connect", code: code) }
        } catch {
            close()
            throw error
        }
    }

    /// Small writes leave at once: a stream's chunk must not wait for the last one's
    /// acknowledgement.
    static func setNoDelay(_ descriptor: CInt, _ address: SocketAddress) {
        set(TCP_NODELAY, 1, descriptor, address)
    }

    /// Limits what the kernel keeps of a peer that takes nothing. Without a limit that grows to
    /// megabytes a connection, which count as the process' memory, too; what the peer's window has
    /// room for is not part of it.
    static func limitUnsent(_ descriptor: CInt, _ address: SocketAddress) {
        set(TCP_NOTSENT_LOWAT, unsentBytesMax, descriptor, address)
    }

    /// A body of 100 KB leaves at once.
    private static let unsentBytesMax: CInt = 131_072

    private static func set(
        _ option: CInt,
        _ value: CInt,
        _ descriptor: CInt,
        _ address: SocketAddress
    ) {
        guard address.family != AF_UNIX else { return }
        var value = value
        let size = socklen_t(MemoryLayout<CInt>.size)
        _ = unsafe setsockopt(descriptor, CInt(IPPROTO_TCP), option, &value, size)
    }
}

extension SocketAddress {
    /// A blocking connection, for a program that has nothing else to do.
    /// - Parameter timeoutSeconds: for connecting and for each read and write.
    package func connectBlocking(timeoutSeconds: Int) -> CInt? {
        let descriptor = socket(family, SG_SOCK_STREAM, 0)
        guard descriptor >= 0 else { return nil }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &timeout, size)
        }
        let result = unsafe withSockaddr { pointer, size in
            unsafe sg_connect(descriptor, pointer, size)
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
