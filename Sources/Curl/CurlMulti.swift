internal import CCurl

/// What libcurl waits for on a socket.
package struct CurlInterest: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let readable = CurlInterest(rawValue: 1)
    package static let writable = CurlInterest(rawValue: 2)
    /// An error or a hang-up, which is reported and never asked for.
    package static let failed = CurlInterest(rawValue: 4)
}

/// What drives a `CurlMulti`: it watches sockets, keeps time, and hears of the ends of transfers.
package protocol CurlDriver: AnyObject {
    /// The socket is to be watched for `interest`; empty: not any more for now. The socket may be
    /// closed right after that without a further word, unless a transfer has received over it.
    func watch(_ socket: CInt, for interest: CurlInterest)

    /// The connection's socket is closed right after this.
    func willClose(_ socket: CInt)

    /// `CurlMulti.timeout` is to be called in that many milliseconds; nil: not any more.
    func setTimer(milliseconds: Int?)

    /// The transfer is over and out of the multi. Not called from within a callback.
    func finished(_ easy: CurlEasy, _ failure: CurlFailure?)
}

/// Transfers that run side by side, with their connections.
///
/// Not for use by several threads. Its driver must live as long as it does.
@safe package final class CurlMulti {
    private let handle: UnsafeMutableRawPointer
    private let context: Context
    private var running: [UnsafeMutableRawPointer: CurlEasy] = unsafe [:]
    private var isInside = false
    private var removals: [CurlEasy] = []

    /// What libcurl's callbacks point at: alive until the handle's clean-up is over.
    private final class Context {
        weak var driver: (any CurlDriver)?
    }

    /// - Parameter connectionsMax: how many connections are kept open, idle ones included.
    /// - Throws: when memory is short.
    package init(driver: any CurlDriver, connectionsMax: Int) throws(CurlFailure) {
        guard let handle = unsafe curl_multi_init() else {
            throw CurlFailure(code: CURLE_OUT_OF_MEMORY.rawValue, systemCode: 0, detail: "")
        }
        unsafe self.handle = handle
        context = Context()
        context.driver = driver
        unsafe sg_curl_multi_set_long(handle, CURLMOPT_PIPELINING, SG_CURL_PIPE_MULTIPLEX)
        unsafe sg_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, connectionsMax)
        setCallbacks()
    }

    deinit {
        let left = unsafe Array(running.values)
        for easy in left {
            unsafe curl_multi_remove_handle(handle, easy.handle)
        }
        unsafe curl_multi_cleanup(handle)
    }

    /// How many transfers run.
    package var count: Int { unsafe running.count }

    /// Starts a prepared transfer and does what can be done of it at once.
    package func add(_ easy: CurlEasy) throws(CurlFailure) {
        let opaque = unsafe Unmanaged.passUnretained(context).toOpaque()
        unsafe easy.set(CURLOPT_CLOSESOCKETDATA, pointer: opaque)
        unsafe sg_curl_set_close_function(easy.handle) {
            (context: UnsafeMutableRawPointer?, socket: curl_socket_t) -> CInt in
            unsafe CurlMulti.driver(context)?.willClose(socket)
            return sg_curl_close(socket)
        }
        guard unsafe curl_multi_add_handle(handle, easy.handle) == CURLM_OK else {
            throw CurlFailure(code: CURLE_FAILED_INIT.rawValue, systemCode: 0, detail: "")
        }
        unsafe running[easy.handle] = easy
        timeout()
    }

    /// Takes a transfer out. Unless it is over, its HTTP/1 connection is closed, its HTTP/2 stream
    /// reset. From within a callback it happens once libcurl is done.
    package func remove(_ easy: CurlEasy) {
        guard !isInside else {
            removals.append(easy)
            return
        }
        guard unsafe running.removeValue(forKey: easy.handle) != nil else { return }
        enter { unsafe curl_multi_remove_handle(handle, easy.handle) }
    }

    /// The timer has come up.
    package func timeout() {
        act(SG_CURL_TIMEOUT_SOCKET, [])
    }

    /// Something has happened on a socket.
    package func ready(_ socket: CInt, _ readiness: CurlInterest) {
        act(socket, readiness)
    }

    private func act(_ socket: CInt, _ readiness: CurlInterest) {
        var left: CInt = 0
        enter {
            unsafe curl_multi_socket_action(handle, socket, CInt(readiness.rawValue), &left)
        }
        finishTransfers()
    }

    private func enter(_ body: () -> CURLMcode) {
        isInside = true
        _ = body()
        isInside = false
        while let easy = removals.popLast() { remove(easy) }
    }

    private func finishTransfers() {
        var code = CURLE_OK
        while let done = unsafe sg_curl_next_done(handle, &code) {
            guard let easy = unsafe running[done] else { continue }
            let failure = code == CURLE_OK ? nil : easy.failure(code.rawValue)
            remove(easy)
            context.driver?.finished(easy, failure)
        }
    }

    private func setCallbacks() {
        let opaque = unsafe Unmanaged.passUnretained(context).toOpaque()
        unsafe sg_curl_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, opaque)
        unsafe sg_curl_multi_set_socket_function(handle) {
            (_, socket: curl_socket_t, what: CInt, context: UnsafeMutableRawPointer?, _) -> CInt in
            let interest = what == CURL_POLL_REMOVE ? 0 : Int(what) & 3
            unsafe CurlMulti.driver(context)?.watch(socket, for: CurlInterest(rawValue: interest))
            return 0
        }
        unsafe sg_curl_multi_set_pointer(handle, CURLMOPT_TIMERDATA, opaque)
        unsafe sg_curl_multi_set_timer_function(handle) {
            (_, milliseconds: Int, context: UnsafeMutableRawPointer?) -> CInt in
            let value = milliseconds < 0 ? nil : milliseconds
            unsafe CurlMulti.driver(context)?.setTimer(milliseconds: value)
            return 0
        }
    }

    private static func driver(_ context: UnsafeMutableRawPointer?) -> (any CurlDriver)? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().driver
    }
}
