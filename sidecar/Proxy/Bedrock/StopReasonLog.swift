internal import Logging
internal import Synchronization

/// Tells the log of stop reasons that this gateway does not know: once for each model's, so that a
/// new one is noticed without a line for each request.
final class StopReasonLog: Sendable {
    private struct Sighting: Hashable, Sendable {
        let model: String
        let reason: String
    }

    private let seen = Mutex<Set<Sighting>>([])
    /// Clients choose models, and a broken upstream its reasons.
    private static let sightingsMax = 256
    private static let reasonCharactersMax = 64

    /// - Parameter reason: nil for one that is known.
    func note(_ reason: String?, model: String, log: Logger) {
        guard let reason else { return }
        let sighting = Sighting(
            model: model,
            reason: String(reason.prefix(Self.reasonCharactersMax))
        )
        let isNew = seen.withLock { seen in
            seen.count < Self.sightingsMax && seen.insert(sighting).inserted
        }
        guard isNew else { return }
        log.warning(
            "a stop reason that is not known is taken for stop",
            metadata: ["model": "\(sighting.model)", "reason": "\(sighting.reason)"]
        )
    }
}
