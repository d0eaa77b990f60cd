internal import Providers
internal import Upstream

/// What a health check has found.
struct HealthFinding {
    let verdict: HealthProbe.Verdict
    /// Whether the upstream itself has said so. Else it may be trouble of this process alone: its
    /// network, its credential.
    let isUpstreams: Bool

    init(_ verdict: HealthProbe.Verdict, isUpstreams: Bool) {
        self.verdict = verdict
        self.isUpstreams = isUpstreams
    }

    /// What an answer of this status means.
    init(_ verdict: HealthProbe.Verdict, status: Int) {
        self.init(verdict, isUpstreams: ![401, 402, 403, 407].contains(status))
    }

    /// There was no answer, or nothing to ask with.
    static func trouble(_ reason: String) -> HealthFinding {
        HealthFinding(.unhealthy(reason), isUpstreams: false)
    }

    /// The exchange failed. Where this process could not even ask, nothing is known.
    static func trouble(_ error: UpstreamError) -> HealthFinding {
        guard error.kind != .noDescriptor else {
            return HealthFinding(.unknown, isUpstreams: false)
        }
        return trouble(error.plainReason)
    }
}
