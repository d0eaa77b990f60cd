internal import CLinux
internal import Glibc

/// A listening socket on the loop.
package final class Listener: ReadinessHandler {
    private let loop: EventLoop
    private var descriptor: CInt
    private var registration: Registration?
    private var pause: DeadlineTimer?
    private let accept: (StreamSocket, SocketAddress?) -> Void
    /// What it is bound to; the real port when port 0 was asked for.
    package let address: SocketAddress

    /// Listens with an open descriptor (from `ListeningSocket`), which stays the caller's.
    /// - Parameter accept: called on the loop with each connection.
    package init(
        loop: EventLoop,
        socket: ListeningSocket,
        accept: @escaping (StreamSocket, SocketAddress?) -> Void
    ) throws(LoopError) {
        self.loop = loop
        self.descriptor = socket.descriptor
        self.address = socket.address
        self.accept = accept
        try resume()
    }

    /// Takes what waits to be accepted, some of it at a time.
    package func handle(_ readiness: Readiness) {
        // Bounded, so that a flood of connections does not keep open ones from their turn.
        for _ in 0..<32 {
            guard let (fd, peer) = acceptOne() else { return }
            take(fd, peer)
        }
    }

    private func take(_ fd: CInt, _ peer: SocketAddress?) {
        StreamSocket.setNoDelay(fd, address)
        StreamSocket.limitUnsent(fd, address)
        guard let stream = try? StreamSocket(loop: loop, descriptor: fd) else { return }
        accept(stream, peer)
    }

    deinit {
        if let registration { loop.deregister(registration, fd: descriptor) }
        pause?.invalidate()
    }

    /// Takes what has come so far, and has who comes later refused. At a socket that listens while
    /// nobody takes from it, they would wait instead.
    package func finish() {
        while let (fd, peer) = acceptOne() { take(fd, peer) }
        if descriptor >= 0 { _ = shutdown(descriptor, CInt(SHUT_RDWR)) }
        close()
    }

    /// Takes no more connections.
    package func close() {
        if let registration { loop.deregister(registration, fd: descriptor) }
        registration = nil
        pause?.invalidate()
        descriptor = -1
    }

    private func resume() throws(LoopError) {
        guard descriptor >= 0, registration == nil else { return }
        registration = try loop.register(descriptor, [.readable, .exclusive], self)
    }

    private func acceptOne() -> (CInt, SocketAddress?)? {
        guard descriptor >= 0 else { return nil }
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let fd = unsafe sg_accept(descriptor, &storage, &size)
        if fd < 0 {
            if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS {
                backOff()
            }
            return nil
        }
        guard address.unixPath == nil else { return (fd, nil) }
        let peer = unsafe withUnsafeBytes(of: &storage) { raw in
            unsafe SocketAddress(bytes: UnsafeRawBufferPointer(rebasing: raw.prefix(Int(size))))
        }
        return (fd, peer)
    }

    /// Out of descriptors or memory: the connection waits in the backlog, and the loop does not
    /// spin on it, until others have closed.
    func backOff() {
        if let registration { loop.deregister(registration, fd: descriptor) }
        registration = nil
        if pause == nil {
            pause = DeadlineTimer(loop: loop) { [weak self] in self?.tryAgain() }
        }
        pause?.set(loop.now.advanced(milliseconds: 100))
    }

    private func tryAgain() {
        do { try resume() } catch { backOff() }
    }
}

/// A bound, listening socket, made before any loop runs so that errors end the start.
package struct ListeningSocket: Sendable {
    package let descriptor: CInt
    package let address: SocketAddress

    /// - Throws: `.system` when the address is in use or not allowed.
    package static func bind(_ address: SocketAddress) throws(SocketError) -> ListeningSocket {
        let descriptor = socket(address.family, SG_SOCK_STREAM | SG_SOCKET_FLAGS, 0)
        guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
        if let path = address.unixPath { removeStaleSocket(path) }
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        let bound = unsafe address.withSockaddr { pointer, size in
            unsafe sg_bind(descriptor, pointer, size)
        }
        guard bound == 0, listen(descriptor, 4096) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw .system(call: "bind \(address)", code: code)
        }
        return ListeningSocket(descriptor: descriptor, address: boundAddress(descriptor) ?? address)
    }

    /// Closes it, and removes a Unix socket's file.
    package func close() {
        Glibc.close(descriptor)
        if let path = address.unixPath { unsafe unlink(path) }
    }

    private static func boundAddress(_ descriptor: CInt) -> SocketAddress? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe sg_getsockname(descriptor, &storage, &size)
        guard result == 0, storage.ss_family != sa_family_t(AF_UNIX) else { return nil }
        return unsafe withUnsafeBytes(of: &storage) { raw in
            unsafe SocketAddress(bytes: UnsafeRawBufferPointer(rebasing: raw.prefix(Int(size))))
        }
    }

    /// A socket file that nobody listens on, left by a crash, is in the way; one in use is not
    /// ours.
    private static func removeStaleSocket(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK,
            let address = SocketAddress(unixPath: path)
        else { return }
        let probe = socket(AF_UNIX, SG_SOCK_STREAM, 0)
        guard probe >= 0 else { return }
        defer { Glibc.close(probe) }
        let result = unsafe address.withSockaddr { pointer, size in
            unsafe sg_connect(probe, pointer, size)
        }
        if result != 0, errno == ECONNREFUSED { unsafe unlink(path) }
    }
}
