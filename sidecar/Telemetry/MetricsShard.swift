package import Synchronization

/// The metrics of one worker. Recording takes the lock once a request; a scrape takes it once a
/// shard.
package final class MetricsShard: Sendable {
    /// The most series a shard keeps; what comes after is counted as `other`, so that neither
    /// clients that invent model names nor large fleets of keys can fill the memory.
    package static let seriesMax = 4096

    struct State: Sendable {
        var places: [SeriesKey: Int] = [:]
        var series: [RequestSeries] = []
        /// What was counted last: in most pods, what will be counted next.
        var last: (key: SeriesKey, place: Int)?
        var failures: [FailureKey: UInt64] = [:]
        var overflows: UInt64 = 0
        var bytesIn: UInt64 = 0
        var bytesOut: UInt64 = 0
        var retries: UInt64 = 0
        var fallbacks: UInt64 = 0
        var routing = RoutingCounts()
        var cache = CacheCounts()
        var credentials = CredentialCounts()
        var upstreamErrors = [UInt64](repeating: 0, count: UpstreamErrorKind.allCases.count)
    }

    let state = Mutex(State())
    private let seriesMax: Int

    /// Requests that are being served.
    package let inFlight = Atomic<Int>(0)
    /// Connections of clients.
    package let openConnections = Atomic<Int>(0)
    /// Connections to upstreams, idle ones included.
    package let upstreamConnections = Atomic<Int>(0)
    /// Bytes of request bodies that are held.
    package let bufferedBytes = Atomic<Int>(0)

    package init(seriesMax: Int = MetricsShard.seriesMax) {
        self.seriesMax = seriesMax
    }

    /// Counts a finished request. O(1), below a microsecond.
    package func record(_ record: RequestRecord) {
        state.withLock { state in
            let place = self.place(of: record, in: &state)
            state.series[place].add(record)
            state.bytesIn &+= UInt64(max(0, record.bytesIn))
            state.bytesOut &+= UInt64(max(0, record.bytesOut))
            state.retries &+= UInt64(max(0, record.retries))
            state.fallbacks &+= UInt64(max(0, record.fallbacks))
            if let cache = record.cache { state.cache.requests[cache.rawValue] &+= 1 }
            for failure in record.failures { add(failure, of: record, to: &state) }
            if let key = RoutingCounts.FallbackKey(record),
                state.routing.fallbacks[key] != nil || state.routing.fallbacks.count < seriesMax
            {
                state.routing.fallbacks[key, default: 0] &+= 1
            }
        }
    }

    /// Counts what went wrong with an upstream.
    package func record(_ error: UpstreamErrorKind) {
        state.withLock { $0.upstreamErrors[error.rawValue] &+= 1 }
    }

    private func place(of record: RequestRecord, in state: inout State) -> Int {
        if state.last?.key.matches(record) == true, let place = state.last?.place { return place }
        var key = SeriesKey(record)
        if let place = state.places[key] {
            state.last = (key, place)
            return place
        }
        if state.series.count >= seriesMax {
            state.overflows &+= 1
            key = .overflow(record)
            if let place = state.places[key] { return place }
            // Statuses are the only thing left to tell apart, and there are few.
            if state.series.count >= seriesMax + 64 { return state.series.count - 1 }
        }
        state.places[key] = state.series.count
        state.series.append(RequestSeries())
        return state.series.count - 1
    }

    private func add(_ failure: FailedAttempt, of record: RequestRecord, to state: inout State) {
        var attempt = failure
        attempt.endpoint = nil
        var key = FailureKey(
            attempt: attempt,
            requestedModel: record.requestedModel,
            modelGroup: record.modelGroup,
            key: record.key
        )
        if state.failures[key] == nil, state.failures.count >= seriesMax {
            state.overflows &+= 1
            let other = SeriesKey.overflow(record)
            key = FailureKey(
                attempt: FailedAttempt(
                    deployment: DeploymentLabels(
                        id: "other",
                        model: "other",
                        apiBase: "other",
                        provider: "other"
                    ),
                    status: 0,
                    errorClass: "other"
                ),
                requestedModel: other.requestedModel,
                modelGroup: other.modelGroup,
                key: other.key
            )
        }
        state.failures[key, default: 0] &+= 1
    }
}
