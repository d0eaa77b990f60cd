internal import EventLoop
internal import Logging
internal import Providers
internal import Upstream

/// Tells an operator why upstreams failed. Where all requests of a busy moment fail alike, one line
/// a second has to do.
final class UpstreamTroubles {
    private var nextAt = Instant(nanoseconds: 0)
    private var untold = 0

    private static let pauseMS: UInt64 = 1_000

    /// - Returns: how many failures were not told since the last line; nil when this one is not
    ///   told either.
    func tells(at now: Instant) -> Int? {
        guard now >= nextAt else {
            untold += 1
            return nil
        }
        nextAt = now.advanced(milliseconds: UpstreamTroubles.pauseMS)
        defer { untold = 0 }
        return untold
    }
}

extension WorkerContext {
    /// Counts an upstream's failure, and tells of it.
    func note(_ error: UpstreamError, _ request: ProxyRequest) {
        telemetry.count(error)
        guard error.kind != .cancelled, let untold = troubles.tells(at: loop.now) else { return }
        var metadata: Logger.Metadata = [
            "error": "\(error)", "call_id": "\(request.callID)",
            "deployment": "\(request.deployment?.id ?? "")",
        ]
        if !request.endpointLabel.isEmpty { metadata["endpoint"] = "\(request.endpointLabel)" }
        if untold > 0 { metadata["and_others"] = "\(untold)" }
        let isOwn = error.kind == .noDescriptor
        let what = isOwn ? "too many open files to ask an upstream" : "an upstream failed"
        shared.log.warning("\(what)", metadata: metadata)
    }
}
