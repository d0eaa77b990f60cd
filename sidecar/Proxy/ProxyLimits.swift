package import HTTP
internal import JSON
package import RouteTable
package import Upstream

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
    package var upstreamConnection = ConnectionLimits()
    /// One event of a stream; a larger one passes without being looked at.
    package var eventBytes = 1 << 20
    /// An answer that is held to restore its model's name; a larger one passes as it is.
    package var responseBodyBytes = 64 << 20
    /// Requests that wait for room.
    package var queuedRequests = 1_000
    package var queueMS: UInt64 = 30_000
    /// One image or file that is fetched; Bedrock takes no more of one.
    package var mediaBytes = 4_718_592
    package var mediaMS: UInt64 = 10_000

    /// The defaults.
    package init() {}

    /// Those of a table: LiteLLM's own settings, over which `sidegate.limits` wins.
    package init(_ settings: Parameters, values: ReferenceValues, table: RouteTable) {
        let known: [(ParameterKey, LimitName)] = [
            (.requestBytesMax, .requestBodyBytes), (.responseBytesMax, .responseBodyBytes),
            (.inFlightRequestsMax, .inFlightRequests), (.queuedRequestsMax, .queuedRequests),
        ]
        for (key, name) in known {
            if let value = settings.integer(key, using: values) { self[name] = value }
        }
        guard
            let text = settings.json(.sidegateLimits).flatMap({
                table.resolve(json: $0, using: values)
            }), let json = try? JSONValue(parsing: text),
            case .object(let members) = json
        else { return }
        for member in members {
            // What a later compiler may know is not ours to refuse.
            if case .integer(let number) = member.value, let name = LimitName(rawValue: member.key)
            {
                self[name] = Int(number)
            }
        }
    }

    /// A limit by its name. What is below the name's minimum is not taken.
    package subscript(name: LimitName) -> Int {
        get {
            switch name {
            case .headerBytes: http.headBytesMax
            case .requestBodyBytes: http.bodyBytesMax
            case .bufferedBodyBytes: bufferedBodyBytes
            case .connections: connections
            case .inFlightRequests: inFlightRequests
            case .connectTimeoutMS: Int(connectMS)
            case .firstByteTimeoutMS: Int(firstByteMS)
            case .streamIdleTimeoutMS: Int(streamIdleMS)
            case .totalTimeoutMS: Int(totalMS)
            case .keepaliveIdleMS: Int(http.keepAliveIdleMS)
            case .dnsRefreshMS: Int(dnsRefreshMS)
            case .upstreamConnectionAgeMS: Int(upstreamConnection.ageMS)
            case .upstreamConnectionRequests: upstreamConnection.exchanges
            case .eventBytes: eventBytes
            case .responseBodyBytes: responseBodyBytes
            case .queuedRequests: queuedRequests
            case .queueTimeoutMS: Int(queueMS)
            case .mediaBytes: mediaBytes
            case .mediaTimeoutMS: Int(mediaMS)
            }
        }
        set {
            guard newValue >= name.minimum else { return }
            switch name {
            case .headerBytes: http.headBytesMax = newValue
            case .requestBodyBytes: http.bodyBytesMax = newValue
            case .bufferedBodyBytes: bufferedBodyBytes = newValue
            case .connections: connections = newValue
            case .inFlightRequests: inFlightRequests = newValue
            case .connectTimeoutMS: connectMS = UInt64(newValue)
            case .firstByteTimeoutMS: firstByteMS = UInt64(newValue)
            case .streamIdleTimeoutMS: streamIdleMS = UInt64(newValue)
            case .totalTimeoutMS: totalMS = UInt64(newValue)
            case .keepaliveIdleMS: http.keepAliveIdleMS = UInt64(newValue)
            case .dnsRefreshMS: dnsRefreshMS = UInt64(newValue)
            case .upstreamConnectionAgeMS: upstreamConnection.ageMS = UInt64(newValue)
            case .upstreamConnectionRequests: upstreamConnection.exchanges = newValue
            case .eventBytes: eventBytes = newValue
            case .responseBodyBytes: responseBodyBytes = newValue
            case .queuedRequests: queuedRequests = newValue
            case .queueTimeoutMS: queueMS = UInt64(newValue)
            case .mediaBytes: mediaBytes = newValue
            case .mediaTimeoutMS: mediaMS = UInt64(newValue)
            }
        }
    }
}
