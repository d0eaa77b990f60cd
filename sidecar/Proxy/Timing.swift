internal import HTTP
internal import Providers

/// How long an upstream may take, in milliseconds. The client's own wish goes first, then the
/// deployment's setting, then the table's, then the limits.
struct Timing: Hashable {
    /// Until the answer's head.
    let headMS: UInt64
    /// A whole exchange that is no stream.
    let totalMS: UInt64
    /// Between two pieces of a stream.
    let idleMS: UInt64

    /// Two timeouts, where they are set.
    struct Pair: Hashable {
        var wholeMS: Int?
        var streamMS: Int?
    }

    init(isStream: Bool, asked: Pair, deployment: Pair, table: Pair, limits: ProxyLimits) {
        let whole = asked.wholeMS ?? deployment.wholeMS ?? table.wholeMS
        let stream = asked.streamMS ?? deployment.streamMS ?? table.streamMS
        totalMS = whole.map { UInt64($0) } ?? limits.totalMS
        idleMS = stream.map { UInt64($0) } ?? limits.streamIdleMS
        guard isStream else {
            headMS = min(totalMS, whole == nil ? limits.firstByteMS : totalMS)
            return
        }
        // What the client asks of the whole is stronger than what the table says of streams.
        let head = asked.streamMS ?? asked.wholeMS ?? stream
        headMS =
            head.map { UInt64($0) } ?? whole.map { min(UInt64($0), limits.firstByteMS) }
            ?? limits.firstByteMS
    }

    /// That of the limits alone.
    static let standard = Timing(
        isStream: false,
        asked: Pair(),
        deployment: Pair(),
        table: Pair(),
        limits: ProxyLimits()
    )

    init(request: ProxyRequest, deployment: ResolvedDeployment) {
        self.init(
            isStream: request.isStream,
            asked: Pair(
                wholeMS: request.wishes.timeoutMS,
                streamMS: request.wishes.streamTimeoutMS
            ),
            deployment: Pair(
                wholeMS: deployment.timeoutMS,
                streamMS: deployment.streamTimeoutMS
            ),
            table: Pair(
                wholeMS: request.snapshot.attemptTimeoutMS,
                streamMS: request.snapshot.streamTimeoutMS
            ),
            limits: request.snapshot.limits
        )
    }
}
