internal import Synchronization

/// Where AWS credentials come from, as a label of metrics.
package enum CredentialKind: String, CaseIterable, Hashable, Sendable {
    case keys
    case profile
    case webIdentity = "web_identity"
    case container
    case instance
    case role
}

/// What was done to have AWS credentials.
struct CredentialCounts: Sendable {
    struct Key: Hashable, Sendable {
        var kind: CredentialKind
        var isGood: Bool
    }

    var refreshes: [Key: UInt64] = [:]
    var waits: UInt64 = 0

    mutating func merge(_ other: CredentialCounts) {
        refreshes.merge(other.refreshes) { $0 &+ $1 }
        waits &+= other.waits
    }
}

extension MetricsShard {
    /// A fetch of credentials has come to an end.
    package func countRefresh(_ kind: CredentialKind, isGood: Bool) {
        state.withLock {
            let key = CredentialCounts.Key(kind: kind, isGood: isGood)
            $0.credentials.refreshes[key, default: 0] &+= 1
        }
    }

    /// A request could not be signed at once.
    package func countCredentialWait() {
        state.withLock { $0.credentials.waits &+= 1 }
    }
}

extension MetricsText {
    mutating func write(_ counts: CredentialCounts) {
        let refreshes = counts.refreshes.map { key, count in
            (
                "source=\"\(key.kind.rawValue)\",result=\"\(key.isGood ? "success" : "failure")\"",
                count
            )
        }
        write(
            counter: "sidegate_credential_refreshes_total",
            "Fetches of AWS credentials by source and result.",
            Dictionary(refreshes, uniquingKeysWith: { $0 &+ $1 })
        )
        write(
            counter: "sidegate_credential_waits_total",
            "Requests that waited for AWS credentials.",
            ["": counts.waits]
        )
    }
}
