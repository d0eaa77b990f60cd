internal import CCurl

/// What a GET brought.
package struct CurlAnswer: Hashable, Sendable {
    /// The HTTP status.
    package let status: Int
    package let body: [UInt8]
}

/// Why a GET brought nothing.
package enum CurlBatchError: Error, Hashable, Sendable {
    case failed(CurlFailure)
    /// The body is longer than was allowed; the rest was not read.
    case tooLarge
}

/// GETs side by side, for a program that has nothing else to do meanwhile.
@safe package struct CurlBatch: ~Copyable {
    /// One GET while it runs.
    private final class Transfer: CurlReceiver {
        let easy: CurlEasy
        let place: Int
        private let bodyBytesMax: Int
        var body: [UInt8] = []
        var isTooLarge = false

        init(_ easy: CurlEasy, place: Int, bodyBytesMax: Int) {
            self.easy = easy
            self.place = place
            self.bodyBytesMax = bodyBytesMax
            easy.receiver = self
        }

        func willSend(onNew socket: CInt?) {}

        func receive(headerLine: UnsafeRawBufferPointer) -> Bool { true }

        func receive(body piece: UnsafeRawBufferPointer) -> Bool {
            isTooLarge = isTooLarge || body.count + piece.count > bodyBytesMax
            if !isTooLarge { unsafe body.append(contentsOf: piece) }
            // Held here until the batch takes the transfer out.
            return !isTooLarge
        }

        func fill(_ space: UnsafeMutableRawBufferPointer, from offset: Int) -> Int? { nil }
    }

    private let handle: UnsafeMutableRawPointer
    private var running: [UnsafeMutableRawPointer: Transfer] = unsafe [:]
    private var results: [Result<CurlAnswer, CurlBatchError>?]

    private init?(count: Int) {
        guard let handle = unsafe curl_multi_init() else { return nil }
        unsafe self.handle = handle
        results = Array(repeating: nil, count: count)
    }

    deinit {
        for transfer in unsafe Array(running.values) {
            unsafe curl_multi_remove_handle(handle, transfer.easy.handle)
        }
        unsafe curl_multi_cleanup(handle)
    }

    private var count: Int { unsafe running.count }

    /// Runs requests without bodies, and waits for all of them.
    ///
    /// - Parameters:
    ///   - headerLines: Lines ending in CRLF, the same for each.
    ///   - concurrency: How many run at a time; 1 or more.
    ///   - bodyBytesMax: The longest body that is taken.
    /// - Returns: what each one brought, in their order.
    package static func get(
        _ requests: [CurlRequest],
        headerLines: [UInt8],
        concurrency: Int,
        bodyBytesMax: Int
    ) -> [Result<CurlAnswer, CurlBatchError>] {
        let none = CurlFailure(code: CURLE_OUT_OF_MEMORY.rawValue, systemCode: 0, detail: "")
        guard var batch = CurlBatch(count: requests.count) else {
            return requests.map { _ in .failure(.failed(none)) }
        }
        var next = 0
        while next < requests.count || batch.count > 0 {
            while next < requests.count, batch.count < max(concurrency, 1) {
                batch.start(requests[next], headerLines, place: next, bodyBytesMax)
                next += 1
            }
            batch.work()
        }
        return batch.results.map { $0 ?? .failure(.failed(none)) }
    }

    private mutating func start(
        _ request: CurlRequest,
        _ headerLines: [UInt8],
        place: Int,
        _ bodyBytesMax: Int
    ) {
        do throws(CurlFailure) {
            let easy = try CurlEasy()
            let transfer = Transfer(easy, place: place, bodyBytesMax: bodyBytesMax)
            // `withUnsafeBytes` rethrows without the type.
            var failure: CurlFailure?
            unsafe headerLines.withUnsafeBytes { lines in
                do throws(CurlFailure) {
                    try unsafe easy.prepare(request, headerLines: lines)
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            guard unsafe curl_multi_add_handle(handle, easy.handle) == CURLM_OK else {
                throw CurlFailure(code: CURLE_FAILED_INIT.rawValue, systemCode: 0, detail: "")
            }
            unsafe running[easy.handle] = transfer
        } catch {
            results[place] = .failure(.failed(error))
        }
    }

    /// Goes on with what runs, then waits for more of it for at most a second.
    private mutating func work() {
        var left: CInt = 0
        unsafe curl_multi_perform(handle, &left)
        var code = CURLE_OK
        while let done = unsafe sg_curl_next_done(handle, &code) {
            guard let transfer = unsafe running[done] else { continue }
            let answer = CurlAnswer(status: transfer.easy.status, body: transfer.body)
            finish(
                transfer,
                code == CURLE_OK
                    ? .success(answer) : .failure(.failed(transfer.easy.failure(code.rawValue)))
            )
        }
        for transfer in unsafe Array(running.values) where transfer.isTooLarge {
            finish(transfer, .failure(.tooLarge))
        }
        if count > 0 { unsafe curl_multi_poll(handle, nil, 0, 1000, nil) }
    }

    private mutating func finish(
        _ transfer: Transfer,
        _ result: Result<CurlAnswer, CurlBatchError>
    ) {
        results[transfer.place] = result
        unsafe curl_multi_remove_handle(handle, transfer.easy.handle)
        unsafe running[transfer.easy.handle] = nil
    }
}
