package import Logging
internal import Providers
internal import Upstream

/// What an operator should know about a table when it comes into service.
package enum StartReport {
    /// Lists, in one line, the references that have no value.
    package static func warn(about snapshot: TableSnapshot, log: Logger) {
        if !snapshot.missing.isEmpty {
            log.warning(
                "credentials without a value: their deployments are disabled",
                metadata: ["missing": "\(snapshot.missing.joined(separator: ", "))"]
            )
        }
        let problems = snapshot.bedrock.problems
        if !problems.isEmpty {
            log.warning(
                "deployments on Bedrock are disabled",
                metadata: ["reasons": "\(problems.joined(separator: "; "))"]
            )
        }
        if !snapshot.unreadable.isEmpty {
            log.warning(
                "values that cannot be read: their deployments and keys are disabled",
                metadata: ["unreadable": "\(snapshot.unreadable.joined(separator: "; "))"]
            )
        }
    }

    /// Said once, at the start, when they are made.
    package static func warnAboutTrust(_ snapshot: TableSnapshot, log: Logger) {
        guard !snapshot.tlsSettings.verifies else { return }
        log.warning("upstreams' certificates are not verified: ssl_verify is false")
    }

    /// Said once, at the start.
    package static func warnAboutOpenAccess(_ snapshot: TableSnapshot, log: Logger) {
        guard snapshot.isOpen else { return }
        log.warning(
            "no master key and no virtual keys: everybody who reaches the listener may call"
        )
    }
}
