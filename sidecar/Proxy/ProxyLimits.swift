package import HTTP
internal import JSON
internal import RouteTable

/// Everything that has a limit, by the names that the table's `sidegate: {limits: …}` uses. Counts
/// are for one worker; bytes and milliseconds.
package struct ProxyLimits: Hashable, Sendable {
    package var http = HTTPLimits()
    /// All buffered bodies of the process together.
    package var bufferedBodyBytes = 256 << 20
    package var connections = 20_000
    package var inFlightRequests = 10_000
    package var connectMS: UInt64 = 2_000
    /// The answer's head.
    package var firstByteMS: UInt64 = 600_000
    /// Between two pieces of a streamed answer.
    package var streamIdleMS: UInt64 = 120_000
    /// A whole exchange that is no stream.
    package var totalMS: UInt64 = 600_000
    package var dnsRefreshMS: UInt64 = 5_000
    /// One event of a stream; a larger one passes without being looked at.
    package var eventBytes = 1 << 20
    /// An answer that is held to restore its model's name; a larger one passes as it is.
    package var responseBodyBytes = 64 << 20

    package init() {}

    init(_ table: RouteTable, _ text: String?) {
        if let value = table.settings.integer(.requestBytesMax) { http.bodyBytesMax = value }
        if let value = table.settings.integer(.inFlightRequestsMax) { inFlightRequests = value }
        guard let text, let json = try? JSONValue(parsing: text),
            case .object(let members) = json
        else { return }
        for member in members {
            // The compiler has refused what is not positive.
            if case .integer(let number) = member.value, number > 0 {
                set(member.key, Int(number))
            }
        }
    }

    private mutating func set(_ name: String, _ value: Int) {
        switch name {
        case "header_bytes": http.headBytesMax = value
        case "request_body_bytes": http.bodyBytesMax = value
        case "buffered_body_bytes": bufferedBodyBytes = value
        case "connections": connections = value
        case "in_flight_requests": inFlightRequests = value
        case "connect_timeout_ms": connectMS = UInt64(value)
        case "first_byte_timeout_ms": firstByteMS = UInt64(value)
        case "stream_idle_timeout_ms": streamIdleMS = UInt64(value)
        case "total_timeout_ms": totalMS = UInt64(value)
        case "keepalive_idle_ms": http.keepAliveIdleMS = UInt64(value)
        case "dns_refresh_ms": dnsRefreshMS = UInt64(value)
        case "sse_event_bytes": eventBytes = value
        case "response_body_bytes": responseBodyBytes = value
        default: break
        }
    }
}
