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
    package var answerHead = AnswerHeadLimits()
    /// Nested arrays and objects of a request's body.
    package var jsonDepth = 512
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

    /// A limit by its name. What is outside the name's range is not taken.
    package subscript(name: LimitName) -> Int {
        get {
            switch ProxyLimits.place(of: name) {
            case .count(let path): self[keyPath: path]
            case .milliseconds(let path): Int(self[keyPath: path])
            }
        }
        set {
            guard name.range.contains(newValue) else { return }
            switch ProxyLimits.place(of: name) {
            case .count(let path): self[keyPath: path] = newValue
            case .milliseconds(let path): self[keyPath: path] = UInt64(newValue)
            }
        }
    }

    private enum Place {
        case count(WritableKeyPath<ProxyLimits, Int>)
        case milliseconds(WritableKeyPath<ProxyLimits, UInt64>)
    }

    /// Where each limit is kept.
    private static func place(of name: LimitName) -> Place {
        switch name {
        case .headerBytes: .count(\.http.headBytesMax)
        case .headerCount: .count(\.http.fieldsMax)
        case .urlBytes: .count(\.http.targetBytesMax)
        case .headerTimeoutMS: .milliseconds(\.http.headMS)
        case .requestBodyBytes: .count(\.http.bodyBytesMax)
        case .bodyIdleTimeoutMS: .milliseconds(\.http.bodyIdleMS)
        case .jsonDepth: .count(\.jsonDepth)
        case .bufferedBodyBytes: .count(\.bufferedBodyBytes)
        case .connections: .count(\.connections)
        case .pipelinedRequests: .count(\.http.pipelinedMax)
        case .writeStallTimeoutMS: .milliseconds(\.http.writeStallMS)
        case .inFlightRequests: .count(\.inFlightRequests)
        case .connectTimeoutMS: .milliseconds(\.connectMS)
        case .firstByteTimeoutMS: .milliseconds(\.firstByteMS)
        case .streamIdleTimeoutMS: .milliseconds(\.streamIdleMS)
        case .totalTimeoutMS: .milliseconds(\.totalMS)
        case .keepaliveIdleMS: .milliseconds(\.http.keepAliveIdleMS)
        case .dnsRefreshMS: .milliseconds(\.dnsRefreshMS)
        case .upstreamConnectionAgeMS: .milliseconds(\.upstreamConnection.ageMS)
        case .upstreamConnectionRequests: .count(\.upstreamConnection.exchanges)
        case .upstreamHeaderBytes: .count(\.answerHead.bytesMax)
        case .upstreamHeaderCount: .count(\.answerHead.fieldsMax)
        case .eventBytes: .count(\.eventBytes)
        case .responseBodyBytes: .count(\.responseBodyBytes)
        case .queuedRequests: .count(\.queuedRequests)
        case .queueTimeoutMS: .milliseconds(\.queueMS)
        case .mediaBytes: .count(\.mediaBytes)
        case .mediaTimeoutMS: .milliseconds(\.mediaMS)
        }
    }
}
