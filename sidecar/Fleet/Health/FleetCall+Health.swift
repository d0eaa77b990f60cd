/// Health checks that one sidecar makes for all.
extension FleetCall {
    /// How many checks one call asks about.
    package static let claimsMax = 64
    /// How many verdicts one call is told.
    package static let verdictsMax = 500
    /// How many are kept; those found first make room.
    package static let verdictsKept: Int64 = 10_000
    /// How long they are kept at least, in milliseconds, so that sidecars with other intervals do
    /// not take each other's.
    package static let verdictKeepMS: Int64 = 3_600_000
    /// How long a check may take beyond its deadline before another sidecar may ask, in
    /// milliseconds.
    package static let checkSlackMS: Int64 = 3_000

    /// Asks which of some checks a sidecar is to make: one at most.
    /// - Parameters:
    ///   - freshMS: for how long a verdict will do.
    ///   - deadlineMS: how long one check may take.
    package static func claim(
        _ names: [String],
        freshMS: Int64,
        deadlineMS: Int64,
        _ keys: FleetKeys
    ) -> FleetCall {
        FleetCall(
            .claim,
            keys: [keys.health, keys.healthFound, keys.healthAsked],
            [
                .number(freshMS), .number(deadlineMS + checkSlackMS), .number(1), .number(quorum),
            ] + names.map { .text($0) }
        )
    }

    /// Says what an upstream has said; nil: nothing, since the sidecar had trouble of its own.
    /// - Parameter lease: under which it was asked; 0 without.
    package static func publish(
        _ verdict: SharedVerdict?,
        of name: String,
        lease: Int64,
        freshMS: Int64,
        staleMS: Int64,
        _ keys: FleetKeys
    ) -> FleetCall {
        FleetCall(
            .publish,
            keys: [keys.health, keys.healthFound, keys.healthAsked],
            [
                .text(name), .number(lease), .text(verdict?.kind.rawValue ?? "x"),
                .text(verdict?.text ?? ""), .number(max(verdictKeepMS, staleMS)),
                .number(freshMS), .number(verdictsKept),
            ]
        )
    }

    /// Asks what was found since.
    /// - Parameter since: what the last answer said; 0 at first.
    package static func news(since: Int64, _ keys: FleetKeys) -> FleetCall {
        FleetCall(
            .news,
            keys: [keys.health, keys.healthFound],
            [.number(since), .number(Int64(verdictsMax))]
        )
    }
}

/// Which checks a sidecar is to make.
package struct HealthClaims: Hashable, Sendable {
    /// What is to be done about one check.
    package enum Claim: Hashable, Sendable {
        /// Somebody has asked not long ago.
        case known(DatedVerdict)
        /// This one asks, under the lease of this number.
        case ours(Int64)
        /// Each asks for itself.
        case everybodys
        /// Somebody is asking.
        case somebodys
        /// Nobody is asking yet.
        case open
    }

    /// Redis' time, in milliseconds since 1970.
    package let nowMS: Int64
    package let claims: [Claim]

    /// What the script has answered about so many checks; nil for an answer of another shape.
    package init?(_ answer: [FleetWord], count: Int) {
        guard answer.count == count + 1, let now = answer[0].number, now > 0 else { return nil }
        nowMS = now
        var claims: [Claim] = []
        for word in answer.dropFirst() {
            switch word {
            case .number(0): claims.append(.everybodys)
            case .number(-1): claims.append(.somebodys)
            case .number(-2): claims.append(.open)
            case .number(let lease) where lease > 0: claims.append(.ours(lease))
            case .text(let text):
                // Who cannot read what others found asks.
                claims.append(DatedVerdict(parsing: text).map { .known($0) } ?? .everybodys)
            case .number, .nothing: return nil
            }
        }
        self.claims = claims
    }
}

/// What was found since one has asked last.
package struct HealthNews: Hashable, Sendable {
    /// For the next time, on Redis' clock.
    package let until: Int64
    package let verdicts: [String: DatedVerdict]

    /// What the script has answered; nil for an answer of another shape. What no sidecar has
    /// written is passed over.
    package init?(_ answer: [FleetWord]) {
        guard let until = answer.first?.number, until > 0, !answer.count.isMultiple(of: 2) else {
            return nil
        }
        self.until = until
        var verdicts: [String: DatedVerdict] = [:]
        for at in stride(from: 1, to: answer.count, by: 2) {
            guard let name = answer[at].text, let text = answer[at + 1].text else { continue }
            verdicts[name] = DatedVerdict(parsing: text)
        }
        self.verdicts = verdicts
    }
}
