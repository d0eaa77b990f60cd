internal import EventLoop
internal import HTTP
internal import OpenAI
internal import POSIX
internal import Routing
internal import Telemetry
internal import Upstream

/// Turns a finished request into its metrics and its line in the access log.
final class WorkerTelemetry {
    let shard: MetricsShard
    private let log: LogWriter?
    private var lines = AccessLog()
    private var flushTimer: DeadlineTimer?
    private let loop: EventLoop
    private let clock = WallClock()

    /// Lines wait for company this long, and no longer than this many bytes.
    private static let flushMS: UInt64 = 500
    private static let flushBytes = 32_768

    /// - Parameter log: nil for no access log.
    init(shard: MetricsShard, log: LogWriter?, loop: EventLoop) {
        self.shard = shard
        self.log = log
        self.loop = loop
    }

    func count(_ error: UpstreamError) {
        if let kind = error.metricKind { shard.record(kind) }
    }

    /// An endpoint of a deployment begins to cool.
    func countCooldown(_ request: ProxyRequest, status: Int) {
        if let labels = request.labels { shard.countCooldown(labels, status: status) }
    }

    func record(_ request: ProxyRequest) {
        let record = makeRecord(request)
        shard.record(record)
        guard let log else { return }
        lines.append(record)
        if lines.count >= WorkerTelemetry.flushBytes {
            flush()
            return
        }
        if flushTimer == nil {
            flushTimer = DeadlineTimer(loop: loop) { [weak self] in self?.flush() }
        }
        if flushTimer?.deadline == nil {
            flushTimer?.set(loop.now.advanced(milliseconds: WorkerTelemetry.flushMS))
        }
        _ = log
    }

    /// Hands waiting lines to the log's thread.
    func flush() {
        guard let log, lines.count > 0 else { return }
        log.write(lines.bytes)
        lines.removeAll()
    }

    private func makeRecord(_ request: ProxyRequest) -> RequestRecord {
        let record = RequestRecord()
        let now = Instant.now()
        record.duration = now.since(request.startedAt)
        record.startedAt = clock.wallNS(at: request.startedAt)
        record.upstreamDuration = request.upstreamNS
        if request.isStream, let sent = request.sentAt, let first = request.firstContentAt {
            record.timeToFirstToken = first.since(sent)
        }
        record.method = request.head.method.text
        record.path = request.head.pathText
        record.route = request.endpoint.route
        record.status = request.status
        record.isStream = request.isStream
        record.bytesIn = request.connection.bytesIn - request.bytesInBefore
        record.bytesOut = request.connection.bytesOut - request.bytesOutBefore
        record.callID = request.callID
        record.clientAddress = request.clientAddress
        record.requestedModel = request.model
        record.modelGroup = request.fallbackName ?? request.model
        record.isModelKnown = request.model == nil || request.isModelKnown
        record.deployment = request.labels
        record.endpoint = request.endpointLabel.isEmpty ? nil : request.endpointLabel
        record.queued = request.queuedNS
        record.retries = request.retries
        let label = request.snapshot.access.label(request.caller)
        record.key = label.hash.map { KeyLabels(hash: $0, alias: label.alias) }
        record.isUpstreamSuccess = request.errorClass == nil && request.answeredAt != nil
        record.failures = request.failures
        record.fallbacks = request.fallbacks
        record.fallback = request.fallbackName.map {
            RequestRecord.Fallback(model: $0, isSuccess: request.errorClass == nil)
        }
        record.errorClass = request.errorClass
        if let caching = request.caching {
            record.cache = caching.result
            record.tokensServed = caching.tokensServed
        }
        if let usage = request.usage {
            record.promptTokens = usage.prompt
            record.completionTokens = usage.completion
            record.cachedTokens = usage.cached
            record.reasoningTokens = usage.reasoning
        }
        return record
    }
}

/// Wall-clock time from the loop's monotonic one, so that a request's line needs no system call.
struct WallClock {
    private let offset: UInt64

    init() {
        offset = Clock.wallNS() &- Instant.now().nanoseconds
    }

    /// Nanoseconds since 1970.
    func wallNS(at instant: Instant) -> UInt64 { instant.nanoseconds &+ offset }
}

extension Moment {
    /// A point of the loops' clock, as routing sees it.
    init(now: Instant, _ clock: WallClock) {
        self.init(
            nanoseconds: now.nanoseconds,
            minute: clock.wallNS(at: now) / 60_000_000_000
        )
    }
}

extension UpstreamError {
    /// The label of the metric; nil where the upstream is not to blame.
    var metricKind: UpstreamErrorKind? {
        switch kind {
        case .resolve: .resolve
        case .connect: .connect
        case .connectTimeout: .connectTimeout
        case .tls: .tls
        case .closedBeforeHead: .reset
        case .closedInBody: .truncated
        case .firstByteTimeout: .firstByteTimeout
        case .idleTimeout: .idleTimeout
        case .totalTimeout: .totalTimeout
        case .malformed: .malformed
        case .cancelled, .noDescriptor: nil
        }
    }
}
