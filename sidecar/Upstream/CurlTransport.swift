package import Curl
package import EventLoop
package import HTTP

/// Talks to upstreams through libcurl: https, HTTP/2, and whatever a proxy is named for.
///
/// One for each worker; all of it runs on the worker's loop. The process must have called
/// `CurlTransport.startUp`, and must ignore SIGPIPE.
package final class CurlTransport: UpstreamTransport {
    let loop: EventLoop
    /// Those of the table in service.
    package var answerHead = AnswerHeadLimits()
    private let tls: TLSSettings
    private let connectionsMax: Int
    private var multi: CurlMulti?
    private var sockets: CurlSockets?
    private var timer: DeadlineTimer?
    private var spare: [CurlEasy] = []
    private var isClosing = false
    private let open: OpenConnections
    /// The sockets of connections that stand.
    private var connected: Set<CInt> = []

    private static let spareMax = 64

    /// - Parameters:
    ///   - connectionsMax: how many connections are kept open, idle ones included.
    ///   - connectionsChanged: told 1 for each connection that opens, -1 for each that closes.
    package init(
        loop: EventLoop,
        tls: TLSSettings = TLSSettings(),
        connectionsMax: Int = 256,
        connectionsChanged: @escaping (Int) -> Void = { _ in }
    ) {
        self.loop = loop
        open = OpenConnections(changed: connectionsChanged)
        self.tls = tls.completed()
        self.connectionsMax = connectionsMax
        sockets = CurlSockets(loop: loop, owner: self)
        timer = DeadlineTimer(loop: loop) { [weak self] in self?.multi?.timeout() }
    }

    deinit {
        multi = nil
        sockets?.forgetAll()
        timer?.invalidate()
    }

    /// Initialises libcurl for the process, before the first transport; OpenSSL comes first.
    /// - Throws: `.connect` when libcurl cannot start.
    package static func startUp() throws(UpstreamError) {
        do {
            try CurlStartup.run()
        } catch {
            throw UpstreamError(.connect, "libcurl: \(error)")
        }
    }

    /// A new exchange, which nothing has been sent on.
    package func makeExchange() -> any UpstreamExchange {
        CurlExchange(transport: self)
    }

    /// Closes idle connections now, and the others when their exchanges end. libcurl can close them
    /// only all together.
    package func closeIdle() {
        isClosing = true
        closeIfUnused()
    }

    package var connectionCount: Int { open.count }

    /// How many sockets the loop watches for libcurl; some idle connections are not among them.
    var socketCount: Int { sockets?.count ?? 0 }

    func start(
        _ request: UpstreamRequest,
        connectMS: UInt64,
        receiver: any CurlReceiver
    ) throws(CurlFailure) -> CurlEasy {
        let easy = if let used = spare.popLast() { used } else { try CurlEasy() }
        var options = CurlRequest(
            url: "\(request.origin)\(request.target)",
            method: "\(request.method.name)",
            body: body(of: request),
            connectMS: connectMS
        )
        options.connectTo = request.address?.description
        options.verifiesPeer = tls.verifies
        options.usesHTTP2 = tls.usesHTTP2
        options.caFile = tls.caFile
        options.caDirectory = tls.caDirectory
        try unsafe easy.prepare(options, headerLines: request.headerLines.bytes)
        let multi = try openMulti()
        easy.receiver = receiver
        try multi.add(easy)
        return easy
    }

    /// Ends a transfer, whether it is over or not.
    func release(_ easy: CurlEasy) {
        multi?.remove(easy)
        easy.receiver = nil
        easy.reset()
        if spare.count < CurlTransport.spareMax { spare.append(easy) }
        if isClosing { closeIfUnused() }
    }

    /// A connection stands, over this socket.
    func opened(_ socket: CInt) {
        if connected.insert(socket).inserted { open.opened() }
    }

    /// The first transfer receives over this socket.
    func keep(_ socket: CInt) {
        sockets?.keep(socket)
    }

    private func body(of request: UpstreamRequest) -> CurlRequest.Body {
        switch request.method {
        case .head: .noneForHead
        case .post, .put, .patch: .bytes(request.bodyCount)
        default: request.bodyCount > 0 ? .bytes(request.bodyCount) : .none
        }
    }

    private func openMulti() throws(CurlFailure) -> CurlMulti {
        if let multi { return multi }
        let created = try CurlMulti(driver: self, connectionsMax: connectionsMax)
        multi = created
        return created
    }

    private func closeIfUnused() {
        guard let multi, multi.count == 0 else { return }
        self.multi = nil
        timer?.clear()
    }
}

extension CurlTransport: CurlDriver, CurlSocketOwner {
    /// libcurl wants to know what happens on a socket.
    package func watch(_ socket: CInt, for interest: CurlInterest) {
        sockets?.watch(socket, for: interest)
    }

    /// libcurl is about to close a socket.
    package func willClose(_ socket: CInt) {
        sockets?.forget(socket, isOpen: false)
        if connected.remove(socket) != nil { open.closed() }
    }

    /// libcurl wants to be called after this time; nil for never.
    package func setTimer(milliseconds: Int?) {
        guard let milliseconds else {
            timer?.clear()
            return
        }
        // Behind this turn's time, so that a run of zeros lets others have their turns.
        let due = loop.now.advanced(milliseconds: UInt64(milliseconds)).nanoseconds
        timer?.set(Instant(nanoseconds: due == .max ? due : due + 1))
    }

    /// A transfer has ended, with a failure or without.
    package func finished(_ easy: CurlEasy, _ failure: CurlFailure?) {
        (easy.receiver as? CurlExchange)?.finished(failure)
    }

    /// Something happened on a socket that libcurl watches.
    package func ready(_ socket: CInt, _ readiness: CurlInterest) {
        multi?.ready(socket, readiness)
    }
}
