/// The names that `sidegate: {limits: {…}}` may use: the compiler checks against this list and the
/// sidecar obeys it. Each value is a whole number in `range`, in the unit that the name ends with;
/// a count where it names none.
package enum LimitName: String, CaseIterable, Hashable, Sendable {
    /// The head of a request, its first line included.
    case headerBytes = "header_bytes"
    /// The fields of a request's head.
    case headerCount = "header_count"
    /// A request's target: path and query.
    case urlBytes = "url_bytes"
    /// From a head's first byte to its last.
    case headerTimeoutMS = "header_timeout_ms"
    /// The body of one request.
    case requestBodyBytes = "request_body_bytes"
    /// Between two pieces of a request's body.
    case bodyIdleTimeoutMS = "body_idle_timeout_ms"
    /// Nested arrays and objects of a request's body.
    case jsonDepth = "json_depth"
    /// All bodies that the process holds at once.
    case bufferedBodyBytes = "buffered_body_bytes"
    /// Open connections of clients, of one worker.
    case connections
    /// Requests in a row that came before the answer to the one before them.
    case pipelinedRequests = "pipelined_requests"
    /// How long a client may take nothing of its answer.
    case writeStallTimeoutMS = "write_stall_timeout_ms"
    /// Requests that are being served, of one worker.
    case inFlightRequests = "in_flight_requests"
    /// Until an upstream's connection stands.
    case connectTimeoutMS = "connect_timeout_ms"
    /// Until an upstream's answer begins.
    case firstByteTimeoutMS = "first_byte_timeout_ms"
    /// Between two pieces of a streamed answer.
    case streamIdleTimeoutMS = "stream_idle_timeout_ms"
    /// A whole exchange that is no stream.
    case totalTimeoutMS = "total_timeout_ms"
    /// How long a client's idle connection stays open.
    case keepaliveIdleMS = "keepalive_idle_ms"
    /// How long an upstream's resolved name is trusted.
    case dnsRefreshMS = "dns_refresh_ms"
    /// How long a connection to a plain-HTTP upstream is used.
    case upstreamConnectionAgeMS = "upstream_connection_age_ms"
    /// Exchanges on one connection to a plain-HTTP upstream.
    case upstreamConnectionRequests = "upstream_connection_requests"
    /// The head of an upstream's answer, interim ones included.
    case upstreamHeaderBytes = "upstream_header_bytes"
    /// The fields of an upstream's answer.
    case upstreamHeaderCount = "upstream_header_count"
    /// One event of a stream.
    case eventBytes = "sse_event_bytes"
    /// An answer that is held to restore its model's name.
    case responseBodyBytes = "response_body_bytes"
    /// Requests that wait for room, of one worker.
    case queuedRequests = "queued_requests"
    /// How long a request may wait for room.
    case queueTimeoutMS = "queue_timeout_ms"
    /// One image or file that is fetched for a request; what the model takes is a limit, too.
    case mediaBytes = "media_bytes"
    /// Until an image or file is fetched, from its name's look-up to the last byte.
    case mediaTimeoutMS = "media_timeout_ms"

    /// What it may be. Nothing could be served with less than 1 of most; a queue may be closed.
    /// What reads bodies into trees goes no deeper than 512.
    package var range: ClosedRange<Int> {
        switch self {
        case .queuedRequests: 0...Int.max
        case .jsonDepth: 1...512
        default: 1...Int.max
        }
    }
}
