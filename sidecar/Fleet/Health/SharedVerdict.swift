/// What an upstream itself has said to a health check, as all sidecars are told.
package struct SharedVerdict: Hashable, Sendable {
    /// What it means for the endpoint.
    package enum Kind: String, Hashable, Sendable {
        case healthy = "h"
        case unhealthy = "u"
        /// It was asked, and what it said tells nothing of its health.
        case unknown = "n"
    }

    package let kind: Kind
    /// Why it is not healthy; for people.
    package let reason: String
    /// Which instance has asked, and in which pod; the pod may be empty.
    package let instance: String
    package let pod: String

    package init(_ kind: Kind, reason: String = "", instance: String, pod: String) {
        self.kind = kind
        self.reason = Self.line(reason, countMax: Self.reasonMax)
        self.instance = instance
        self.pod = Self.line(pod, countMax: Self.podMax).filter { $0 != " " }
    }

    private static let reasonMax = 200
    private static let podMax = 64

    /// What comes from elsewhere is shown to people, so it is one line, and not a long one.
    private static func line(_ text: some StringProtocol, countMax: Int) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(countMax).filter { $0.value >= 0x20 && $0.value != 0x7F }
            )
        )
    }

    /// As it is published: `INSTANCE POD REASON`.
    package var text: String { "\(instance) \(pod.isEmpty ? "-" : pod) \(reason)" }
}

/// A verdict, and when it was found on Redis' clock.
package struct DatedVerdict: Hashable, Sendable {
    package let verdict: SharedVerdict
    /// Milliseconds since 1970.
    package let foundMS: Int64

    package init(_ verdict: SharedVerdict, foundMS: Int64) {
        self.verdict = verdict
        self.foundMS = foundMS
    }

    /// What the scripts keep: `KIND FOUND INSTANCE POD REASON`; nil for another text.
    package init?(parsing text: String) {
        let words = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count == 5, let kind = SharedVerdict.Kind(rawValue: String(words[0])),
            let found = Int64(words[1]), found >= 0, !words[2].isEmpty, !words[3].isEmpty
        else { return nil }
        verdict = SharedVerdict(
            kind,
            reason: String(words[4]),
            instance: String(words[2]),
            pod: words[3] == "-" ? "" : String(words[3])
        )
        foundMS = found
    }
}
