extension FleetKeys {
    /// What all sidecars have in flight, added up: by `LoadName`.
    package var load: String { key("f:load") }

    /// What each of them said last: by instance.
    package var loadSaid: String { key("f:load:said") }

    /// Who says it, by the millisecond at which that holds no more.
    package var loadLive: String { key("f:load:live") }

    /// Mean latencies: by `LatencyName`.
    package var latency: String { key("f:latency") }

    /// The same names, by the millisecond at which the mean holds no more.
    package var latencyEnds: String { key("f:latency:ends") }
}

/// What sidecars count together.
package enum LoadName {
    /// Requests in flight at an endpoint.
    package static func inFlight(_ endpoint: EndpointName) -> String? {
        line("e:" + endpoint.text)
    }

    /// Requests that were begun in a group between two beats.
    package static func begun(group: String) -> String? {
        group.utf8.count < EndpointName.bytesMax ? line("g:" + group) : nil
    }

    /// What a sidecar says is a text of lines, so a name has no control characters.
    private static func line(_ name: String) -> String? {
        name.utf8.contains { $0 < 0x20 || $0 == 0x7F } ? nil : name
    }
}

/// What sidecars measure together.
package enum LatencyName {
    /// To the first token of streams.
    package static func firstToken(_ endpoint: EndpointName) -> String { "f:" + endpoint.text }

    /// An output token of other answers.
    package static func token(_ endpoint: EndpointName) -> String { "t:" + endpoint.text }
}
