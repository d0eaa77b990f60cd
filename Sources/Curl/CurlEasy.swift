internal import CCurl

/// Takes what a transfer brings, and gives what it sends. Called from within `CurlMulti`'s calls
/// and `CurlEasy.resume`; must not start, stop or remove transfers.
package protocol CurlReceiver: AnyObject {
    /// A connection stands, TLS and all, and the request goes out on it next; again for another
    /// one when one that was idle turns out to be broken.
    /// - Parameter socket: the connection's if it was opened for this transfer; nil for one that
    ///   was there already.
    func willSend(onNew socket: CInt?)

    /// One header line with its line end; status lines and the empty line too.
    /// - Returns: false to give the transfer up.
    func receive(headerLine: UnsafeRawBufferPointer) -> Bool

    /// A piece of the body.
    /// - Returns: false to have it again after `CurlEasy.resume`.
    func receive(body: UnsafeRawBufferPointer) -> Bool

    /// Fills in bytes of the request's body from `offset` on.
    /// - Returns: how many; 0 at the end; nil to give the transfer up.
    func fill(_ space: UnsafeMutableRawBufferPointer, from offset: Int) -> Int?
}

/// What one transfer asks for. Milliseconds and bytes.
package struct CurlRequest {
    /// What a request carries, which decides how libcurl sends it.
    package enum Body: Hashable, Sendable {
        /// The answer to HEAD has none either.
        case none, noneForHead
        case bytes(Int)
    }

    package var url: String
    package var method: String
    package var body: Body
    package var connectMS: UInt64
    /// For all of the transfer; nil: as long as it takes.
    package var totalMS: UInt64?
    /// `HOST:PORT` to connect to in place of the URL's, an IPv6 address in brackets. Connections
    /// are used again for the same one only (CURLOPT_CONNECT_TO(3)).
    package var connectTo: String?
    /// Whether the peer's certificate and name are checked.
    package var verifiesPeer = true
    /// Whether HTTP/2 is offered over TLS.
    package var usesHTTP2 = false
    /// PEM certificates to trust in place of the system's.
    package var caFile: String?
    /// A directory of hashed certificates, in place of the system's.
    package var caDirectory: String?

    package init(url: String, method: String, body: Body, connectMS: UInt64) {
        self.url = url
        self.method = method
        self.body = body
        self.connectMS = connectMS
    }
}

/// One transfer of libcurl, to be used again for the next.
///
/// Only http and https, no redirects, no cookies, no netrc, no decompression; HTTP/2 over TLS where
/// the peer offers it. Proxies are taken from the environment, as libcurl does it.
@safe package final class CurlEasy {
    let handle: UnsafeMutableRawPointer
    private var lines: UnsafeMutablePointer<curl_slist>?
    /// libcurl keeps no copy of this list either: it lives until the options are forgotten.
    private var targets: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private var offset = 0
    /// Sockets that this transfer has opened, to several addresses of a host perhaps, and of which
    /// one becomes its connection. While a transfer runs, libcurl does not tell which
    /// (CURLINFO_ACTIVESOCKET is for the time after it).
    private var opened: [CInt] = []
    /// Who gets the callbacks; without one the transfer ends.
    package weak var receiver: (any CurlReceiver)?

    /// - Throws: when memory is short or libcurl was not started.
    package init() throws(CurlFailure) {
        guard let handle = unsafe curl_easy_init() else {
            throw CurlFailure(code: CURLE_FAILED_INIT.rawValue, systemCode: 0, detail: "")
        }
        unsafe self.handle = handle
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(lines)
        unsafe curl_slist_free_all(targets)
        unsafe errorText.deallocate()
    }

    /// Forgets the last transfer's options and sets those of the next.
    /// - Parameter headerLines: lines ending in CRLF; the memory is not used afterwards.
    package func prepare(
        _ request: CurlRequest,
        headerLines: UnsafeRawBufferPointer
    ) throws(CurlFailure) {
        reset()
        unsafe set(CURLOPT_ERRORBUFFER, pointer: UnsafeMutableRawPointer(errorText))
        setConnectionOptions(request)
        setCallbacks()
        var code = unsafe sg_curl_set_string(handle, CURLOPT_URL, request.url)
        guard code == CURLE_OK else { throw failure(code.rawValue) }
        if let target = request.connectTo {
            code = setTarget(target)
            guard code == CURLE_OK else { throw failure(code.rawValue) }
        }
        setBody(request)
        unsafe code = setLines(headerLines)
        guard code == CURLE_OK else { throw failure(code.rawValue) }
    }

    /// Lets go of all options and header lines; connections are not touched.
    package func reset() {
        unsafe curl_easy_reset(handle)
        unsafe curl_slist_free_all(lines)
        unsafe lines = nil
        unsafe curl_slist_free_all(targets)
        unsafe targets = nil
        unsafe errorText.pointee = 0
        offset = 0
        opened.removeAll()
    }

    /// Goes on after `receive(body:)` has returned false; may call it again from within.
    package func resume() {
        unsafe curl_easy_pause(handle, SG_CURL_UNPAUSE)
    }

    /// The proxy's status for CONNECT; 0 without one.
    package var proxyStatus: Int {
        var value = 0
        unsafe sg_curl_get_long(handle, CURLINFO_HTTP_CONNECTCODE, &value)
        return value
    }

    /// The HTTP status of the last answer; 0 without one.
    package var status: Int {
        var value = 0
        unsafe sg_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &value)
        return value
    }

    /// How many connections the transfer had to open.
    package var connectionsOpened: Int {
        var value = 0
        unsafe sg_curl_get_long(handle, CURLINFO_NUM_CONNECTS, &value)
        return value
    }

    func failure(_ code: UInt32) -> CurlFailure {
        var systemCode = 0
        unsafe sg_curl_get_long(handle, CURLINFO_OS_ERRNO, &systemCode)
        let detail = unsafe String(cString: errorText)
        return CurlFailure(code: code, systemCode: CInt(systemCode), detail: detail)
    }

    private func setConnectionOptions(_ request: CurlRequest) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_BUFFERSIZE, 65_536)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_HTTP_VERSION, request.usesHTTP2 ? SG_CURL_HTTP_2_TLS : SG_CURL_HTTP_1_1)
        set(CURLOPT_DNS_CACHE_TIMEOUT, 5)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: request.connectMS))
        if let totalMS = request.totalMS { set(CURLOPT_TIMEOUT_MS, Int(clamping: totalMS)) }
        unsafe sg_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        if !request.verifiesPeer {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let file = request.caFile { unsafe sg_curl_set_string(handle, CURLOPT_CAINFO, file) }
        if let directory = request.caDirectory {
            unsafe sg_curl_set_string(handle, CURLOPT_CAPATH, directory)
        }
    }

    /// Whatever the URL's host and port are, which an empty pattern stands for.
    private func setTarget(_ target: String) -> CURLcode {
        unsafe targets = curl_slist_append(nil, "::\(target)")
        guard unsafe targets != nil else { return CURLE_OUT_OF_MEMORY }
        return unsafe sg_curl_set_pointer(handle, CURLOPT_CONNECT_TO, targets)
    }

    private func setBody(_ request: CurlRequest) {
        switch request.body {
        case .none: set(CURLOPT_HTTPGET, 1)
        case .noneForHead: set(CURLOPT_NOBODY, 1)
        case .bytes(let count):
            // An upload, not a POST: that would add a content type of its own.
            set(CURLOPT_UPLOAD, 1)
            unsafe sg_curl_set_off(handle, CURLOPT_INFILESIZE_LARGE, count)
        }
        unsafe sg_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method)
    }

    /// libcurl drops a field without a value unless it ends in a semicolon, and adds an Accept and,
    /// for large bodies, an Expect of its own unless they are named without a value.
    private func setLines(_ bytes: UnsafeRawBufferPointer) -> CURLcode {
        var all = ["Expect:"]
        var hasAccept = false
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        for part in text.utf8.split(separator: 0x0A) {
            var line = String(Substring(part))
            while let last = line.utf8.last, last == 0x0D || last == 0x20 { line.removeLast() }
            guard !line.isEmpty else { continue }
            if line.utf8.last == UInt8(ascii: ":") {
                line.removeLast()
                line += ";"
            }
            if line.utf8.count > 6, line.prefix(7).lowercased() == "accept:" { hasAccept = true }
            all.append(line)
        }
        if !hasAccept { all.append("Accept:") }
        for line in all {
            guard let longer = unsafe curl_slist_append(lines, line) else {
                return CURLE_OUT_OF_MEMORY
            }
            unsafe lines = longer
        }
        return unsafe sg_curl_set_pointer(handle, CURLOPT_HTTPHEADER, lines)
    }

    private func set(_ option: CURLoption, _ value: Int) {
        unsafe sg_curl_set_long(handle, option, value)
    }

    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) {
        unsafe sg_curl_set_pointer(handle, option, pointer)
    }

    func receive(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ count: Int,
        isHeader: Bool
    ) -> Int {
        guard let receiver else { return 0 }
        let data = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        if isHeader { return unsafe receiver.receive(headerLine: data) ? count : count &- 1 }
        return unsafe receiver.receive(body: data) ? count : SG_CURL_WRITE_PAUSE
    }

    func fill(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let space = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: count)
        guard let added = unsafe receiver?.fill(space, from: offset) else {
            return SG_CURL_READ_ABORT
        }
        offset += added
        return added
    }

    func open(_ address: UnsafePointer<curl_sockaddr>) -> CInt {
        let socket = unsafe sg_curl_open(address)
        if socket >= 0 { opened.append(socket) }
        return socket
    }

    /// The socket of a connection that was opened for this transfer, known by its own port; nil
    /// when it was there before.
    func takeConnected(ownPort: CInt) -> CInt? {
        defer { opened.removeAll() }
        guard opened.count > 1 else { return opened.first }
        return opened.first { sg_curl_own_port($0) == ownPort }
    }

    /// A broken idle connection's request is sent again on another from its beginning.
    func seek(to offset: Int) {
        self.offset = offset
    }
}
